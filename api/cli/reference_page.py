"""The reference of the command line, written from the commands themselves.

`python -m api.cli.reference_page docs/reference/cli.md` writes the page; a test holds it to the code.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import typer

from api.cli.main import PLACES, app
from exchange.vocabulary.reference_page import table

_COMMON: Final = frozenset({"--help", "--url", "--credentials", "--json"})
_HEAD: Final = (
    "This page is written by `python -m api.cli.reference_page docs/reference/cli.md`; a test holds it to the code.\n"
)


def page() -> str:
    intro = (
        "`tlx COMMAND --help` says the same.\n"
        "Answers are on stdout; refusals, one line with a stable code, on stderr with exit status 1; "
        "wrong usage is exit status 2.\n"
        "A progress bar shows where stderr is a terminal.\n"
        "What speaks to an exchange takes `--url` or `TLX_URL`; "
        "what signs, `--credentials`, `-c` or `TLX_CREDENTIALS`, a file with the key.\n"
        "`--json`, where there is one, prints the answer as the exchange gave it.\n"
    )
    return f"# The command line\n\n{intro}{_HEAD}" + "".join(_command(name, each) for name, each in commands())


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that runs something, with its full name, in the order in which help lists them."""
    root: Any = typer.main.get_command(app)
    yield from _under("tlx", root, [*PLACES, *sorted(set(root.list_commands(None)) - set(PLACES))])


def _under(above: str, group: Any, names: list[str]) -> Iterator[tuple[str, Any]]:
    for name in names:
        found = group.get_command(None, name)
        if hasattr(found, "list_commands"):
            yield from _under(f"{above} {name}", found, found.list_commands(None))
        else:
            yield f"{above} {name}", found


def _command(name: str, command: Any) -> str:
    shown = [each for each in command.params if _COMMON.isdisjoint(each.opts)]
    rows = [[_spelling(each), "yes" if each.required else "", _meaning(each)] for each in shown]
    own = f"\n{table(('Argument or option', 'Required', 'What'), rows)}" if rows else ""
    return f"\n## `{name}`\n\n{_paragraphs(command.help)}\n{own}"


def _paragraphs(text: str) -> str:
    """A docstring, each of its paragraphs on one line."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.upper()}`"
    return " ".join(f"`{each}`" for each in parameter.opts)


def _meaning(parameter: Any) -> str:
    """What help says, with the choices and the default that it shows."""
    members: Mapping[str, Any] = getattr(parameter.type_descriptor.annotation, "__members__", {})
    choices = " ".join(f"`{each.value}`" for each in members.values())
    default = "" if parameter.default in (None, False, "", []) else f"default `{parameter.default}`"
    said = (parameter.help or "").replace("|", "\\|")
    return "; ".join(part for part in (said, choices, default) if part)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
