"""The tape of one instrument: its last trades, the last price and the statistics of 24 hours.

A busted trade leaves all of them, as if it had not been printed.
"""

from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from exchange.vocabulary.events import Trade, TradeBusted
from exchange.vocabulary.instruments import MatchType, Side
from exchange.vocabulary.units import NS_PER_HOUR

DAY_NS: Final = 24 * NS_PER_HOUR
MINUTE_NS: Final = NS_PER_HOUR // 60
TRADES_KEPT: Final = 1000
_NEGOTIATED: Final = int(MatchType.NEGOTIATED)


class Print(NamedTuple):
    """One trade as everyone may see it; `maker_side` is the side of the order that stood in the book."""

    trade_id: int
    sequence: int
    price_ticks: int
    lots: int
    maker_side: int
    match_type: int
    time_ns: int


class Stats(NamedTuple):
    """Of the last 24 hours, in ticks and lots; zero prices where nothing traded."""

    open_ticks: int
    high_ticks: int
    low_ticks: int
    last_ticks: int
    lots: int


@dataclass(slots=True)
class _Minute:
    """`runs` are its trades at one price after the other: first trade id, price and lots of each, flat."""

    start_ns: int
    high_ticks: int = 0
    low_ticks: int = 0
    lots: int = 0
    runs: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def open_ticks(self) -> int:
        return self.runs[1]

    def add(self, printed: Print) -> None:
        price, runs = printed.price_ticks, self.runs
        if runs and runs[-2] == price:
            runs[-1] += printed.lots
        else:
            runs.extend((printed.trade_id, price, printed.lots))
        self.high_ticks = max(self.high_ticks, price)
        self.low_ticks = min(self.low_ticks or price, price)
        self.lots += printed.lots

    def take_out(self, trade_id: int, lots: int) -> None:
        """One of its trades never was; the minute may be empty then."""
        runs = self.runs
        run = max((at for at in range(0, len(runs), 3) if runs[at] <= trade_id), default=-1)
        if run < 0:
            return  # From before what was read at start.
        runs[run + 2] -= lots
        if not runs[run + 2]:
            del runs[run : run + 3]
        self.lots -= lots
        self.high_ticks, self.low_ticks = max(runs[1::3], default=0), min(runs[1::3], default=0)


def print_of(trade: Trade) -> Print:
    maker_side = Side.SELL if trade.taker_side == Side.BUY else Side.BUY
    return Print(
        trade.trade_id,
        trade.product_sequence,
        trade.price_ticks,
        trade.lots,
        int(maker_side),
        trade.match_type,
        trade.timestamp_ns,
    )


class Tape:
    """Keeps `TRADES_KEPT` trades one by one, and a day of them as minutes."""

    def __init__(self, last_trade_id: int = 0, last_price_ticks: int = 0) -> None:
        self.last_trade_id = last_trade_id
        self.last_price_ticks = last_price_ticks
        self.last_priced: Print | None = None
        """The last trade that moved the price."""
        self._prints: deque[Print] = deque(maxlen=TRADES_KEPT)
        self._minutes: deque[_Minute] = deque()

    @property
    def last(self) -> Print | None:
        return self._prints[-1] if self._prints else None

    def apply(self, trade: Trade) -> Print:
        """Append a trade; one negotiated prints but moves no price."""
        assert trade.trade_id == self.last_trade_id + 1, f"trade {trade.trade_id} follows {self.last_trade_id}"
        printed = print_of(trade)
        self.load(printed)
        return printed

    def load(self, printed: Print) -> None:
        """Append a trade told before, as from history at start."""
        self.last_trade_id = max(self.last_trade_id, printed.trade_id)
        self._prints.append(printed)
        if printed.match_type != _NEGOTIATED:
            self.last_price_ticks = printed.price_ticks
            self.last_priced = printed
            self._add_to_minute(printed)

    def bust(self, busted: TradeBusted) -> None:
        """Take a trade off the tape; the last price is that of the last one left, unless none is."""
        self._prints = deque((each for each in self._prints if each.trade_id != busted.trade_id), maxlen=TRADES_KEPT)
        if busted.match_type == _NEGOTIATED:
            return
        if self.last_priced is not None and self.last_priced.trade_id == busted.trade_id:
            priced = (each for each in reversed(self._prints) if each.match_type != _NEGOTIATED)
            self.last_priced = next(priced, None)
            self.last_price_ticks = self.last_priced.price_ticks if self.last_priced else self.last_price_ticks
        start_ns = _minute_of(busted.traded_ns)
        minute = next((each for each in self._minutes if each.start_ns == start_ns), None)
        if minute is not None:
            minute.take_out(busted.trade_id, busted.lots)
            if not minute.lots:
                self._minutes.remove(minute)

    def newest_first(self) -> Iterator[Print]:
        return reversed(self._prints)

    @property
    def oldest_kept(self) -> int:
        """The trade id from which on all trades are kept."""
        return self._prints[0].trade_id if self._prints else self.last_trade_id + 1

    def stats(self, now_ns: int) -> Stats:
        """Over the minutes that began in the last 24 hours."""
        minutes = [minute for minute in self._minutes if minute.start_ns > now_ns - DAY_NS]
        if not minutes:
            return Stats(0, 0, 0, self.last_price_ticks, 0)
        return Stats(
            minutes[0].open_ticks,
            max(minute.high_ticks for minute in minutes),
            min(minute.low_ticks for minute in minutes),
            self.last_price_ticks,
            sum(minute.lots for minute in minutes),
        )

    def _add_to_minute(self, printed: Print) -> None:
        start_ns = _minute_of(printed.time_ns)
        if not self._minutes or self._minutes[-1].start_ns != start_ns:
            self._minutes.append(_Minute(start_ns))
        self._minutes[-1].add(printed)
        while self._minutes[0].start_ns <= start_ns - DAY_NS:
            self._minutes.popleft()


def _minute_of(time_ns: int) -> int:
    return time_ns - time_ns % MINUTE_NS
