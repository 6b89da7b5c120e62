"""``glueful serve``: uvicorn with uvloop and httptools, and the limits that it leaves open."""

import os
from typing import Any

import click


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65_535), help="Port; 0 picks one.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 512), help="Number of processes.")
@click.option("--reload", is_flag=True, help="Restart when a file changes; for development.")
@click.option(
    "--log-level", default="info", show_default=True, type=click.Choice(["debug", "info", "warning", "error"])
)
@click.option(
    "--grace", default=10, show_default=True, type=click.IntRange(0, 3_600), help="Seconds for open requests at a stop."
)
@click.option("--max-connections", default=1_000, show_default=True, type=click.IntRange(1), help="More are told 503.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Serve the application, or the installed plugins alone where there is no app.py."""
    import uvicorn

    from .application import load_kernel, target

    os.environ["GLUEFUL_LOG_LEVEL"] = options["log_level"].upper()
    load_kernel(ctx)
    name = target(ctx)
    uvicorn.run(
        name or "glueful_kernel:create_app",
        factory=name is None,
        host=options["host"],
        port=options["port"],
        workers=options["workers"],
        reload=options["reload"],
        log_config=None,
        log_level=options["log_level"],
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=options["max_connections"],
        timeout_graceful_shutdown=options["grace"],
    )
