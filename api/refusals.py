"""The engine's refusals in the dialect: the code is the reason's name, the message a phrase that clients know."""

from typing import Final

from api.errors import ApiError
from exchange.vocabulary.events import CommandRefused
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.refusals import MEANINGS

ORDER_NOT_FOUND: Final = "order not found"

_PHRASES: Final = {
    Reason.UNKNOWN_INSTRUMENT: "Product not found",
    Reason.UNKNOWN_ACCOUNT: "NotFound",
    Reason.BAD_SIDE: "side is buy or sell",
    Reason.BAD_TYPE: "this type of order is not traded here",
    Reason.BAD_TIF: "this time in force is not traded here",
    Reason.BAD_COMBINATION: "these properties do not go together in an order here",
    Reason.BAD_PRICE: "the price does not suit the order: a limit order has one, a market order none",
    Reason.BAD_SIZE: "the size is missing, or does not suit the order",
    Reason.DUPLICATE_CLIENT_ORDER_ID: "client_oid was used for another order",
    Reason.INSTRUMENT_CLOSED: "Trading pair not available",
    Reason.INSTRUMENT_HALTED: "Trading pair not available",
    Reason.CANCEL_ONLY: "Cancel only mode",
    Reason.INSUFFICIENT_FUNDS: "Insufficient funds",
    Reason.INSUFFICIENT_CLAIMS: "Insufficient funds",
    Reason.POST_ONLY_WOULD_TAKE: "Post only mode: the order would trade at once",
    Reason.FOK_NOT_FILLABLE: "a fill-or-kill order cannot be filled whole",
    Reason.NO_LIQUIDITY: "there is nothing to trade with",
    Reason.UNKNOWN_OFFER: "offer not found",
    Reason.SELF_TRADE: "the offer is of the same beneficial owner",
    Reason.UNKNOWN_ORDER: ORDER_NOT_FOUND,
    Reason.NOT_OWNER: ORDER_NOT_FOUND,
    Reason.TOO_LATE: "Order already done",
}
_NOT_FOUND: Final = frozenset({Reason.NOT_OWNER, *(reason for reason in Reason if reason.name.startswith("UNKNOWN_"))})


def phrase(reason: Reason) -> str:
    return _PHRASES.get(reason) or MEANINGS[reason]


def refusal(reason: Reason, text: str | None = None, **details: str) -> ApiError:
    """A 404 for what does not exist, a 400 for everything else: clients try again on other statuses."""
    return ApiError(404 if reason in _NOT_FOUND else 400, text or phrase(reason), reason.name, details)


def engine_refusal(event: CommandRefused) -> ApiError:
    """What the engine said, with the entitlement that answered and the order that was meant, if any."""
    details = {"sequence": str(event.sequence)}
    if event.decision:
        details["decision"] = str(event.decision)
    if event.subject:
        details["order_id"] = str(event.subject)
    return refusal(Reason(event.reason), **details)
