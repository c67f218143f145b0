"""The reference of commands, events, refusals and record layouts, written from the code itself.

`python -m exchange.vocabulary.reference_page docs/reference` writes the pages; a test holds them to the code.
"""

import inspect
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from exchange.vocabulary.codec import COMMANDS, EVENTS, TABLES, VERSION, Family, Field, Record
from exchange.vocabulary.commands import Command
from exchange.vocabulary.events import Event
from exchange.vocabulary.reasons import DoneReason, Reason
from exchange.vocabulary.refusals import MEANINGS, REFUSALS
from exchange.vocabulary.state import VenueRow

_HEAD: Final = (
    "This page is written by `python -m exchange.vocabulary.reference_page docs/reference`; "
    "a test holds it to the code.\n"
)
_TYPES: Final = {"B": "u8", "H": "u16", "I": "u32", "i": "i32", "Q": "u64", "q": "i64"}


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def meaning(record: type[object]) -> str:
    """The first paragraph of a class's own docstring, on one line; what dataclasses write themselves is none."""
    text = inspect.cleandoc(record.__doc__ or "")
    return "" if text.startswith(f"{record.__name__}(") else " ".join(text.split())


def type_name(field: Field) -> str:
    return _TYPES.get(field.format, f"{field.width} bytes")


def own_fields(record: type[Record]) -> str:
    """What a kind has beyond the common header."""
    names = [f"`{field.name}`" for field in record.FIELDS if field.name not in _header_names()]
    return " ".join(names) or "none"


def _header_names() -> set[str]:
    header = {"kind", "version"}
    return header.union(*({f.name for f in Record.__dataclass_fields__.values()},))


def _kinds(family: Family) -> list[tuple[int, type[Record]]]:
    return sorted(family.kinds.items())


def commands_page() -> str:
    rows = [
        [str(kind), f"`{record.__name__}`", meaning(record), own_fields(record)] for kind, record in _kinds(COMMANDS)
    ]
    intro = "Everything that may be asked of the machine. The id of what a command creates is the command's sequence.\n"
    return f"# Commands\n\n{intro}{_HEAD}\n{table(('Kind', 'Name', 'What it asks', 'Own fields'), rows)}"


def events_page() -> str:
    rows = [[str(kind), f"`{record.__name__}`", meaning(record), own_fields(record)] for kind, record in _kinds(EVENTS)]
    done = [[str(int(reason)), f"`{reason.name}`"] for reason in DoneReason if reason]
    intro = "Everything that can happen. An event carries the sequence, time and actor of its command, and an index.\n"
    kinds = table(("Kind", "Name", "What happened", "Own fields"), rows)
    return f"# Events\n\n{intro}{_HEAD}\n{kinds}\n## Why an order ended\n\n{table(('Number', 'Reason'), done)}"


def refusals_page() -> str:
    intro = (
        "A refused command changes nothing but the sequence.\n"
        "For each command they stand in the order in which they are checked, and the first that holds is told.\n"
        "Text that is not ASCII, or a kind of a later version, is `BAD_VALUE` for every command.\n"
    )
    by_command = [
        [f"`{command.__name__}`", " ".join(f"`{reason.name}`" for reason in reasons) or "none"]
        for command, reasons in sorted(REFUSALS.items(), key=lambda each: each[0].KIND)
    ]
    meanings = [[str(int(reason)), f"`{reason.name}`", MEANINGS[reason]] for reason in Reason if reason]
    order = table(("Command", "Refusals, in the order they are checked"), by_command)
    return (
        f"# Refusals\n\n{intro}{_HEAD}\n## By command\n\n{order}\n"
        f"## What each means\n\n{table(('Number', 'Name', 'Because'), meanings)}"
    )


def records_page() -> str:
    intro = (
        "Commands and events are fixed-width little-endian records with one common header, padded with zeros.\n"
        f"This is layout version {VERSION}; a layout changes only with that number.\n"
        "`numpy_dtype` of a kind reads an array of them without parsing.\n"
    )
    parts = [f"# Records\n\n{intro}{_HEAD}"]
    for title, family in (("Commands", COMMANDS), ("Events", EVENTS)):
        parts.append(f"\n## {title}, {family.record_bytes} bytes each\n")
        parts += [f"\n### {kind} {record.__name__}\n\n{_layout(record.FIELDS)}" for kind, record in _kinds(family)]
    parts.append("\n## State tables\n\nA snapshot holds these, each sorted by its key, which comes first.\n")
    parts += [
        f"\n### {number} {row.__name__}, {row.STRUCT.size} bytes\n\n{_layout(row.FIELDS)}"
        for number, row in sorted(TABLES.items())
    ]
    return "".join(parts)


def _layout(fields: Iterable[Field]) -> str:
    rows = [[str(field.offset), str(field.width), type_name(field), f"`{field.name}`"] for field in fields]
    return table(("Offset", "Bytes", "Type", "Field"), rows)


def pages() -> dict[str, str]:
    """Each page by its file name."""
    assert all(issubclass(each, Event) for each in EVENTS.kinds.values())
    assert VenueRow.TABLE in TABLES
    assert set(REFUSALS) == {each for each in COMMANDS.kinds.values() if issubclass(each, Command)}
    return {
        "commands.md": commands_page(),
        "events.md": events_page(),
        "refusals.md": refusals_page(),
        "records.md": records_page(),
    }


if __name__ == "__main__":
    for name, page in pages().items():
        (Path(sys.argv[1]) / name).write_text(page, encoding="utf-8")
