"""Client order ids (rule 15)."""

from venue import kinds, refusal

from exchange.vocabulary import commands
from exchange.vocabulary.events import REPLAYED
from exchange.vocabulary.units import DONE_ORDERS_KEPT_NS

SAME, OTHER = b"s" * 16, b"o" * 16


def test_a_repeat_of_the_same_request_gets_the_first_order_again_and_changes_nothing(venue):
    venue.sell(venue.ann, 100, 5, client_order_id="a", fingerprint=SAME)
    first = venue.last_order
    before = venue.engine.state_hash()
    answers = venue.sell(venue.ann, 100, 5, client_order_id="a", fingerprint=SAME)
    assert kinds(answers) == ["OrderReplayed"]
    assert (answers[0].order_id, answers[0].flags) == (first, REPLAYED)
    assert venue.engine.state_hash() == before


def test_another_request_under_the_same_id_is_refused(venue):
    venue.sell(venue.ann, 100, 5, client_order_id="a", fingerprint=SAME)
    assert refusal(venue.sell(venue.ann, 100, 6, client_order_id="a", fingerprint=OTHER)) == "DUPLICATE_CLIENT_ORDER_ID"


def test_a_refused_order_does_not_use_its_id_up(venue):
    assert refusal(venue.sell(venue.ann, 100, 5_000, client_order_id="a", fingerprint=SAME)) == "INSUFFICIENT_CLAIMS"
    assert kinds(venue.sell(venue.ann, 100, 5, client_order_id="a", fingerprint=OTHER)) == ["OrderAccepted"]


def test_two_accounts_may_use_the_same_id(venue):
    venue.sell(venue.ann, 100, 5, client_order_id="a", fingerprint=SAME)
    assert kinds(venue.sell(venue.bob, 100, 5, client_order_id="a", fingerprint=SAME)) == ["OrderAccepted"]


def test_an_id_stays_taken_while_its_order_is_remembered_and_is_free_a_day_after(venue):
    venue.sell(venue.ann, 100, 5, client_order_id="a", fingerprint=SAME)
    order = venue.last_order
    venue.cancel(venue.ann, order)
    assert kinds(venue.sell(venue.ann, 100, 5, client_order_id="a", fingerprint=SAME)) == ["OrderReplayed"]
    venue.now_ns += DONE_ORDERS_KEPT_NS + 1
    assert kinds(venue.sell(venue.ann, 100, 5, client_order_id="a", fingerprint=OTHER)) == ["OrderAccepted"]
    assert refusal(venue.cancel(venue.ann, order)) == "UNKNOWN_ORDER"


def test_an_id_that_is_no_printable_ascii_is_refused_and_not_echoed(venue):
    order = venue.order(venue.ann, 2, 100, 5)
    encoded = bytearray(venue.stamped([order]))
    at = next(field.offset for field in commands.PlaceOrder.FIELDS if field.name == "client_order_id")
    encoded[at : at + 2] = b"\xff\x07"
    answer = venue.engine.apply(bytes(encoded))
    assert b"\xff\x07" not in answer
    assert answer[16] == 1
