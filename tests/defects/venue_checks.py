"""More checks: guards, offers, corrections, proposals, the kill switch, dry runs and pools."""

from small_venue import cash, delivered, delivery, ends, refusal, restarted

from exchange.vocabulary import commands as c
from exchange.vocabulary.events import OrderChecked, OrderTriggered, Proposed, Trade
from exchange.vocabulary.instruments import Cause, OrderFlag, OrderType, Phase, Side, TimeInForce
from exchange.vocabulary.offering import packed_accounts
from exchange.vocabulary.participants import Role
from simulations.sandbox import Sandbox, Terms, digest

BUY, SELL = Side.BUY, Side.SELL
SECOND_NS, DAY_NS = 10**9, 24 * 3_600 * 10**9


def a_dead_man_timer_ends_orders_once_it_is_due() -> None:
    box = Sandbox()
    ann, bob = box.trader(), box.trader()
    for account in (ann, bob):
        box.must(box.order(account, BUY, 5, 1))
    for after_ns in (SECOND_NS, 3 * SECOND_NS):
        box.must(c.SetDeadMan(account=ann, fires_at_ns=box.now_ns + after_ns))
    for each in (restarted(box), box):
        each.now_ns += 2 * SECOND_NS
        assert ends(each, c.Clock()) == [], "set again, it moves"
        each.now_ns += 2 * SECOND_NS
        assert ends(each, c.Clock()) == ["DEAD_MAN"]


def a_broken_connection_ends_orders_where_it_was_guarded() -> None:
    box = Sandbox()
    ann, bob = box.trader(), box.trader()
    for account in (ann, bob):
        box.must(box.order(account, BUY, 5, 1))
    guard = box.must(c.ArmDisconnect(account=ann))
    for each in (restarted(box), box):
        assert refusal(each, c.Disconnect(account=bob, guard=guard)) == "UNKNOWN_GUARD"
        assert refusal(each, c.Disconnect(account=ann, guard=guard, actor=999)) == "NOT_PERMITTED"
        assert ends(each, c.Disconnect(account=ann, guard=guard)) == ["DISCONNECTED"]
        assert refusal(each, c.Disconnect(account=ann, guard=guard)) == "UNKNOWN_GUARD"


def an_offer_is_for_whom_it_names_and_trades_as_it_says() -> None:
    box = Sandbox(Terms(negotiated_ppm=400))
    family = box.participant()
    ann, bob, carol = box.trader(10_000, 20, family), box.trader(20_000), box.trader()
    sister = box.trader(participant=box.participant(owner=family))
    box.must(box.order(box.issuer, SELL, 7, 1))
    box.must(box.order(carol, BUY, 7, 1))
    told = packed_accounts([bob, sister])
    whole = box.must(c.MakeOffer(account=ann, instrument=box.instrument, side=SELL, price_ticks=500, lots=10, to=told))
    for each in (restarted(box), box):
        assert refusal(each, accept(carol, whole)) == "UNKNOWN_OFFER"
        assert refusal(each, accept(sister, whole)) == "SELF_TRADE"
        assert refusal(each, accept(bob, whole, lots=9)) == "BAD_SIZE"
        assert refusal(each, accept(bob, whole)) == ""
        assert cash(each, bob) == (20_000 - 5_000 - 2, 0), "the negotiated fee is 400 ppm"
    assert refusal(box, accept(bob, whole)) == "TOO_LATE"
    stop = box.order(carol, BUY, 9, 1, type=OrderType.STOP_LIMIT, stop_price_ticks=400)
    triggered = [each for each in box.apply(stop) if isinstance(each, OrderTriggered)]
    assert not triggered, "7 is still the last price"


def a_corrected_trade_moves_back_what_is_free_and_once() -> None:
    box, trade = traded()
    parties = {"payer": trade.account, "payee": trade.maker_account}
    adjusted = c.AdjustTrade(instrument=box.instrument, trade_id=1, amount=100, reason=Cause.TECHNICAL, **parties)
    bust = c.BustTrade(instrument=box.instrument, trade_id=trade.trade_id, reason=Cause.TECHNICAL)
    box.must(adjusted)
    assert cash(box, trade.account) == (10_000 - 5_000 - 5 - 100, 0)
    sale = box.must(box.order(trade.account, SELL, 600, 10)) * 16
    assert refusal(box, bust) == "BUST_IMPOSSIBLE", "the claims are held"
    box.must(c.CancelOrder(account=trade.account, order_id=sale))
    again = restarted(box)
    for each in (again, box):
        each.must(bust)
        each.engine.check_invariants()
        assert cash(each, trade.account) == (9_900, 0)
        assert refusal(each, bust) == "BAD_STATE"


def a_trade_is_corrected_within_seven_days() -> None:
    box, trade = traded()
    bust = c.BustTrade(instrument=box.instrument, trade_id=trade.trade_id, reason=Cause.TECHNICAL)
    for after_ns, told in ((7 * DAY_NS - SECOND_NS, ""), (7 * DAY_NS + SECOND_NS, "UNKNOWN_TRADE")):
        later = restarted(box)
        later.now_ns += after_ns
        assert refusal(later, bust) == told


def what_is_dangerous_takes_two_users() -> None:
    box, trade = traded()
    first, second = (operator(box) for _ in range(2))
    bust = c.BustTrade(instrument=box.instrument, trade_id=trade.trade_id, reason=Cause.TECHNICAL, actor=first)
    (answer,) = box.apply(bust)
    assert isinstance(answer, Proposed)
    proposal = answer.proposal
    assert cash(box, trade.account) == (4_995, 0), "nothing has happened yet"
    for each in (restarted(box), box):
        assert refusal(each, c.Approve(proposal=proposal, actor=first)) == "SAME_USER"
        assert refusal(each, c.Approve(proposal=proposal, actor=second)) == ""
        assert cash(each, trade.account) == (10_000, 0)
        assert refusal(each, c.Approve(proposal=proposal, actor=second)) == "UNKNOWN_PROPOSAL"


def what_is_killed_has_no_orders_and_takes_none() -> None:
    box = Sandbox()
    participant = box.participant()
    ann, bob = box.trader(participant=participant), box.trader()
    for account in (ann, bob):
        box.must(box.order(account, BUY, 5, 1))
    assert ends(box, c.Kill(participant=participant, reason=Cause.RISK)) == ["KILLED"]
    assert refusal(restarted(box), box.order(ann, BUY, 5, 1)) == "ACCOUNT_BLOCKED"
    assert refusal(box, box.order(ann, BUY, 5, 1)) == "ACCOUNT_BLOCKED"
    box.must(c.BlockAccount(account=ann, reason=Cause.CONDUCT))
    box.must(c.Unkill(participant=participant, reason=Cause.RISK))
    assert refusal(box, box.order(ann, BUY, 5, 1)) == "ACCOUNT_BLOCKED", "an operator blocked it besides"
    box.must(c.UnblockAccount(account=ann, reason=Cause.CONDUCT))
    assert refusal(box, box.order(ann, BUY, 5, 1)) == ""
    assert ends(box, c.Kill(instrument=box.instrument, reason=Cause.RISK)) == ["KILLED", "KILLED"]
    assert refusal(box, box.order(ann, BUY, 5, 1)) == "INSTRUMENT_HALTED"
    assert refusal(box, c.SetPhase(instrument=box.instrument, phase=Phase.CONTINUOUS)) == "KILLED", (
        "a killed instrument stays halted"
    )


def a_dry_run_tells_what_would_trade_and_changes_nothing() -> None:
    box = Sandbox()
    ann, bob = box.trader(claims=20), box.trader()
    box.must(box.order(ann, SELL, 100, 5, display_lots=1))
    before = box.engine.state_hash()
    (answer,) = box.apply(box.order(bob, BUY, 100, 8, flags=int(OrderFlag.DRY_RUN)))
    assert isinstance(answer, OrderChecked)
    assert (answer.trades_lots, answer.hold) == (5, 801)
    assert box.engine.state_hash() == before
    assert (
        refusal(box, box.order(bob, BUY, 100, 6, TimeInForce.FOK, flags=int(OrderFlag.DRY_RUN))) == "FOK_NOT_FILLABLE"
    )


def a_pool_delivers_the_oldest_base_first() -> None:
    box = Sandbox(Terms(lots=50))
    ann = box.trader(claims=4)
    other = box.must(another_base(ann))
    box.must(c.Issue(base=other))
    pool = box.must(c.DefinePool(lot_rtu=1_000_000, code="POOL", listing=digest("listing"), decision=digest("d")))
    box.must(pooling(ann, other, pool, 1, "one"))
    box.must(pooling(ann, box.base, pool, 2, "two"))
    box.must(box.order(ann, SELL, 100, 2))
    assert refusal(box, pooling(ann, box.base, pool, 1, "held")) == "INSUFFICIENT_CLAIMS"
    assert refusal(box, pooling(ann, box.base, pool, 2, "two")) == ""
    assert (ann, pool, 3, 0) in box.engine.balances(), "a repeat pools nothing more"
    for each in (restarted(box), box):
        assert delivered(each, delivery(each, ann, 2, "key", pool)) == [(other, 0), (box.base, 0)]


def accept(account: int, offer: int, lots: int = 0) -> c.AcceptOffer:
    return c.AcceptOffer(account=account, offer=offer * 16, lots=lots)


def traded() -> tuple[Sandbox, Trade]:
    """A venue in which somebody with 10,000 has bought 10 lots at 500 from the issuer."""
    box = Sandbox()
    buyer = box.trader(10_000)
    box.must(box.order(box.issuer, SELL, 500, 10))
    (trade,) = (each for each in box.apply(box.order(buyer, BUY, 500, 10)) if isinstance(each, Trade))
    return box, trade


def operator(box: Sandbox) -> int:
    person = digest("person")[:16]
    return box.must(c.RegisterUser(participant=box.participant(), roles=int(Role.OPERATOR), person=person))


def another_base(issuer: int) -> c.DefineBase:
    digests = {name: digest(name) for name in ("listing", "certificate", "decision")}
    return c.DefineBase(account=issuer, lots=5, copies=1, lot_rtu=1_000_000, code="OTHER", **digests)


def pooling(account: int, base: int, pool: int, lots: int, key: str) -> c.PoolClaims:
    return c.PoolClaims(account=account, base=base, pool=pool, lots=lots, decision=digest("pool"), key=key)


CHECKS = (
    a_dead_man_timer_ends_orders_once_it_is_due,
    a_broken_connection_ends_orders_where_it_was_guarded,
    an_offer_is_for_whom_it_names_and_trades_as_it_says,
    a_corrected_trade_moves_back_what_is_free_and_once,
    a_trade_is_corrected_within_seven_days,
    what_is_dangerous_takes_two_users,
    what_is_killed_has_no_orders_and_takes_none,
    a_dry_run_tells_what_would_trade_and_changes_nothing,
    a_pool_delivers_the_oldest_base_first,
)
