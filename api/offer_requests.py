"""What clients may say about offers, decoded by msgspec and made into commands; numbers from their literal text."""

import hashlib
from typing import Final

import msgspec

from api.answers import id_of, time_ns
from api.market import Book
from api.order_numbers import ABSENT, literal, price_ticks, size_lots
from api.order_requests import Text, client_oid, read_json, side_of
from api.refusals import refusal
from exchange.vocabulary.commands import AcceptOffer, MakeOffer
from exchange.vocabulary.offering import OFFERED_AT_MOST, packed_accounts
from exchange.vocabulary.reasons import Reason


class Offering(msgspec.Struct, kw_only=True):
    """The body of a new offer; without `to` it is open to everyone who is entitled."""

    product_id: Text
    side: Text
    price: msgspec.Raw = ABSENT
    size: msgspec.Raw = ABSENT
    to: list[Text] | None = None
    part: bool = False
    expire_time: Text | None = None
    client_oid: str | None = None
    profile_id: Text | None = None


class Acceptance(msgspec.Struct, kw_only=True):
    """The body of an acceptance; without `size`, of all that is left."""

    size: msgspec.Raw = ABSENT
    client_oid: str | None = None
    profile_id: Text | None = None


_offering: Final = msgspec.json.Decoder(Offering)
_acceptance: Final = msgspec.json.Decoder(Acceptance)


def read_offering(body: bytes) -> Offering:
    return read_json(_offering, body)


def read_acceptance(body: bytes) -> Acceptance:
    """No body is fine: then all of the offer is accepted."""
    return read_json(_acceptance, body) if body else Acceptance()


def offered(request: Offering, book: Book, actor: int, account: int) -> MakeOffer:
    """The command; ApiError where a word or a number means nothing."""
    to = () if request.to is None else _named(request.to)
    command = MakeOffer(
        actor=actor,
        account=account,
        instrument=book.instrument,
        side=side_of(request.side),
        part=int(request.part),
        price_ticks=price_ticks(request.price, book.scales),
        lots=size_lots(request.size, book.scales),
        expire_at_ns=time_ns(request.expire_time, "expire_time") if request.expire_time is not None else 0,
        to=packed_accounts(to),
        client_order_id=client_oid(request.client_oid),
    )
    if command.client_order_id:
        said = (command.side, command.part, command.price_ticks, command.lots, command.expire_at_ns, to)
        command.fingerprint = _fingerprint("offer", book.instrument, *said)
    return command


def accepted(request: Acceptance, offer: int, book: Book, actor: int, account: int) -> AcceptOffer:
    command = AcceptOffer(
        actor=actor,
        account=account,
        instrument=book.instrument,
        offer=offer,
        lots=size_lots(request.size, book.scales),
        client_order_id=client_oid(request.client_oid),
    )
    if command.client_order_id:
        command.fingerprint = _fingerprint("accept", offer, literal(request.size))
    return command


def _named(to: list[str]) -> tuple[int, ...]:
    """An empty list is refused: it would open to everyone what its maker meant for a few."""
    accounts = tuple(id_of(each, "to") or 0 for each in to)
    if not 1 <= len(accounts) <= OFFERED_AT_MOST or not all(accounts):
        told = f"an offer names 1 to {OFFERED_AT_MOST} accounts that exist, or leaves `to` out"
        raise refusal(Reason.BAD_COMBINATION, told)
    return accounts


def _fingerprint(*said: object) -> bytes:
    """Of all that the client said, so that a repeat is told from another request under the same id."""
    return hashlib.blake2b(repr(said).encode(), digest_size=16).digest()
