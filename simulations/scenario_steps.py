"""The steps of a scenario, as commands, and what came of them, in a trader's words."""

import re
from collections.abc import Sequence
from typing import Any, Final

from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import OrderFlag, OrderType, Phase, SelfTrade, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason, Reason
from exchange.vocabulary.units import NS_PER_SECOND
from simulations.sandbox import Sandbox

CASH: Final = 10**12
CLAIMS: Final = 1_000
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_UNITS_NS: Final = {"ns": 1, "ms": 10**6, "s": NS_PER_SECOND, "m": 60 * NS_PER_SECOND, "h": 3_600 * NS_PER_SECOND}
_TIME: Final = re.compile(r"(\d+)(ns|ms|s|m|h)")
_OPTIONS: Final = {
    "stop": "stop_price_ticks",
    "show": "display_lots",
    "min": "min_lots",
    "funds": "funds_minor",
    "price": "price_ticks",
    "lots": "lots",
    "oid": "client_order_id",
    "new-oid": "new_client_order_id",
}


class StepError(ValueError):
    """A line that is no step."""


class Market:
    """A sandbox whose accounts and orders have names."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._accounts: dict[str, int] = {"issuer": sandbox.issuer}
        self._participants: dict[str, int] = {}
        self._orders: dict[str, int] = {}
        self.names: dict[int, str] = {}

    def account(self, name: str) -> int:
        if name not in self._accounts:
            raise StepError(f"there is no account {name!r}")
        return self._accounts[name]

    def open(self, name: str, cash: int, claims: int, sibling_of: str) -> None:
        """A funded and entitled account, of the same beneficial owner as another one where that is named."""
        owner = self._participants.get(sibling_of, 0)
        participant = self._participants[name] = self.sandbox.participant(owner)
        self._accounts[name] = self.sandbox.trader(cash, claims, participant)

    def order(self, label: str) -> int:
        if label not in self._orders:
            raise StepError(f"no order is called {label!r}")
        return self._orders[label]

    def call(self, label: str, order_id: int) -> None:
        self._orders[label] = order_id
        self.names[order_id] = label


def told(market: Market, words: Sequence[str]) -> list[str]:
    """Take one step; what happened, in order. Raises StepError."""
    try:
        return _take(market, words)
    except (IndexError, KeyError, ValueError) as error:
        if isinstance(error, StepError):
            raise
        raise StepError(f"{' '.join(words)!r} is no step: {error}") from None


def _take(market: Market, words: Sequence[str]) -> list[str]:
    verb, *rest = words
    sandbox = market.sandbox
    if verb == "account":
        options = dict(word.split("=") for word in rest[1:])
        if unknown := set(options) - {"cash", "claims", "owner"}:
            raise StepError(f"an account has no {min(unknown)}")
        cash, claims = int(options.get("cash", CASH)), int(options.get("claims", CLAIMS))
        market.open(rest[0], cash, claims, options.get("owner", ""))
        return []
    if verb == "wait":
        sandbox.now_ns += _ns(rest[0])
        return _happened(market, c.Clock())
    if verb == "phase":
        times = {f"{name}_at_ns": sandbox.now_ns + _ns(span) for name, span in (word.split("=") for word in rest[1:])}
        command = c.SetPhase(instrument=sandbox.instrument, phase=Phase[rest[0].upper()], **times)  # type: ignore[arg-type]
        return _happened(market, command)
    if verb == "reference":
        return _happened(market, c.SetReferencePrice(instrument=sandbox.instrument, price_ticks=int(rest[0])))
    return _of_account(market, market.account(verb), rest)


def _of_account(market: Market, account: int, words: Sequence[str]) -> list[str]:
    verb, *rest = words
    if verb in _SIDES:
        return _place(market, account, _SIDES[verb], rest)
    if verb == "cancel" and rest[0] == "all":
        side = _SIDES[rest[1]] if len(rest) > 1 else 0
        return _happened(market, c.MassCancel(account=account, instrument=market.sandbox.instrument, side=side))
    if verb == "cancel":
        return _happened(market, c.CancelOrder(account=account, order_id=_order_id(market, rest[0])))
    if verb == "amend":
        fields, _ = _fields(market, rest[1:])
        return _happened(market, c.AmendOrder(account=account, order_id=_order_id(market, rest[0]), **fields))
    if verb == "deliver":
        key = f"delivery {market.sandbox.sequence}"
        command = c.TakeDelivery(
            account=account, base=market.sandbox.base, lots=int(rest[0]), decision=bytes([1]) * 32, key=key
        )
        return _happened(market, command)
    raise StepError(f"an account does not {verb!r}")


def _order_id(market: Market, label: str) -> int:
    return int(label[3:]) if label.startswith("id=") else market.order(label)


def _place(market: Market, account: int, side: Side, words: Sequence[str]) -> list[str]:
    """LOTS @ PRICE, or LOTS market, or market funds=AMOUNT; then time in force, options, and `as LABEL`."""
    rest = list(words)
    label = ""
    if "as" in rest:
        at = rest.index("as")
        label, rest = rest[at + 1], rest[:at]
    lots = int(rest.pop(0)) if rest[0].isdigit() else 0
    price, market_order = 0, rest[0] == "market"
    if market_order:
        rest.pop(0)
    elif rest[0] == "@":
        price, rest = int(rest[1]), rest[2:]
    fields, flags = _fields(market, rest)
    stops = "stop_price_ticks" in fields
    type_ = (
        (OrderType.STOP if market_order else OrderType.STOP_LIMIT)
        if stops
        else (OrderType.MARKET if market_order else OrderType.LIMIT)
    )
    default = TimeInForce.IOC if type_ == OrderType.MARKET else TimeInForce.GTC
    tif = fields.pop("tif", default)
    order = market.sandbox.order(account, side, price, lots, tif, type=type_, flags=flags, **fields)
    market.call(label or "it", (market.sandbox.sequence + 1) * 16)
    return _happened(market, order)


def _fields(market: Market, words: Sequence[str]) -> tuple[dict[str, Any], int]:
    fields: dict[str, Any] = {}
    flags = 0
    for word in words:
        name, is_option, value = word.partition("=")
        if word == "post-only":
            flags |= OrderFlag.POST_ONLY
        elif word in TimeInForce.__members__:
            fields["tif"] = TimeInForce[word]
        elif name == "stp":
            fields["self_trade"] = SelfTrade[value.replace("-", "_").upper()]
        elif name == "until":
            fields["expire_at_ns"] = market.sandbox.now_ns + _ns(value)
        elif is_option and name in _OPTIONS:
            fields[_OPTIONS[name]] = value if name.endswith("oid") else int(value)
        else:
            raise StepError(f"an order has no {word!r}")
    return fields, flags


def _ns(span: str) -> int:
    found = _TIME.fullmatch(span.removeprefix("+"))
    if not found:
        raise StepError(f"{span!r} is no time such as 5s")
    return int(found[1]) * _UNITS_NS[found[2]]


def _happened(market: Market, command: c.Command) -> list[str]:
    return [line for event in market.sandbox.apply(command) if (line := _line(market, event, command))]


def _line(market: Market, event: ev.Event, command: c.Command) -> str:
    """What a trader would say of an event; nothing of what goes without saying."""
    match event:
        case ev.CommandRefused():
            return f"refused {Reason(event.reason).name}"
        case ev.Trade():
            return f"trade {event.lots} @ {event.price_ticks} with {_name(market, event.maker_order_id)}"
        case ev.OrderDone():
            return f"done {_name(market, event.order_id)} {DoneReason(event.reason).name}"
        case ev.OrderTriggered():
            return f"triggered {_name(market, event.order_id)}"
        case ev.OrderRefreshed():
            return f"shows {event.leaves_lots - event.hidden_lots} of {_name(market, event.order_id)}"
        case ev.OrderAmended() if event.reason:
            return f"reduced {_name(market, event.order_id)} to {event.leaves_lots}"
        case ev.OrderReplayed():
            return f"replayed {_name(market, event.order_id)}"
        case ev.Uncrossed():
            return f"uncross {event.lots} @ {event.price_ticks} over {event.imbalance_lots}"
        case ev.PhaseSet() if not isinstance(command, c.SetPhase):
            return f"phase {Phase(event.phase).name.lower()}"
        case ev.LotDelivered():
            return f"delivered lot {event.lot}"
    return ""


def _name(market: Market, order_id: int) -> str:
    return market.names.get(order_id, f"id={order_id}")
