"""The reference of commands, events, refusals and record layouts, written from the code itself.

`python -m exchange.vocabulary.reference_page docs/reference` writes the pages; a test holds them to the code.
"""

import inspect
import sys
from collections.abc import Iterable, Sequence
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Final

from exchange.vocabulary import commands, events, instruments, participants
from exchange.vocabulary.codec import COMMANDS, EVENTS, TABLES, VERSION, Family, Field, Record
from exchange.vocabulary.commands import Command
from exchange.vocabulary.events import Event, OrderEvent
from exchange.vocabulary.reasons import DoneReason, Reason
from exchange.vocabulary.refusals import MEANINGS, REFUSALS
from exchange.vocabulary.rows import VenueRow

_HEAD: Final = (
    "This page is written by `python -m exchange.vocabulary.reference_page docs/reference`; "
    "a test holds it to the code.\n"
)
VALUES: Final[dict[type[IntEnum | IntFlag], str]] = {
    instruments.Side: "`side`, `taker_side`",
    instruments.OrderType: "`type`",
    instruments.TimeInForce: "`tif`",
    instruments.SelfTrade: "`self_trade`",
    instruments.Peg: "`peg`",
    instruments.OrderFlag: "`flags` of `PlaceOrder`, added up",
    instruments.Phase: "`phase`, `old_phase`",
    instruments.Cause: "`reason` of what the venue or an operator does",
    instruments.Mode: "`modes`, added up",
    instruments.MatchType: "`match_type`",
    instruments.Purpose: "`purpose`, added up",
    participants.ParticipantState: "`state`",
    participants.Role: "`roles`, added up",
    participants.Scope: "`scopes`, added up",
}
ENDINGS: Final[dict[DoneReason, str]] = {
    DoneReason.FILLED: "everything traded",
    DoneReason.CANCELED: "its account cancelled it",
    DoneReason.MASS_CANCELED: "a mass cancel included it",
    DoneReason.IOC_REMAINDER: "it does not rest, and nothing more was to be had",
    DoneReason.SELF_TRADE: "it would have met an order of its own beneficial owner",
    DoneReason.ENTITLEMENT_REVOKED: "the gate took the right to it back",
    DoneReason.ENTITLEMENT_EXPIRED: "the right to it ran out",
    DoneReason.ACCOUNT_BLOCKED: "its account was blocked",
    DoneReason.OUTSIDE_BAND: "its price is outside the static band",
    DoneReason.EXPIRED: "its time came (`GTD`)",
    DoneReason.DAY_ENDED: "the instrument closed, or another trading day began (`DAY`)",
    DoneReason.NO_LIQUIDITY: "a stop triggered, and nothing was on the other side",
    DoneReason.POST_ONLY_WOULD_TAKE: "a post-only stop triggered, and would have traded",
    DoneReason.AUCTION_ENDED: "it lived for a call that is over",
    DoneReason.VOLATILITY: "it does not rest, and the next trade would have left the dynamic band",
    DoneReason.DEAD_MAN: "its account was not heard of in time",
    DoneReason.DISCONNECTED: "a guarded connection of its account broke",
    DoneReason.KILLED: "its participant, its instrument or the venue was killed",
    DoneReason.INSUFFICIENT_FUNDS: "an exit whose entry filled could not be paid for",
    DoneReason.EXITED: "the exit of its bracket has traded",
}
PLAIN: Final[dict[type[Record], str]] = {
    commands.RevokeKey: "What a key signs is refused from here on.",
    commands.UnblockAccount: "Take the account's orders again; what was cancelled stays so.",
    commands.SetReferencePrice: "Set the price round which the static band lies, and which settles ties of an uncross.",
    commands.ConfirmTransfer: "Credit a deposit that came in, or debit a withdrawal that has left.",
    commands.AbortTransfer: "Give a transfer up; what it held is free again.",
}
"""Meanings of records whose names tell so much that their classes say nothing."""
_ACCEPTED: Final = events.OrderAccepted.KIND
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
    rows = [[str(kind), f"`{record.__name__}`", asked(record), own_fields(record)] for kind, record in _kinds(COMMANDS)]
    intro = (
        "Everything that may be asked of the machine. The id of what a command creates is the command's sequence.\n"
        "What each may be refused for, in the order in which it is checked, stands in [refusals.md](refusals.md); "
        "what numbers mean, in [values.md](values.md); where fields lie, in [records.md](records.md).\n"
    )
    return f"# Commands\n\n{intro}{_HEAD}\n{table(('Kind', 'Name', 'What it asks', 'Own fields'), rows)}"


def asked(record: type[Record]) -> str:
    return meaning(record) or PLAIN[record]


def events_page() -> str:
    rows = [[str(kind), f"`{record.__name__}`", _happened(record), _told(record)] for kind, record in _kinds(EVENTS)]
    done = [[str(int(reason)), f"`{reason.name}`", because] for reason, because in ENDINGS.items()]
    flags = [[str(getattr(events, name)), f"`{name}`"] for name in ("REPLAYED", "RESTS", "WAITS")]
    intro = "Everything that can happen. An event carries the sequence, time and actor of its command, and an index.\n"
    return (
        f"# Events\n\n{intro}{_HEAD}\n{table(('Kind', 'Name', 'What happened', 'Own fields'), rows)}"
        f"\n## Fields of an order's event\n\n{meaning(OrderEvent)}\n\n{own_fields(EVENTS.kinds[_ACCEPTED])}\n"
        f"\n## Flags in the header\n\n{table(('Number', 'Flag'), flags)}"
        f"\n## Why an order ended\n\n{table(('Number', 'Reason', 'Because'), done)}"
    )


def _happened(record: type[Record]) -> str:
    return meaning(record) or "As its name says."


def _told(record: type[Record]) -> str:
    return "an order's" if issubclass(record, OrderEvent) else own_fields(record)


def values_page() -> str:
    intro = "The small numbers in records. A number, once given, keeps its meaning.\n"
    parts = [f"# Values\n\n{intro}{_HEAD}"]
    for kind, where in VALUES.items():
        rows = [[str(int(member)), f"`{member.name}`"] for member in kind]
        parts.append(f"\n## {kind.__name__}\n\nIn {where}.\n\n{table(('Number', 'Name'), rows)}")
    return "".join(parts)


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
        "values.md": values_page(),
    }


if __name__ == "__main__":
    for name, page in pages().items():
        (Path(sys.argv[1]) / name).write_text(page, encoding="utf-8")
