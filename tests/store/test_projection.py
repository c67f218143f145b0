import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_venue import INTERVENTIONS, Batch, SmallVenue
from sqlalchemy import func, select

from exchange.ledger.postings import LedgerError
from exchange.store import projection as module
from exchange.store import tables
from exchange.store.database import open_database, sqlite_url
from exchange.store.errors import StoreError
from exchange.store.projection import Projection
from exchange.store.reconcile import reconcile
from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import Phase, SelfTrade, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason


def contents(database):
    """Every table, sorted."""
    with database.connect() as connection:
        return {
            name: sorted(map(tuple, connection.execute(select(table))))
            for name, table in tables.metadata.tables.items()
        }


def agrees(database, venue):
    return reconcile(database, venue.sequence, venue.engine.balances())


@pytest.fixture
def traded():
    venue = SmallVenue().open()
    venue.apply(venue.order(venue.vendor, Side.SELL, 500, 10), venue.order(venue.buyer, Side.BUY, 500, 4))
    venue.apply(venue.order(venue.other, Side.BUY, 490, 3, client_order_id="mine"))
    return venue


def test_the_tables_agree_with_the_engine_after_a_trade(database, traded):
    projection = Projection(database)
    projection.apply(traded.batches)
    assert projection.watermark == traded.sequence
    outcome = agrees(database, traded)
    assert outcome.agrees, outcome
    assert outcome.compared == len(traded.engine.balances())


def test_what_was_applied_is_skipped(database, traded):
    projection = Projection(database)
    assert projection.apply(traded.batches) > 0
    before = contents(database)
    assert projection.apply(traded.batches) == 0
    assert projection.apply([*traded.batches[-2:], *traded.batches[-2:]]) == 0
    assert contents(database) == before


def test_the_same_batch_twice_in_one_call_counts_once(database, traded):
    Projection(database).apply([batch for batch in traded.batches for _ in range(2)])
    assert agrees(database, traded).agrees


def test_a_batch_that_begins_before_the_watermark_is_applied_from_there(database, traded):
    projection = Projection(database)
    projection.apply(traded.batches[:-1])
    events = b"".join(batch.events for batch in traded.batches)
    projection.apply([Batch(events, 1, traded.sequence)])
    assert agrees(database, traded).agrees


def test_a_restart_goes_on_where_the_tables_stand(tmp_path, traded):
    for batch in traded.batches:
        database = open_database(sqlite_url(tmp_path / "restarted.db"))
        Projection(database).apply([batch])
        database.dispose()
    database = open_database(sqlite_url(tmp_path / "restarted.db"))
    assert Projection(database).watermark == traded.sequence
    assert agrees(database, traded).agrees
    database.dispose()


def test_missing_events_are_refused_by_their_sequences(database, traded):
    with pytest.raises(StoreError, match="events of sequences 1 to 1 are missing"):
        Projection(database).apply(traded.batches[1:])


STEPS = ["write_registry", "write_orders", "write_trades", "write_interventions", "write_refusals", "insert_rows"]


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_anywhere_in_the_transaction_writes_nothing_at_all(database, traded, monkeypatch, step):
    projection = Projection(database)
    projection.apply(traded.batches[:-2])
    before, written = contents(database), getattr(module, step)

    def crash(*args):
        written(*args)
        raise RuntimeError("killed")

    monkeypatch.setattr(module, step, crash)
    with pytest.raises(RuntimeError, match="killed"):
        projection.apply(traded.batches[-2:])
    monkeypatch.undo()
    assert contents(database) == before
    projection.apply(traded.batches[-2:])
    assert agrees(database, traded).agrees


def test_a_second_writer_is_told_to_stop(database, traded):
    first, second = Projection(database), Projection(database)
    first.apply(traded.batches)
    before = contents(database)
    with pytest.raises(StoreError, match="another process"):
        second.apply(traded.batches)
    assert contents(database) == before


def test_books_that_would_go_below_zero_stop_the_projection(database, traded):
    projection = Projection(database)
    projection.apply(traded.batches)
    lost = ev.LotDelivered(sequence=traded.sequence + 1, account=traded.other, base=traded.base, lot=1)
    before = contents(database)
    with pytest.raises(LedgerError):
        projection.apply([Batch(lost.encode(), traded.sequence + 1, 1)])
    assert contents(database) == before


def test_deleted_and_replayed_the_tables_come_back_identical(tmp_path, database, traded):
    Projection(database).apply(traded.batches)
    again = open_database(sqlite_url(tmp_path / "again.db"))
    projection = Projection(again)
    for batch in traded.batches:
        projection.apply([batch])
    assert contents(again) == contents(database)
    again.dispose()


def order_row(database, order_id):
    with database.connect() as connection:
        return connection.execute(select(tables.orders).where(tables.orders.c.order_id == order_id)).one()


def test_an_order_follows_its_fills_over_several_batches(database):
    venue, projection = SmallVenue().open(), Projection(database)
    resting = 16 * venue.make(venue.order(venue.vendor, Side.SELL, 500, 10, client_order_id="ask"))
    projection.apply(venue.batches)
    opened = order_row(database, resting)
    assert (opened.lots, opened.leaves_lots, opened.hold, opened.done_ns) == (10, 10, 10, 0)
    for lots, left in ((4, 6), (1, 5)):
        projection.apply([venue.apply(venue.order(venue.buyer, Side.BUY, 500, lots))])
        assert order_row(database, resting).leaves_lots == left
    filled = order_row(database, resting)
    assert (filled.cum_lots, filled.cum_notional_minor, filled.fee_minor, filled.hold) == (5, 25_000, 25, 5)
    projection.apply(
        [venue.apply(c.AmendOrder(account=venue.vendor, order_id=resting, lots=8, new_client_order_id="b"))]
    )
    amended = order_row(database, resting)
    assert (amended.lots, amended.leaves_lots, amended.client_order_id, amended.last_client_order_id) == (
        8,
        3,
        "ask",
        "b",
    )
    projection.apply([venue.apply(venue.order(venue.buyer, Side.BUY, 500, 3))])
    done = order_row(database, resting)
    assert (done.done_reason, done.leaves_lots, done.hold) == (DoneReason.FILLED, 0, 0)
    assert done.done_ns > done.created_ns > 0


def test_orders_end_with_their_reasons(database):
    venue = SmallVenue().open()
    resting = 16 * venue.make(venue.order(venue.vendor, Side.SELL, 500, 10))
    canceled = 16 * venue.make(venue.order(venue.buyer, Side.BUY, 400, 1))
    venue.apply(c.CancelOrder(account=venue.buyer, order_id=canceled))
    remainder = 16 * venue.make(venue.order(venue.buyer, Side.BUY, 500, 12, tif=TimeInForce.IOC))
    Projection(database).apply(venue.batches)
    assert order_row(database, resting).done_reason == DoneReason.FILLED
    assert order_row(database, canceled).done_reason == DoneReason.CANCELED
    taken = order_row(database, remainder)
    assert (taken.done_reason, taken.cum_lots, taken.leaves_lots, taken.hold) == (
        DoneReason.IOC_REMAINDER,
        10,
        2,
        0,
    )


def test_refusals_are_counted_and_nothing_else(database, traded):
    refused = traded.order(traded.buyer, Side.BUY, 500, 10**6)
    for _ in range(2):
        traded.apply(refused, c.CancelOrder(account=traded.buyer, order_id=999))
    Projection(database).apply(traded.batches)
    with database.connect() as connection:
        counts = dict(map(tuple, connection.execute(select(tables.refusals.c.command_kind, tables.refusals.c.refused))))
    assert counts == {c.PlaceOrder.KIND: 2, c.CancelOrder.KIND: 2}
    assert agrees(database, traded).agrees


endings = st.sampled_from(["confirm", "abort", "wait"])
sides = st.sampled_from(Side)
steps = st.one_of(
    st.tuples(st.just("order"), st.integers(0, 2), sides, st.integers(495, 505), st.integers(1, 9)),
    st.tuples(
        st.just("special"),
        st.integers(0, 2),
        st.sampled_from(Side),
        st.integers(495, 505),
        st.integers(1, 9),
        st.sampled_from(["iceberg", "stop", "stop limit", "funds", "at close"]),
    ),
    st.tuples(
        st.just("phase"),
        st.sampled_from(
            [Phase.CLOSING_AUCTION, Phase.VOLATILITY_AUCTION, Phase.HALTED, Phase.CONTINUOUS, Phase.CLOSED]
        ),
    ),
    st.tuples(st.just("cancel"), st.integers(0, 40)),
    st.tuples(st.just("amend"), st.integers(0, 40), st.integers(495, 505), st.integers(1, 9)),
    st.tuples(
        st.just("withdraw"),
        st.integers(0, 2),
        st.integers(1, 10_000),
        st.sampled_from(["confirm", "abort", "wait"]),
    ),
    st.tuples(st.just("offer"), st.integers(0, 2), sides, st.integers(495, 505), st.integers(1, 9)),
    st.tuples(st.just("accept"), st.integers(0, 2), st.integers(0, 40), st.integers(0, 3)),
    st.tuples(st.sampled_from(["deliver", "pool", "deliver graded"]), st.integers(0, 2), st.integers(1, 3)),
    st.tuples(st.just("intervene"), st.sampled_from(INTERVENTIONS), st.integers(0, 8)),
)


def command_of(venue, step, made):
    """The command of a step, on orders and accounts that there are."""
    kind, *rest = step
    accounts = (venue.vendor, venue.buyer, venue.other)
    if kind == "order":
        who, side, price, lots = rest
        mode = SelfTrade(1 + lots % 4)
        return venue.order(accounts[who], side, price, lots, self_trade=mode, tif=TimeInForce.IOC if lots == 9 else 1)
    if kind == "phase":
        return venue.phase(rest[0])
    if kind == "intervene":
        return venue.intervention(*rest)
    if kind == "special":
        return venue.special(accounts[rest[0]], *rest[1:])
    if kind in {"cancel", "amend"}:
        order_id, account = made[rest[0] % len(made)] if made else (16, venue.buyer)
        if kind == "cancel":
            return c.CancelOrder(account=account, order_id=order_id)
        return c.AmendOrder(account=account, order_id=order_id, price_ticks=rest[1], lots=rest[2])
    if kind == "withdraw":
        key = f"w{venue.sequence}"
        return c.BeginWithdrawal(account=accounts[rest[0]], asset=venue.cny, amount=rest[1], key=key)
    if kind == "offer":
        return venue.offer(accounts[rest[0]], *rest[1:], part=rest[3] % 2)
    if kind == "accept":
        offer = made[rest[1] % len(made)][0] if made else 16
        return c.AcceptOffer(account=accounts[rest[0]], offer=offer, lots=rest[2])
    key = f"t{venue.sequence}"
    if kind == "pool":
        return venue.pooling(accounts[rest[0]], rest[1], key)
    base = venue.base if kind == "deliver" else venue.pool
    return c.TakeDelivery(account=accounts[rest[0]], base=base, lots=rest[1], decision=bytes([1]) * 32, key=key)


def run_steps(venue, taken):
    made = []
    for step in taken:
        command = command_of(venue, step, made)
        venue.apply(command)
        if step[0] in {"order", "special", "offer"}:
            made.append((16 * venue.sequence, command.account))
        if step[0] == "withdraw" and step[3] != "wait":
            ending = c.ConfirmTransfer if step[3] == "confirm" else c.AbortTransfer
            venue.apply(ending(transfer=venue.sequence))


@settings(max_examples=25, deadline=None)
@given(st.lists(steps, min_size=5, max_size=40), st.data())
def test_whatever_happens_and_however_it_is_batched_the_tables_agree_with_the_engine(tmp_path_factory, taken, data):
    venue = SmallVenue().open(cash=40_000).open_pool()
    run_steps(venue, taken)
    database = open_database(sqlite_url(tmp_path_factory.mktemp("random") / "projection.db"))
    projection, position = Projection(database), 0
    while position < len(venue.batches):
        size = data.draw(st.integers(1, 30))
        projection.apply(venue.batches[position : position + size])
        position += size
    outcome = agrees(database, venue)
    assert outcome.agrees, outcome
    check_orders_account_for_every_hold(database, venue)
    database.dispose()


def check_orders_account_for_every_hold(database, venue):
    """What open orders and open withdrawals hold is what the books hold."""
    order, transfer = tables.orders.c, tables.transfers.c
    with database.connect() as connection:
        holding = select(func.coalesce(func.sum(order.hold), 0)).where(order.done_ns == 0)
        cash = connection.execute(holding.where(order.side == Side.BUY)).scalar()
        claims = connection.execute(holding.where(order.side == Side.SELL)).scalar()
        begun = (transfer.withdrawal == 1, transfer.state == 1)
        leaving = connection.execute(select(func.coalesce(func.sum(transfer.amount), 0)).where(*begun)).scalar()
        assert connection.execute(select(func.sum(order.hold)).where(order.done_ns != 0)).scalar() in {
            None,
            0,
        }
    held = {venue.cny: 0, venue.base: 0, venue.pool: 0}
    for _, asset, _, amount in venue.engine.balances():
        held[asset] += amount
    assert held == {venue.cny: cash + leaving, venue.base: claims, venue.pool: 0}
