"""Lots: whole documents packed in order to at least the lot size; and the lot size and tick that a listing proposes."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from exchange.vocabulary.units import minor_per_tick_lot

LOT_STEP_RTU = 10_000
MAXIMUM_LOT_RTU = 1_000_000
FEWEST_LOTS = 3


class LotError(Exception):
    """TOO_SMALL: not one lot can be made. BAD_SIZE: a lot size or tick that is not positive, or not exact."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class LotSpan:
    """Lot `number`, from 0: the documents `first` up to, not including, `end`, with `rtu` tokens in all."""

    number: int
    first: int
    end: int
    rtu: int


def pack_lots(document_rtus: Sequence[int], lot_rtu: int) -> list[LotSpan]:
    """Greedy, in the documents' order: a lot closes with the document that brings it to `lot_rtu` or over.

    What is over is the buyer's; the documents after the last full lot are not minted.
    """
    if lot_rtu <= 0:
        raise LotError("BAD_SIZE", f"a lot of {lot_rtu} RTU")
    return _packed([0, *accumulate(document_rtus)], lot_rtu)


def _packed(running_rtus: Sequence[int], lot_rtu: int) -> list[LotSpan]:
    """As above, from running totals: a search for each lot's end, so that trying many sizes on a large set is quick."""
    spans: list[LotSpan] = []
    first = 0
    while True:
        end = bisect_left(running_rtus, running_rtus[first] + lot_rtu, first)
        if end == len(running_rtus):
            return spans
        spans.append(LotSpan(len(spans), first, end, running_rtus[end] - running_rtus[first]))
        first = end


def stranded_rtu(document_rtus: Sequence[int], lot_rtu: int) -> int:
    """Tokens that lots of this nominal size do not sell: the remainder, and what lots hold over their size."""
    return sum(document_rtus) - lot_rtu * len(pack_lots(document_rtus, lot_rtu))


def propose_lot_rtu(document_rtus: Sequence[int]) -> int:
    """The lot size, a multiple of 10,000 RTU, that strands the fewest tokens in at least three lots.

    Sizes run from 10,000 to a third of the dataset, at most a million. Small sizes always strand little but make many
    lots, each with its own manifest and minimum trade; so those within half a percent of the least stranded count as
    equal, and of equals the largest is taken. A set too small for three lots gets the largest size that makes as
    many as can be had. TOO_SMALL where not one lot of 10,000 can be made.
    """
    running_rtus = [0, *accumulate(document_rtus)]
    total = running_rtus[-1]
    if total < LOT_STEP_RTU:
        raise LotError("TOO_SMALL", f"{total} RTU, a lot has at least {LOT_STEP_RTU}")
    largest = min(MAXIMUM_LOT_RTU, max(total // FEWEST_LOTS, LOT_STEP_RTU))
    counts = {size: len(_packed(running_rtus, size)) for size in range(LOT_STEP_RTU, largest + 1, LOT_STEP_RTU)}
    enough = min(FEWEST_LOTS, max(counts.values()))
    stranded = {size: total - size * count for size, count in counts.items() if count >= enough}
    least = min(stranded.values())
    return max(size for size in stranded if stranded[size] <= least + total // 200)


def propose_tick_minor(lot_rtu: int, finest_minor: int = 1) -> int:
    """The smallest tick of 1, 2 or 5 times a power of ten, in minor units per million RTU, exact for the lot.

    Exact means that one tick on one lot is a whole number of minor units; `finest_minor` sets a floor to it, where a
    finer tick would be noise.
    """
    if lot_rtu <= 0 or finest_minor <= 0:
        raise LotError("BAD_SIZE", f"a lot of {lot_rtu} RTU with a tick of at least {finest_minor}")
    for power in range(19):
        for digit in (1, 2, 5):
            tick: int = digit * 10**power
            if tick >= finest_minor and is_exact(lot_rtu, tick):
                return tick
    raise LotError("BAD_SIZE", f"no tick of at least {finest_minor} is exact for {lot_rtu} RTU")


def is_exact(lot_rtu: int, tick_minor: int) -> bool:
    """Whether one tick on one lot is a whole number of minor units: what an instrument is refused without."""
    return minor_per_tick_lot(tick_minor, lot_rtu) is not None
