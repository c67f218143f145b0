"""Plots as inline SVG: columns over a scale, and bars of shares against marks.

Drawn 440 units wide, about the width of a phone or of half a page, so that letters stay readable on both. Colours are
left to the page's style sheet. Every bar tells its exact number to whoever points at it, and to a screen reader.
"""

from collections.abc import Sequence
from typing import NamedTuple

from exchange.assay.markup import Markup, joined, tag

WIDTH = 440
ONE_PPM = 1_000_000
_TOP, _BASE, _LEFT = 18, 168, 48
_ROW = 36
_LABEL_WIDTH = 34
# Up to so many columns each has its number above it; of more, the tallest alone.
_COLUMNS_TOLD = 8


class Column(NamedTuple):
    """`label` stands under it, `told` is what it means in words."""

    label: str
    value: int
    told: str


class Bar(NamedTuple):
    """A share in ppm. `told` stands at the right end of its line; `kind` is a class for its colour."""

    label: str
    ppm: int
    told: str
    kind: str = ""


class Mark(NamedTuple):
    label: str
    ppm: int


def column_chart(title: str, columns: Sequence[Column], axis: str) -> Markup:
    """Columns side by side, with `axis` under them saying what their labels are."""
    top = _round_up(max((column.value for column in columns), default=0))
    parts = [_grid_line(value, top) for value in (0, top // 2, top)]
    parts += _columns(columns, top)
    parts.append(_middle_text(axis, (WIDTH + _LEFT) // 2, _BASE + 38, "soft"))
    return _svg(title, _BASE + 46, parts)


def bar_chart(title: str, bars: Sequence[Bar], marks: Sequence[Mark] = ()) -> Markup:
    """One line of text and one bar for each share, over a whole; `marks` are lines down through all of them."""
    head = 16 if marks else 0
    parts = [_bar(bar, head + place * _ROW) for place, bar in enumerate(bars)]
    parts += [_mark(mark, head, len(bars)) for mark in marks]
    return _svg(title, head + max(len(bars), 1) * _ROW, parts)


def _bar(bar: Bar, y: int) -> Markup:
    told = tag("title", f"{bar.label}: {bar.told}")
    kind = f"bar {bar.kind}" if bar.kind else "bar"
    return joined(
        tag("text", bar.label, x=0, y=y + 13),
        tag("text", bar.told, x=WIDTH, y=y + 13, text_anchor="end", class_="number"),
        tag("rect", x=0, y=y + 19, width=WIDTH, height=9, rx=2, class_="track"),
        tag("rect", told, x=0, y=y + 19, width=_width(bar.ppm), height=9, rx=2, class_=kind),
    )


def _svg(title: str, height: int, parts: Sequence[Markup]) -> Markup:
    return tag("svg", tag("title", title), *parts, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=title)


def _columns(columns: Sequence[Column], top: int) -> list[Markup]:
    step = (WIDTH - _LEFT) // max(len(columns), 1)
    every = -(-_LABEL_WIDTH // max(step, 1))
    tallest = max(columns, key=lambda column: column.value, default=None)
    parts: list[Markup] = []
    for place, column in enumerate(columns):
        middle, height = _LEFT + place * step + step // 2, _height(column.value, top)
        parts.append(_column(column, middle, min(max(2, step * 4 // 5), 56), height))
        if column.value and (len(columns) <= _COLUMNS_TOLD or column is tallest):
            parts.append(_middle_text(f"{column.value:,}", middle, _BASE - height - 4, "number"))
        if place % every == 0:
            parts.append(_middle_text(column.label, middle, _BASE + 17, "tick"))
    return parts


def _column(column: Column, middle: int, width: int, height: int) -> Markup:
    told = tag("title", column.told)
    return tag("rect", told, x=middle - width // 2, y=_BASE - height, width=width, height=height, class_="bar")


def _middle_text(text: str, x: int, y: int, kind: str) -> Markup:
    return tag("text", text, x=x, y=y, text_anchor="middle", class_=kind)


def _grid_line(value: int, top: int) -> Markup:
    y = _BASE - _height(value, top)
    return joined(
        tag("line", x1=_LEFT, x2=WIDTH, y1=y, y2=y, class_="grid"),
        tag("text", short(value), x=_LEFT - 6, y=y + 4, text_anchor="end", class_="tick"),
    )


def _mark(mark: Mark, head: int, bars: int) -> Markup:
    """A line over each bar, not over the text between them, with its name at the top."""
    x = mark.ppm * WIDTH // ONE_PPM
    strokes = [
        tag("line", x1=x, x2=x, y1=head + place * _ROW + 18, y2=head + place * _ROW + 30, class_="mark")
        for place in range(bars)
    ]
    return joined(*strokes, _middle_text(mark.label, x, 11, "tick"))


def short(number: int) -> str:
    """A number for an axis: 1500 is 1.5k."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            whole, tenth = number // size, number % size * 10 // size
            return f"{whole}.{tenth}{unit}" if tenth and whole < 10 else f"{whole}{unit}"
    return str(number)


def _height(value: int, top: int) -> int:
    """What is not nothing is seen."""
    return max(1, value * (_BASE - _TOP) // top) if value else 0


def _width(ppm: int) -> int:
    return max(1, ppm * WIDTH // ONE_PPM) if ppm else 0


def _round_up(value: int) -> int:
    """The next of 2, 4, 6, 8, 10 times a power of ten, so that the middle of the scale is a round number too."""
    power = 1
    while value > 10 * power:
        power *= 10
    return max(2, next(step * power for step in (2, 4, 6, 8, 10) if step * power >= value))
