"""Plain text as a stream of records: lines, blocks between blank lines, or a whole file."""

from collections.abc import Iterator
from typing import TextIO

from exchange.assay.recipe import Recipe
from exchange.assay.records import OVERLONG, BlockRecord, LineRecord, Records
from exchange.assay.streams import Lines

CHUNK_CHARS = 1 << 18
BETWEEN_BLOCKS = "\n\n"


def text_lines(lines: Lines, recipe: Recipe) -> Records:
    for number, line in enumerate(lines):
        if lines.is_overlong:
            lines.is_overlong = False
            yield number, OVERLONG
            continue
        plain = line.removesuffix("\n")
        if plain.startswith(recipe.line_prefix) and plain.count("\t") >= recipe.minimum_tabs:
            yield number, LineRecord(plain, recipe.delimiter)


def text_file(text: TextIO, recipe: Recipe, limit_chars: int) -> Records:
    content = text.read(limit_chars + 1)
    yield 0, OVERLONG if len(content) > limit_chars else BlockRecord(content, recipe.delimiter)


def text_blocks(text: TextIO, recipe: Recipe, limit_chars: int) -> Records:
    for number, block in enumerate(_blocks(text, limit_chars)):
        yield number, OVERLONG if block is None else BlockRecord(block, recipe.delimiter)


def _blocks(text: TextIO, limit_chars: int) -> Iterator[str | None]:
    """The text split at every two line feeds, None for a block over the limit."""
    held, is_overlong = "", False
    while chunk := text.read(CHUNK_CHARS):
        *whole, held = (held + chunk).split(BETWEEN_BLOCKS)
        for block in whole:
            yield None if is_overlong else block
            is_overlong = False
        if len(held) > limit_chars:
            # A line feed at the end may be half of what ends the block.
            held, is_overlong = held[-1:], True
    yield None if is_overlong else held
