"""The tape of one instrument: its last trades, the last price and the statistics of 24 hours."""

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from exchange.vocabulary.events import Trade
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


class _Minute(NamedTuple):
    start_ns: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    lots: int


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
        self.last_trade_id = printed.trade_id
        self._prints.append(printed)
        if printed.match_type != _NEGOTIATED:
            self.last_price_ticks = printed.price_ticks
            self.last_priced = printed
            self._add_to_minute(printed)

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
        start_ns, price = printed.time_ns - printed.time_ns % MINUTE_NS, printed.price_ticks
        if self._minutes and self._minutes[-1].start_ns == start_ns:
            minute = self._minutes.pop()
        else:
            minute = _Minute(start_ns, price, price, price, 0)
        self._minutes.append(
            minute._replace(
                high_ticks=max(minute.high_ticks, price),
                low_ticks=min(minute.low_ticks, price),
                lots=minute.lots + printed.lots,
            )
        )
        while self._minutes[0].start_ns <= start_ns - DAY_NS:
            self._minutes.popleft()
