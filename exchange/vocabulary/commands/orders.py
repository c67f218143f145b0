"""Orders and offers, and what ends them unasked."""

from exchange.vocabulary.codec import COMMANDS, I32, I64, U8, U64, Bytes16, Bytes64, Text40
from exchange.vocabulary.commands.base import Command


@COMMANDS.register(50)
class PlaceOrder(Command):
    """Place an order; header flags are `OrderFlag`s, the fields' values stand in `instruments`.

    `client_order_id` is 1-40 printable ASCII characters or empty; `fingerprint` is of the request's content, so that a
    repeat of the same request gets the first answer. Fields that an order does not use are zero.
    """

    side: U8 = 0
    type: U8 = 0
    tif: U8 = 0
    self_trade: U8 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    display_lots: I64 = 0
    min_lots: I64 = 0
    stop_price_ticks: I64 = 0
    funds_minor: I64 = 0
    expire_at_ns: I64 = 0
    trail_ticks: I64 = 0
    exit_price_ticks: I64 = 0
    exit_stop_ticks: I64 = 0
    offset_ticks: I32 = 0
    peg: U8 = 0
    client_order_id: Text40 = ""
    fingerprint: Bytes16 = bytes(16)


@COMMANDS.register(51)
class CancelOrder(Command):
    """Cancel by order id, or where that is zero by the account's client order id; no instrument is needed."""

    order_id: U64 = 0
    client_order_id: Text40 = ""


@COMMANDS.register(52)
class AmendOrder(Command):
    """Change an order, found as by `CancelOrder`: its price, total size, shown size, expiry or stop price; zero leaves
    a value as it is."""

    order_id: U64 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    display_lots: I64 = 0
    stop_price_ticks: I64 = 0
    expire_at_ns: I64 = 0
    client_order_id: Text40 = ""
    new_client_order_id: Text40 = ""


@COMMANDS.register(53)
class MassCancel(Command):
    """Cancel all orders of the header's account and instrument and of `side`; zero in any of them means every one."""

    side: U8 = 0


@COMMANDS.register(54)
class SetDeadMan(Command):
    """Cancel all orders of the header's account once `fires_at_ns` has passed, unless set anew; zero disarms."""

    fires_at_ns: I64 = 0


@COMMANDS.register(55)
class ArmDisconnect(Command):
    """Guard a connection of the header's account: when it breaks, the account's orders are cancelled."""


@COMMANDS.register(56)
class DisarmDisconnect(Command):
    """The connection may break without harm; `guard` is the id that arming gave."""

    guard: U64 = 0


@COMMANDS.register(57)
class Disconnect(Command):
    """The venue saw a guarded connection break: cancel the orders of the header's account."""

    guard: U64 = 0


@COMMANDS.register(70)
class MakeOffer(Command):
    """Offer a negotiated trade: to up to eight accounts (`to`, their ids as little-endian u64), or with none to every
    entitled one. `part` 1 lets it be accepted in part; an `expire_at_ns` of zero is never.
    """

    side: U8 = 0
    part: U8 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    expire_at_ns: I64 = 0
    to: Bytes64 = bytes(64)
    client_order_id: Text40 = ""
    fingerprint: Bytes16 = bytes(16)


@COMMANDS.register(71)
class AcceptOffer(Command):
    """Accept `lots` of an offer, all that is left where zero; it settles at once."""

    offer: U64 = 0
    lots: I64 = 0
    client_order_id: Text40 = ""
    fingerprint: Bytes16 = bytes(16)


@COMMANDS.register(72)
class WithdrawOffer(Command):
    """Take an offer back, found by its id, or where that is zero by the account's client order id."""

    offer: U64 = 0
    client_order_id: Text40 = ""
