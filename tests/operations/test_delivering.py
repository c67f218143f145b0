import json

import pytest
from open_venue import market, member, order, refusal, traded

from exchange.assay.certificate import verify_certificate
from exchange.delivery.access import read_accesses
from exchange.delivery.verify import verify_lot
from exchange.operations.asking import ask
from exchange.operations.delivering import free_claims, open_lot, take_delivery
from exchange.operations.dossier import read_dossier
from exchange.operations.entitling import request_entitlement
from exchange.vocabulary import commands
from exchange.vocabulary.instruments import Purpose, Side
from exchange.vocabulary.participants import VENUE


def holder_of(there, lots):
    """(participant, account) of a new member that has bought claims."""
    exchange, instrument = there.exchange, there.listed.instrument
    participant, account = member(exchange, "Reader", cash_minor=100_000_000)
    request_entitlement(exchange, VENUE, account, instrument, Side.BUY, Purpose.TRAINING)
    order(exchange, there.vendor_account, instrument, Side.SELL, 500, lots)
    order(exchange, account, instrument, Side.BUY, 500, lots)
    assert free_claims(exchange, account, there.listed.base) == lots
    return participant, account


def taking(there, account, lots, key="first", purpose=Purpose.TRAINING):
    return (there.exchange, VENUE, account, there.listed.base, lots, purpose, key)


def denied(there, *arguments):
    """Have a delivery denied; its rules, with the denial found on record and no claim burnt."""
    exchange, account, base = arguments[0], arguments[2], there.listed.base
    before = free_claims(exchange, account, base)
    refused = refusal("GATE_REFUSED", take_delivery, *arguments)
    assert all(reason.law for reason in refused.reasons)
    digest = refused.details["decision"]
    exchange.projector.wait_for(exchange.sequence, 10)
    (row,) = exchange.register.decision(bytes.fromhex(digest))
    assert (row["permitted"], row["account"]) == (0, account)
    assert json.loads(exchange.vault.get(digest))["permitted"] is False
    assert free_claims(exchange, account, base) == before
    return [reason.rule_id for reason in refused.reasons]


def accesses(exchange, participant):
    recorded = read_accesses(exchange.settings.data_folder / "accesses.log")
    return [(access.lot, access.outcome) for access in recorded if access.participant == participant]


def test_a_delivery_burns_claims_and_every_lot_verifies_against_the_certificate(standing, venue):
    participant, account = holder_of(standing, 2)
    delivered = take_delivery(*taking(standing, account, 2))
    assert (delivered.lots, delivered.replayed) == ((0, 1), False)
    assert free_claims(venue, account, standing.listed.base) == 0
    certificate = verify_certificate(
        standing.listed.certificate, trusted_assayers=[venue.assayer], now_s=venue.now_ns() // 10**9
    )
    for lot in delivered.lots:
        manifest, blob = (
            open_lot(venue, participant, standing.listed.base, lot, part).path.read_bytes()
            for part in ("manifest", "blob")
        )
        assert verify_lot(manifest, blob, bytes.fromhex(certificate.assay["merkle_root"]))
    decision = json.loads(venue.vault.get(delivered.decision.hex()))
    assert (decision["permitted"], decision["facts"]["request"]["paid"]) == (True, True)


def test_the_same_key_gets_the_first_answer_and_burns_nothing_more(standing, venue):
    _, account = holder_of(standing, 2)
    first = take_delivery(*taking(standing, account, 1))
    again = take_delivery(*taking(standing, account, 1))
    assert (again.delivery, again.lots, again.decision) == (first.delivery, first.lots, first.decision)
    assert again.replayed
    assert free_claims(venue, account, standing.listed.base) == 1
    second = take_delivery(*taking(standing, account, 1, "second"))
    assert set(second.lots).isdisjoint(first.lots)


def test_more_than_is_paid_for_is_denied_and_on_record(standing):
    _, account = holder_of(standing, 1)
    assert denied(standing, *taking(standing, account, 2)) == ["EX-05"]


def test_claims_that_an_order_holds_are_not_delivered(standing, venue):
    _, account = holder_of(standing, 1)
    request_entitlement(venue, VENUE, account, standing.listed.instrument, Side.SELL, Purpose.TRAINING)
    resting = order(venue, account, standing.listed.instrument, Side.SELL, 520, 1)
    assert denied(standing, *taking(standing, account, 1)) == ["EX-05"]
    ask(venue, commands.CancelOrder(actor=VENUE, account=account, order_id=resting.order_id))
    assert take_delivery(*taking(standing, account, 1)).lots


def test_a_purpose_that_the_licence_does_not_offer_is_denied(standing):
    _, account = holder_of(standing, 1)
    assert denied(standing, *taking(standing, account, 1, purpose=Purpose.RETRIEVAL)) == ["EX-02"]


def test_a_blocked_account_takes_no_delivery(standing, venue):
    _, account = holder_of(standing, 1)
    ask(venue, commands.BlockAccount(actor=VENUE, account=account))
    assert denied(standing, *taking(standing, account, 1)) == ["EX-04"]


def test_of_unknown_bases_and_accounts_nothing_is_delivered(standing, venue):
    sequence = venue.sequence
    refusal("UNKNOWN_ACCOUNT", take_delivery, *taking(standing, 10**6, 1))
    refusal("UNKNOWN_PRODUCT", take_delivery, venue, VENUE, standing.buyer_account, 10**6, 1, Purpose.TRAINING, "k")
    refusal("UNKNOWN_PRODUCT", open_lot, venue, standing.buyer, 10**6, 1, "blob")
    assert venue.sequence == sequence


def test_lots_open_for_their_holder_alone_and_each_try_is_on_record(standing, venue):
    participant, account = holder_of(standing, 1)
    stranger, _ = member(venue, "Curious")
    (lot,) = take_delivery(*taking(standing, account, 1)).lots
    base, other = standing.listed.base, 1 - lot
    opened = open_lot(venue, participant, base, lot, "manifest")
    assert opened.path.read_bytes() == venue.vault.get(opened.sha256)
    refusal("NOT_DELIVERED", open_lot, venue, participant, base, other, "manifest")
    refusal("NOT_DELIVERED", open_lot, venue, participant, base, 99, "blob")
    refusal("NOT_DELIVERED", open_lot, venue, stranger, base, lot, "blob")
    assert accesses(venue, participant) == [(lot, "OPENED"), (other, "NOT_DELIVERED"), (99, "NOT_DELIVERED")]
    assert accesses(venue, stranger) == [(lot, "NOT_DELIVERED")]


def damage(exchange, there, part):
    """Flip a bit of the first lot's document in the vault."""
    lot = read_dossier(exchange.vault, there.listed.listing).lot(0)
    path = exchange.vault.path(getattr(lot, part))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("part", ["manifest", "blob"])
def test_lots_that_lie_damaged_in_the_vault_are_not_delivered(exchange, part):
    there = traded(exchange, lots=1)
    there.exchange = exchange
    damage(exchange, there, part)
    assert denied(there, *taking(there, there.buyer_account, 1)) == ["EX-06"]


def test_a_lot_that_was_damaged_after_its_delivery_is_not_handed_out(exchange):
    there = traded(exchange, lots=1)
    there.exchange = exchange
    (lot,) = take_delivery(*taking(there, there.buyer_account, 1)).lots
    assert lot == 0
    damage(exchange, there, "blob")
    refusal("CORRUPT", open_lot, exchange, there.buyer, there.listed.base, lot, "blob")
    assert open_lot(exchange, there.buyer, there.listed.base, lot, "manifest")


def test_every_lot_is_delivered_to_a_participant_once(exchange):
    there = market(exchange, copies=3)
    there.exchange = exchange
    order(exchange, there.vendor_account, there.listed.instrument, Side.SELL, 500, 3)
    order(exchange, there.buyer_account, there.listed.instrument, Side.BUY, 500, 3)
    assert there.listed.lots == 2
    refusal("NOTHING_LEFT_TO_DELIVER", take_delivery, *taking(there, there.buyer_account, 3))
    take_delivery(*taking(there, there.buyer_account, 2))
    refusal("NOTHING_LEFT_TO_DELIVER", take_delivery, *taking(there, there.buyer_account, 1, "more"))
    assert free_claims(exchange, there.buyer_account, there.listed.base) == 1
