"""What waits for one client: its order, its bounds, and the law of conflation."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.feed_outbox import Outbox, Update

BOOK = ("level2", "A-CNY")
CHANGES = st.lists(
    st.tuples(st.sampled_from(["buy", "sell"]), st.integers(100, 104), st.integers(0, 3)), max_size=4
).map(lambda changes: [[side, f"{price}.00", f"{size}.000000"] for side, price, size in changes])


def update(sequence, changes, before=None):
    previous = sequence - 1 if before is None else before
    message = {"type": "l2update", "changes": changes, "sequence": sequence, "prev_sequence": previous, "checksum": 0}
    return Update(message)


def applied(book, message):
    """The levels of a book after an update's message."""
    levels = dict(book)
    for side, price, size in message["changes"]:
        levels[side, price] = size
    return {level: size for level, size in levels.items() if float(size)}


def message_of(each):
    return json.loads(each.text)


def taken(outbox):
    return list(iter(outbox.take, None))


@pytest.fixture
def outbox():
    return Outbox(max_bytes=1000)


@given(st.lists(CHANGES, min_size=1, max_size=6), st.dictionaries(st.just(("buy", "103.00")), st.just("1.000000")))
def test_merged_updates_lead_where_one_after_the_other_leads(changes, book):
    updates = [update(number, each) for number, each in enumerate(changes, 1)]
    merged, one_by_one = updates[0], applied(book, message_of(updates[0]))
    for each in updates[1:]:
        merged, one_by_one = merged.then(each), applied(one_by_one, message_of(each))
    assert applied(book, message_of(merged)) == one_by_one
    told = message_of(merged)
    assert (told["prev_sequence"], told["sequence"]) == (0, len(changes))


@given(CHANGES, CHANGES, CHANGES)
def test_it_does_not_matter_in_which_groups_updates_are_merged(first, second, third):
    a, b, c = update(1, first), update(2, second), update(3, third)
    assert message_of(a.then(b).then(c)) == message_of(a.then(b.then(c)))


@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_a_merged_update_names_each_level_once(changes):
    merged = update(1, changes[0])
    for number, each in enumerate(changes[1:], 2):
        merged = merged.then(update(number, each))
    levels = [(side, price) for side, price, _ in message_of(merged)["changes"]]
    assert len(changes) == 1 or len(levels) == len(set(levels))


def test_updates_that_do_not_follow_each_other_are_never_merged():
    with pytest.raises(AssertionError, match="does not follow"):
        update(1, []).then(update(5, []))


def test_messages_leave_in_the_order_in_which_they_came(outbox):
    outbox.put("first", 0)
    outbox.put_newest(("ticker", "A-CNY"), "second", 0)
    outbox.put("third", 0)
    assert taken(outbox) == ["first", "second", "third"]


def test_of_a_state_the_newest_leaves_in_the_place_of_the_first(outbox):
    outbox.put_newest(("ticker", "A-CNY"), "old", 0)
    outbox.put_newest(("ticker", "B-CNY"), "other", 0)
    outbox.put_newest(("ticker", "A-CNY"), "new", 0)
    assert taken(outbox) == ["new", "other"]


def test_a_state_is_written_when_its_turn_comes(outbox):
    states = ["early"]
    outbox.put_newest(BOOK, lambda: states[-1], 0)
    states.append("late")
    assert taken(outbox) == ["late"]


def test_what_is_put_while_a_state_is_written_waits_behind_it(outbox):
    def rendered():
        outbox.put("behind", 0)
        return "before"

    outbox.put_newest(BOOK, rendered, 0)
    assert taken(outbox) == ["before", "behind"]


def test_a_snapshot_that_waits_takes_in_the_updates_behind_it(outbox):
    outbox.put_newest(BOOK, lambda: "snapshot", 0)
    outbox.put_update(BOOK, update(1, []), lambda: "unused", 0)
    assert taken(outbox) == ["snapshot"]


def test_updates_too_many_for_the_room_become_a_snapshot(outbox):
    for number in range(1, 40):
        outbox.put_update(BOOK, update(number, [["buy", f"{number}.00", "1.000000"]]), lambda: "snapshot", 0)
        assert outbox.bytes <= 1000
    assert taken(outbox) == ["snapshot"]


def test_what_must_be_whole_is_refused_where_there_is_no_room(outbox):
    assert outbox.put("x" * 600, 0)
    assert not outbox.put("x" * 600, 0)
    assert outbox.take() == "x" * 600
    assert outbox.put("x" * 600, 0)


def test_one_message_larger_than_all_room_passes_where_nothing_else_waits(outbox):
    assert outbox.put("x" * 5000, 0)
    assert not outbox.put("y", 0)


def test_age_counts_from_the_oldest_message_that_must_be_whole(outbox):
    outbox.put_newest(("ticker", "A-CNY"), "state", 1)
    assert outbox.age_s(100) == 0
    outbox.put("first", 5)
    outbox.put("second", 7)
    assert outbox.age_s(9) == 4
    taken(outbox)
    assert outbox.age_s(100) == 0


def test_sequences_count_as_sent_once_their_message_is_taken(outbox):
    outbox.put("a", 0, "A-CNY", 7)
    outbox.put("b", 0, "A-CNY", 8)
    outbox.take()
    assert outbox.sent == {"A-CNY": 7}


def test_a_forgotten_state_never_leaves_and_may_come_back(outbox):
    outbox.put_newest(BOOK, "gone", 0)
    outbox.forget(BOOK)
    outbox.put_newest(BOOK, "back", 0)
    assert taken(outbox) == ["back"]
    assert outbox.bytes == 0


def test_a_state_that_came_back_is_still_replaced_by_a_newer_one(outbox):
    outbox.put_newest(BOOK, "gone", 0)
    outbox.forget(BOOK)
    outbox.put("between", 0)
    outbox.put_newest(BOOK, "back", 0)
    assert outbox.take() == "between"
    outbox.put_newest(BOOK, "newer", 0)
    assert taken(outbox) == ["newer"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "newest", "update", "forget", "take"]), st.integers(0, 2), st.integers(1, 400)
        ),
        max_size=60,
    )
)
def test_the_bytes_that_wait_are_counted_and_bounded(turns):
    outbox, sequences = Outbox(max_bytes=1000), [0, 0, 0]
    for kind, product, size in turns:
        key = ("level2" if kind == "update" else "ticker", str(product))
        if kind == "put":
            outbox.put("x" * size, 0)
        elif kind == "newest":
            outbox.put_newest(key, "x" * min(size, 50), 0)
        elif kind == "update":
            sequences[product] += 1
            changes = [["buy", f"{size % 20}.00", "1.000000"]] * (size // 40)
            outbox.put_update(key, update(sequences[product], changes), lambda: "snapshot", 0)
        elif kind == "forget":
            outbox.forget(("level2", str(product)))
        else:
            outbox.take()
        assert 0 <= outbox.bytes <= 1000 + 3 * 50
    taken(outbox)
    assert (outbox.bytes, len(outbox)) == (0, 0)
