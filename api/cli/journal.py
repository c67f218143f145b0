"""The journal, looked at from outside the server."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import CommandError, facts, say, show
from exchange.spine.verify import verify_journal

journal_command = typer.Typer(help="The journal of an exchange.", no_args_is_help=True, add_completion=False)


@journal_command.callback()
def journal() -> None:
    """The journal of an exchange."""


@journal_command.command()
def verify(data: Annotated[Path, typer.Argument(help="Data folder of the exchange")]) -> None:
    """Read every block against its chain, replay every command, and check the machine's invariants."""
    folder = data / "journal"
    if not folder.is_dir():
        raise CommandError("NO_JOURNAL", f"{data} holds no journal")
    try:
        report = verify_journal(folder)
    except AssertionError as broken:
        raise CommandError("INVARIANT_BROKEN", str(broken)) from None
    say(f"The journal is whole up to sequence {report.last_sequence}.")
    counted = f"{report.commands:,} in {report.blocks:,} blocks, by {report.epochs} writers"
    show(facts([("Commands", counted), ("Head", report.head), ("State hash", report.state_hash)]))
