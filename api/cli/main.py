"""`tlx`: the exchange from a command line.

Each command is found by its name when it is asked for, so that none waits for what only another one needs. Other
packages add commands by an entry point of the group `tlx.commands`.
"""

import importlib
import importlib.metadata
from typing import Any, Final

import typer
from typer.core import TyperGroup

from api.cli.console import REFUSED, CommandError, tell_refusal

PLUGINS: Final = "tlx.commands"
PLACES: Final = {
    "serve": "api.cli.serve",
    "status": "api.cli.venue",
    "products": "api.cli.venue",
    "datasets": "api.cli.search",
    "search": "api.cli.search",
    "peek": "api.cli.peek",
    "assay": "api.cli.listing",
    "list": "api.cli.listing",
    "entitle": "api.cli.trading",
    "order": "api.cli.trading",
    "cancel": "api.cli.trading",
    "cancel-after": "api.cli.guards",
    "orders": "api.cli.trading",
    "offer": "api.cli.offers",
    "accounts": "api.cli.accounts",
    "fills": "api.cli.accounts",
    "statement": "api.cli.accounts",
    "note": "api.cli.accounts",
    "evidence": "api.cli.evidence",
    "lifecycle": "api.cli.evidence",
    "notices": "api.cli.evidence",
    "withdraw": "api.cli.accounts",
    "withdraw-claims": "api.cli.accounts",
    "pool": "api.cli.pool",
    "deliver": "api.cli.delivery",
    "verify": "api.cli.verifying",
    "prove": "api.cli.verifying",
    "secret": "api.cli.dataset_secret",
    "novelty": "api.cli.novelty",
    "confirm": "api.cli.novelty",
    "watch": "api.cli.watch",
    "schedule": "api.cli.schedule",
    "operator": "api.cli.operator",
    "trace": "api.cli.tracing",
    "journal": "api.cli.journal",
}


class Commands(TyperGroup):
    """Loads a command when it is named, and ends every one of them that is refused with its refusal."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return [*PLACES, *sorted(_plugins())]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        if cmd_name in PLACES:
            loaded = getattr(importlib.import_module(PLACES[cmd_name]), f"{cmd_name.replace('-', '_')}_command")
        elif plugin := _plugins().get(cmd_name):
            loaded = plugin.load()
        else:
            return None
        return _command(cmd_name, loaded)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            refused = as_refusal(error)
            if refused is None:
                raise
            tell_refusal(refused)
            raise typer.Exit(REFUSED) from None


def as_refusal(error: Exception) -> CommandError | None:
    """What a command may be refused with; None for a bug. The machine's own refusals carry a code."""
    if isinstance(error, CommandError):
        return error
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        return CommandError("CANNOT_READ_OR_WRITE", f"{error.filename or 'a file'}: {error.strerror or error}")
    code = getattr(error, "code", None)
    if type(error).__module__.startswith("exchange.") and isinstance(code, str):
        return CommandError(code, str(getattr(error, "detail", error)))
    return None


def _command(name: str, loaded: Any) -> Any:
    """A command out of a function, or a group of them out of a Typer."""
    if isinstance(loaded, typer.Typer):
        group = typer.main.get_command(loaded)
        group.name = name
        return group
    single = typer.Typer(add_completion=False)
    single.command(name)(loaded)
    return typer.main.get_command(single)


def _plugins() -> dict[str, importlib.metadata.EntryPoint]:
    return {each.name: each for each in importlib.metadata.entry_points(group=PLUGINS)}


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def tlx() -> None:
    """The Token Lot Exchange: list datasets, trade lots of their tokens, take delivery, and verify it.

    Commands that sign take the key from --credentials FILE or TLX_CREDENTIALS, the exchange from --url or TLX_URL.
    """


def main() -> None:
    app()
