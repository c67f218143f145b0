from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.events import CommandRefused, OrderAccepted, OrderReplayed
from exchange.vocabulary.instruments import Side
from simulations.sandbox import Sandbox


def renamed_twice() -> tuple[Sandbox, int]:
    venue = Sandbox()
    account = venue.trader()
    (accepted,) = venue.apply(venue.order(account, Side.BUY, 5, 3, client_order_id="first"))
    for name in ("second", "third"):
        venue.must(commands.AmendOrder(account=account, order_id=accepted.order_id, new_client_order_id=name))
    return venue, account


def test_a_name_between_the_first_and_the_newest_is_free_again():
    venue, account = renamed_twice()
    for name, answer in (("first", OrderReplayed), ("third", CommandRefused), ("second", OrderAccepted)):
        (event,) = venue.apply(venue.order(account, Side.BUY, 5, 3, client_order_id=name))
        assert isinstance(event, answer)


def test_an_engine_restored_after_renaming_answers_as_the_one_it_was_saved_from():
    venue, account = renamed_twice()
    restored = Engine.restore(venue.engine.snapshot())
    batch = venue.stamped(
        venue.order(account, Side.BUY, 5, 3, client_order_id=name) for name in ("first", "second", "third")
    )
    told = venue.engine.apply(batch)
    assert restored.apply(batch) == told
    assert restored.state_hash() == venue.engine.state_hash()
    assert len(list(EVENTS.decode_all(told))) == 3
