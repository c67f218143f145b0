"""Orders, amends and cancels."""

from collections.abc import Sequence
from typing import Any, Final

from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import OrderFlag, OrderType, Peg, SelfTrade, Side, TimeInForce
from simulations.sandbox import digest
from simulations.scenario_steps.market import Market, labelled, word_of
from simulations.scenario_steps.registry import StepError, account_verb, verb

_OPTIONS: Final = {
    "stop": "stop_price_ticks",
    "show": "display_lots",
    "min": "min_lots",
    "funds": "funds_minor",
    "price": "price_ticks",
    "lots": "lots",
    "oid": "client_order_id",
    "new-oid": "new_client_order_id",
    "trail": "trail_ticks",
    "offset": "offset_ticks",
    "exit": "exit_price_ticks",
    "exit-stop": "exit_stop_ticks",
    "oco": "stop_price_ticks",
}
_FLAGS: Final = {"post-only": OrderFlag.POST_ONLY, "dry-run": OrderFlag.DRY_RUN}


@account_verb("buy")
def _buy(market: Market, account: int, words: Sequence[str]) -> list[str]:
    return _place(market, account, Side.BUY, words)


@account_verb("sell")
def _sell(market: Market, account: int, words: Sequence[str]) -> list[str]:
    return _place(market, account, Side.SELL, words)


def _place(market: Market, account: int, side: Side, words: Sequence[str]) -> list[str]:
    """LOTS @ PRICE, or LOTS market, or market funds=AMOUNT; then time in force, options, and `as LABEL`."""
    rest, label = labelled(words)
    content = f"{side} {' '.join(word for word in rest if word != 'dry-run')}"
    lots = int(rest.pop(0)) if rest[0] not in {"market", "@"} else 0
    price, market_order = 0, rest[0] == "market"
    if market_order:
        rest.pop(0)
    elif rest[0] == "@":
        price, rest = int(rest[1]), rest[2:]
    fields, flags = order_fields(market, rest)
    type_ = _type(market_order, rest)
    tif = fields.pop("tif", TimeInForce.IOC if type_ == OrderType.MARKET else TimeInForce.GTC)
    fingerprint = digest(content)[:16]
    order = market.sandbox.order(
        account, side, price, lots, tif, type=type_, flags=flags, fingerprint=fingerprint, **fields
    )
    market.name("order", label, market.next_sequence * 16)
    if "exit_price_ticks" in fields or "exit_stop_ticks" in fields:
        market.name("order", f"{label}.exit", market.next_sequence * 16 + 1)
    return market.apply(order)


def _type(market_order: bool, words: Sequence[str]) -> OrderType:
    """What the options make of an order."""
    names = {word.partition("=")[0] for word in words}
    for name, type_ in (("trail", OrderType.TRAILING_STOP), ("peg", OrderType.PEGGED), ("oco", OrderType.OCO)):
        if name in names:
            return type_
    if "stop" in names:
        return OrderType.STOP if market_order else OrderType.STOP_LIMIT
    return OrderType.MARKET if market_order else OrderType.LIMIT


def order_fields(market: Market, words: Sequence[str]) -> tuple[dict[str, Any], int]:
    """The options of an order as fields of its command, and its flags."""
    fields: dict[str, Any] = {}
    flags = 0
    for word in words:
        name, is_option, value = word.partition("=")
        if word in _FLAGS:
            flags |= _FLAGS[word]
        elif word in TimeInForce.__members__:
            fields["tif"] = TimeInForce[word]
        elif name == "stp":
            fields["self_trade"] = word_of(SelfTrade, value)
        elif name == "peg":
            fields["peg"] = word_of(Peg, value)
        elif name == "until":
            fields["expire_at_ns"] = market.in_ns(value)
        elif is_option and name in _OPTIONS:
            fields[_OPTIONS[name]] = value if name.endswith("oid") else int(value)
        else:
            raise StepError(f"an order has no {word!r}")
    return fields, flags


@account_verb("cancel")
def _cancel(market: Market, account: int, words: Sequence[str]) -> list[str]:
    if words[0] == "all":
        return _mass_cancel(market, account, words[1:])
    return market.apply(c.CancelOrder(account=account, **_which(market, words[0])))


@verb("cancel")
def _cancel_all(market: Market, words: Sequence[str]) -> list[str]:
    """`cancel all`: every account's."""
    if words[0] != "all":
        raise StepError("only an account cancels one order")
    return _mass_cancel(market, 0, words[1:])


def _mass_cancel(market: Market, account: int, words: Sequence[str]) -> list[str]:
    side = word_of(Side, words[0]) if words else 0
    return market.apply(c.MassCancel(account=account, instrument=market.sandbox.instrument, side=side))


@account_verb("amend")
def _amend(market: Market, account: int, words: Sequence[str]) -> list[str]:
    fields, _ = order_fields(market, words[1:])
    return market.apply(c.AmendOrder(account=account, **_which(market, words[0]), **fields))


def _which(market: Market, word: str) -> dict[str, Any]:
    """An order by its label, by `id=7`, or by `oid=abc`, the client order id."""
    if word.startswith("oid="):
        return {"client_order_id": word[4:]}
    return {"order_id": market.find("order", word)}
