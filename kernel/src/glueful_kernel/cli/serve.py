"""``glueful serve``: uvicorn with uvloop and httptools, and the limits that it leaves open."""

import os
from typing import Any

import click

SECONDS = click.IntRange(0, 3_600)


@click.command("serve", context_settings={"show_default": True})
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8000, type=click.IntRange(0, 65_535), help="Port; 0 picks one.")
@click.option("--workers", default=1, type=click.IntRange(1, 512), help="Number of processes.")
@click.option("--reload", is_flag=True, help="Restart when a file changes; for development.")
@click.option("--log-level", default="info", type=click.Choice(["debug", "info", "warning", "error"]))
@click.option("--grace", "timeout_graceful_shutdown", default=10, type=SECONDS, help="Seconds left to open requests.")
@click.option("--max-connections", "limit_concurrency", default=1_000, type=click.IntRange(1), help="More get 503.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Serve the application, or the installed plugins alone where there is no app.py."""
    import uvicorn

    from .application import load_kernel, target
    from .protocol import WithoutTrailers

    os.environ["GLUEFUL_LOG_LEVEL"] = options["log_level"].upper()
    load_kernel(ctx)
    name = target(ctx)
    uvicorn.run(
        name or "glueful_kernel:create_app",
        factory=name is None,
        http=WithoutTrailers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        **options,  # each has the name that uvicorn gives it
    )
