"""``glueful routes``: what the application answers."""

import json

import click
from glueful_hookspecs import aligned


@click.command("routes")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List every route with its methods and handler."""
    from litestar.routes import HTTPRoute

    from ..app import create_app
    from .application import load_application

    app = load_application(ctx) or create_app()
    rows: list[tuple[str, str, str]] = []
    for route in sorted(app.routes, key=lambda route: route.path):
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                methods = sorted(method for method in handler.http_methods if method != "OPTIONS")
                rows.extend((method, route.path, _handler_name(handler)) for method in methods)
        else:
            rows.append((str(route.scope_type.value).upper(), route.path, _handler_name(route.route_handler)))
    if as_json:
        click.echo(json.dumps([dict(zip(("method", "path", "handler"), row, strict=True)) for row in rows], indent=2))
    else:
        click.echo("\n".join(aligned(("METHOD", "PATH", "HANDLER"), rows)))


def _handler_name(handler: object) -> str:
    function = getattr(handler, "fn", handler)
    return f"{function.__module__}.{getattr(function, '__qualname__', function)}"
