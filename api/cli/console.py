"""What the commands print: answers on stdout, refusals and progress on stderr; and the errors that end a command."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from exchange.vocabulary.printing import printable

REFUSED: Final = 1
"""Exit status of a command that got a refusal, or found something wrong; wrong usage is 2."""
PIPE_COLUMNS: Final = 200
"""A pipe is no terminal: nothing is cut to fit it."""


class CommandError(Exception):
    """A refusal by name: `reasons` are the gate's, each with rule, law and text."""

    def __init__(self, code: str, message: str, reasons: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.reasons = reasons


def out() -> Console:
    return Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS, soft_wrap=not sys.stdout.isatty())


def err() -> Console:
    return Console(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """One line of an answer, as it is."""
    out().print(text, markup=False, highlight=False)


def show(what: RenderableType) -> None:
    out().print(what)


def tell_refusal(refused: CommandError) -> None:
    console = err()
    message = "\n".join(map(printable, refused.message.splitlines()))
    console.print(f"[bold red]{escape(refused.code)}[/]: {escape(message)}", highlight=False)
    for reason in refused.reasons:
        law = f" ({reason['law']})" if reason.get("law") else ""
        console.print(
            f"  {reason.get('rule', '')}{law}: {printable(str(reason.get('text', '')))}", markup=False, highlight=False
        )


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table whose numbers stand to the right; a name ending in `>` is a column of them."""
    made = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column.rstrip(">"), justify="right" if column.endswith(">") else "left", no_wrap=True)
    for row in rows:
        made.add_row(*(escape(printable(str(value))) for value in row))
    return made


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Names with their values, one a line."""
    made = Table(show_header=False, box=None, pad_edge=False)
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        made.add_row(name, escape(printable(str(value))))
    return made


def progress_bar() -> Progress:
    """On stderr where that is a terminal, and gone when done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    console = Console(stderr=True)
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal)


def as_json_text(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, indent=1)
