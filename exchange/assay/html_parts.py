"""What the sections of an assay's page are made of: cards, lists of facts, tables."""

from collections.abc import Sequence
from datetime import UTC, datetime

from exchange.assay.markup import Markup, joined, tag


def card(heading: str, told: str, *content: Markup) -> Markup:
    return tag("section", tag("h2", heading), tag("p", told), *content)


def facts_list(facts: Sequence[tuple[str, str | Markup]]) -> Markup:
    """Names and values; hashes are set so that they break and compare well."""
    pairs = [joined(tag("dt", name), tag("dd", worded(value))) for name, value in facts]
    return tag("dl", *pairs, class_="facts")


def table(names: Sequence[str], rows: Sequence[Sequence[str | int]], numbers: frozenset[int] = frozenset()) -> Markup:
    kinds = ["number" if place in numbers else "" for place in range(len(names))]
    head = [tag("th", name, class_=kind, scope="col") for name, kind in zip(names, kinds, strict=True)]
    body = [
        tag("tr", *(tag("td", _cell(value), class_=kind) for value, kind in zip(row, kinds, strict=True)))
        for row in rows
    ]
    return tag("div", tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body)), class_="scroll")


def lines(values: Sequence[str], otherwise: str) -> Markup:
    return joined(*(tag("div", tag("bdi", value)) for value in values)) if values else joined(otherwise)


def utc(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def worded(value: str | Markup) -> Markup:
    if isinstance(value, Markup):
        return value
    is_hash = len(value) == 64 and not set(value) - set("0123456789abcdef")
    return tag("span", value, class_="hash") if is_hash else tag("bdi", value)
