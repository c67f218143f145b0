"""Serving an exchange."""

from typing import Annotated, Any

import typer

from api.cli.console import CommandError
from api.server import serve
from api.settings import ApiSettings
from exchange.runtime import Settings


def serve_command(
    host: Annotated[str | None, typer.Option(help="Address to listen at; or TLX_API_HOST")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port to listen at; or TLX_API_PORT")] = None,
    data: Annotated[str | None, typer.Option(help="Folder of the exchange; or TLX_DATA_FOLDER")] = None,
) -> None:
    """Serve an exchange until SIGTERM or Ctrl-C. Exit status 2: not started; 3: failed while running."""
    asked: dict[str, Any] = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    own: dict[str, Any] = {} if data is None else {"data_folder": data}
    try:
        settings, api_settings = Settings(**own), ApiSettings(**asked)
    except ValueError as error:
        raise CommandError("BAD_SETTINGS", " ".join(str(error).split())[:500]) from None
    raise typer.Exit(serve(settings, api_settings))
