"""Checks for what no scenario says: entitlements, transfers, keys, snapshots, and the ledger beside the machine.

Each sets up a small venue, asserts, and returns nothing.
"""

from random import Random

from small_venue import cash, delivered, delivery, ends, next_day, refusal, restarted, withdrawal

from exchange.ledger.accounts import PARTICIPANT_BUCKETS, Bucket
from exchange.ledger.balances import post
from exchange.ledger.settlement import markets_defined, settle
from exchange.matching.engine import Engine
from exchange.vocabulary import commands as c
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.events import (
    WAITS,
    CommandRefused,
    OrderAccepted,
    OrderDone,
    OrderReplayed,
    Trade,
    TransferBegun,
)
from exchange.vocabulary.instruments import OrderType, Phase, SelfTrade, Side, TimeInForce
from exchange.vocabulary.participants import Role, Scope
from exchange.vocabulary.reasons import Reason
from simulations.sandbox import Sandbox, Terms, digest

BUY, SELL = Side.BUY, Side.SELL


def a_position_limit_counts_held_open_and_delivered_lots() -> None:
    box = Sandbox(Terms(lots=50))
    ann = box.trader(claims=4)
    box.must(delivery(box, ann, 1, "one"))
    box.entitle(ann, position_limit_lots=10)
    assert not refusal(box, box.order(ann, BUY, 5, 3))
    assert refusal(box, box.order(ann, BUY, 5, 4)) == "QUOTA_EXCEEDED"
    bid = box.must(box.order(ann, BUY, 5, 2)) * 16
    assert refusal(box, c.AmendOrder(account=ann, order_id=bid, lots=4)) == "QUOTA_EXCEEDED"
    assert not refusal(box, c.AmendOrder(account=ann, order_id=bid, lots=3))
    again = Engine.restore(box.engine.snapshot())
    answers = EVENTS.decode_all(again.apply(box.stamped([box.order(ann, BUY, 5, 1)])))
    assert [each.reason for each in answers if isinstance(each, CommandRefused)] == [Reason.QUOTA_EXCEEDED]


def funds_stop_at_the_position_limit() -> None:
    box = Sandbox()
    ann = box.trader()
    box.entitle(ann, position_limit_lots=7)
    box.must(box.order(box.issuer, SELL, 100, 20))
    box.must(box.order(ann, BUY, 0, 0, TimeInForce.IOC, type=OrderType.MARKET, funds_minor=10_000))
    assert (ann, box.base, 7, 0) in box.engine.balances()


def holders_are_capped_and_who_had_its_lots_delivered_is_one() -> None:
    box = Sandbox(Terms(lots=50, max_holders=2))
    ann, bob = box.trader(claims=1), box.trader()
    assert refusal(box, box.order(bob, BUY, 5, 1)) == "TOO_MANY_HOLDERS"
    box.must(delivery(box, ann, 1, "all"))
    assert refusal(box, box.order(bob, BUY, 5, 1)) == "TOO_MANY_HOLDERS"
    assert not refusal(box, box.order(ann, BUY, 5, 1))


def opposite_trades_keep_their_least_days_apart() -> None:
    box = Sandbox()
    ann = box.trader()
    box.entitle(ann, min_days=2)
    next_day(box, 100)
    assert not refusal(box, box.order(ann, BUY, 5, 1))
    assert refusal(box, box.order(ann, SELL, 6, 1)) == "TOO_EARLY", "with an order on the other side"
    box.must(box.order(box.issuer, SELL, 5, 1))
    next_day(box, 101)
    assert refusal(box, box.order(ann, SELL, 6, 1)) == "TOO_EARLY"
    restored = restarted(box)
    assert refusal(restored, box.order(ann, SELL, 6, 1)) == "TOO_EARLY", "after a restart"
    next_day(box, 102)
    assert not refusal(box, box.order(ann, SELL, 6, 1))


def what_an_entitlement_covered_ends_with_it() -> None:
    box = Sandbox()
    ann, bob = box.trader(), box.trader()
    box.must(box.order(ann, BUY, 5, 1))
    revoke = c.RevokeEntitlement(account=ann, instrument=box.instrument, side=BUY, decision=digest("recall"))
    assert ends(box, revoke) == ["ENTITLEMENT_REVOKED"]
    assert refusal(box, box.order(ann, BUY, 5, 1)) == "NOT_ENTITLED"
    box.entitle(bob, expires_at_ns=box.now_ns + 10**9)
    box.must(box.order(bob, BUY, 5, 1))
    restored = restarted(box)
    for each in (box, restored):
        each.now_ns += 2 * 10**9
        assert ends(each, c.Clock()) == ["ENTITLEMENT_EXPIRED"]
        assert refusal(each, box.order(bob, BUY, 5, 1)) == "ENTITLEMENT_EXPIRED"


def a_blocked_account_has_no_orders_and_places_none() -> None:
    box = Sandbox()
    ann = box.trader()
    box.must(box.order(ann, BUY, 5, 1))
    assert ends(box, c.BlockAccount(account=ann, evidence=digest("why"))) == ["ACCOUNT_BLOCKED"]
    assert refusal(box, box.order(ann, BUY, 5, 1)) == "ACCOUNT_BLOCKED"


def a_client_order_id_names_one_request() -> None:
    box = Sandbox()
    ann = box.trader()
    first = {"client_order_id": "id", "fingerprint": bytes([1] * 16)}
    box.must(box.order(ann, BUY, 5, 1, **first))
    restored = restarted(box)
    for each in (box, restored):
        (answer,) = each.apply(box.order(ann, BUY, 5, 1, **first))
        assert isinstance(answer, OrderReplayed) and not answer.product_sequence, "told to its owner alone"
        other = first | {"fingerprint": bytes([2] * 16)}
        assert refusal(each, box.order(ann, BUY, 5, 2, **other)) == "DUPLICATE_CLIENT_ORDER_ID"
    assert len(ends(box, c.MassCancel(account=ann))) == 1


def a_withdrawal_is_held_until_it_is_confirmed_or_aborted() -> None:
    box = Sandbox()
    ann = box.trader(1_000)
    box.must(box.order(ann, BUY, 100, 5))  # Holds 500; the fee of 0.5 is rounded to the even.
    assert refusal(box, withdrawal(box, ann, 501, "much")) == "INSUFFICIENT_FUNDS"
    first, second = box.must(withdrawal(box, ann, 300, "one")), box.must(withdrawal(box, ann, 200, "two"))
    assert cash(box, ann) == (1_000, 1_000)
    box.must(c.ConfirmTransfer(transfer=first))
    assert refusal(box, c.ConfirmTransfer(transfer=first)) == "BAD_STATE"
    box.must(c.AbortTransfer(transfer=second))
    assert refusal(box, c.ConfirmTransfer(transfer=second)) == "BAD_STATE"
    assert cash(box, ann) == (700, 500)


def a_transfers_key_names_one_request() -> None:
    box = Sandbox()
    ann = box.trader(1_000)
    first = box.must(withdrawal(box, ann, 300, "key"))
    restored = restarted(box)
    for each in (box, restored):
        (answer,) = each.apply(withdrawal(box, ann, 300, "key"))
        assert isinstance(answer, TransferBegun) and answer.transfer == first
        assert refusal(each, withdrawal(box, ann, 301, "key")) == "DUPLICATE_TRANSFER_KEY"
        assert cash(each, ann) == (1_000, 300)


def a_deliverys_key_names_one_request() -> None:
    box = Sandbox(Terms(lots=50))
    ann = box.trader(claims=4)
    first, second = (delivered(box, delivery(box, ann, 2, "key")) for _ in range(2))
    assert first == second == [(box.base, 0), (box.base, 1)]
    assert (ann, box.base, 2, 0) in box.engine.balances()


def only_an_operators_living_key_with_the_scope_manages() -> None:
    box = Sandbox()
    operator = c.RegisterUser(participant=box.participant(), roles=int(Role.OPERATOR), person=digest("person")[:16])
    user = box.must(operator)
    named = {"user": user, "fingerprint": digest("key"), "expires_at_ns": box.now_ns + 10**9}
    manages, trades = (box.must(c.RegisterKey(scopes=int(scope), **named)) for scope in (Scope.MANAGE, Scope.TRADE))
    second = box.must(c.RegisterKey(scopes=int(Scope.MANAGE), **named))
    box.must(c.RevokeKey(key=second))

    def asked(actor: int) -> str:
        return refusal(box, c.SetReferencePrice(instrument=box.instrument, price_ticks=100, actor=actor))

    assert [asked(actor) for actor in (user, manages, trades, second)] == ["", "", "NOT_PERMITTED", "NOT_PERMITTED"]
    box.now_ns += 2 * 10**9
    assert asked(manages) == "NOT_PERMITTED", "after its time"


def what_a_snapshot_brings_back_goes_on_alike() -> None:
    """A market with something of everything: restored after each command, it answers the rest as the machine does."""
    box, batches = market_of_everything()
    snapshots, answers = [], []
    for batch in batches:
        snapshots.append(box.engine.snapshot())
        answers.append(box.engine.apply(batch))
    for done, snapshot in enumerate(snapshots):
        restored = Engine.restore(snapshot)
        restored.check_invariants()
        assert restored.apply(b"".join(batches[done:])) == b"".join(answers[done:])
        assert restored.state_hash() == box.engine.state_hash()


def random_trading_keeps_the_invariants_and_the_ledger_agrees() -> None:
    box = Sandbox(Terms(lots=5_000, copies=2, static_band_ppm=80_000, maker_ppm=700))
    traders = [box.trader(10**7, claims=200) for _ in range(3)]
    rng = Random(20_260_101)
    for _ in range(400):
        box.apply(any_command(box, rng, rng.choice(traders)))
        box.engine.check_invariants()
    agree(box)
    public = [each for each in EVENTS.decode_all(bytes(box.setup_events)) if getattr(each, "product_sequence", 0)]
    assert [each.product_sequence for each in public] == list(range(1, len(public) + 1)), "public events are numbered"
    waiting = [each for each in public if isinstance(each, OrderAccepted | OrderDone) and each.flags & WAITS]
    assert not waiting, "what waits unseen is told to nobody"
    trades = [each.trade_id for each in public if isinstance(each, Trade)]
    assert trades == list(range(1, len(trades) + 1))


def agree(box: Sandbox) -> None:
    """The postings of all events lead to the machine's balances, and to fees where it has the venue's."""
    written = bytes(box.setup_events)
    posted = post(settle(written, markets_defined(written), [box.sequence]), {}).changes
    owned: dict[tuple[int, int], list[int]] = {}
    for key, amount in posted.items():
        if key.bucket in PARTICIPANT_BUCKETS | {Bucket.FEES}:
            total_and_held = owned.setdefault((key.account, key.asset), [0, 0])
            total_and_held[0] += amount
            total_and_held[1] += amount if key.bucket == Bucket.HELD else 0
    ledger = sorted((*key, *amounts) for key, amounts in owned.items() if any(amounts))
    assert ledger == box.engine.balances()
    assert not sum(posted.values()), "the trial balance does not balance"


def any_command(box: Sandbox, rng: Random, account: int) -> c.Command:
    """Mostly orders, and now and then what else an account or an operator may ask for."""
    side, price, lots = rng.choice(list(Side)), rng.randint(95, 105), rng.randint(1, 20)
    earlier = max(box.sequence - rng.randint(0, 9), 0)
    phases = [*[Phase.CONTINUOUS] * 4, Phase.OPENING_AUCTION, Phase.VOLATILITY_AUCTION, Phase.HALTED]
    if rng.random() < 0.6:
        return any_order(box, rng, account)
    made = (
        c.CancelOrder(account=account, order_id=earlier * 16),
        c.AmendOrder(account=account, order_id=earlier * 16, price_ticks=price, lots=lots),
        c.MassCancel(account=account, side=side),
        c.SetPhase(instrument=box.instrument, phase=rng.choice(phases)),
        withdrawal(box, account, rng.randint(1, 10**5), f"key {box.sequence}"),
        c.AbortTransfer(transfer=earlier),
        c.ConfirmTransfer(transfer=earlier),
        delivery(box, account, rng.randint(1, 3), f"key {box.sequence}"),
    )
    return rng.choice(made)


def any_order(box: Sandbox, rng: Random, account: int) -> c.Command:
    side, price, lots = rng.choice(list(Side)), rng.randint(95, 105), rng.randint(1, 20)
    market, stop = {"type": OrderType.MARKET}, {"type": OrderType.STOP_LIMIT, "stop_price_ticks": rng.randint(95, 105)}
    made = (
        box.order(account, side, price, lots),
        box.order(account, side, price, lots, self_trade=rng.choice(list(SelfTrade))),
        box.order(account, side, price, lots, rng.choice([TimeInForce.IOC, TimeInForce.FOK])),
        box.order(account, side, price, lots, display_lots=rng.randint(1, lots)),
        box.order(account, side, price, lots, **stop),
        box.order(account, side, 0, lots, TimeInForce.IOC, **market),
        box.order(account, BUY, 0, 0, TimeInForce.IOC, funds_minor=rng.randint(1, 3_000), **market),
    )
    return rng.choice(made)


def market_of_everything() -> tuple[Sandbox, list[bytes]]:
    """A venue, and stamped commands that leave orders of every kind, partly filled, waiting, expiring, in a call."""
    box = Sandbox(Terms(lots=5_000, static_band_ppm=100_000))
    ann, bob = box.trader(claims=100), box.trader(claims=100)
    day_ns, asked = 24 * 3_600 * 10**9, {"client_order_id": "id", "fingerprint": bytes([1] * 16)}
    close, market = TimeInForce.AT_CLOSE, {"type": OrderType.MARKET}
    steps = [
        c.SetReferencePrice(instrument=box.instrument, price_ticks=600),
        box.order(bob, BUY, 600, 7, TimeInForce.GTD, expire_at_ns=box.now_ns + day_ns, **asked),
        box.order(bob, BUY, 600, 7),
        box.order(ann, SELL, 600, 3),
        box.order(ann, SELL, 601, 9, display_lots=2),
        box.order(ann, SELL, 601, 2),
        box.order(bob, BUY, 601, 1),
        box.order(ann, SELL, 602, 3, close),
        box.order(bob, BUY, 0, 3, close, **market),
        box.order(ann, SELL, 590, 1, type=OrderType.STOP_LIMIT, stop_price_ticks=599),
        c.SetPhase(instrument=box.instrument, phase=Phase.VOLATILITY_AUCTION, ends_at_ns=box.now_ns + 2 * day_ns),
        box.order(ann, SELL, 599, 14),
        box.order(bob, BUY, 0, 2, TimeInForce.IOC, **market),
        c.SetPhase(instrument=box.instrument, phase=Phase.CLOSING_AUCTION, ends_at_ns=box.now_ns + 2 * day_ns),
        box.order(ann, SELL, 599, 5),
        c.Clock(),
        c.SetPhase(instrument=box.instrument, phase=Phase.PRE_OPEN),
        c.SetPhase(instrument=box.instrument, phase=Phase.CONTINUOUS),
    ]
    stamped = []
    for step in steps:
        box.now_ns += 3 * day_ns if isinstance(step, c.Clock) else 0
        stamped.append(box.stamped([step]))
    return box, stamped


CHECKS = (
    a_position_limit_counts_held_open_and_delivered_lots,
    funds_stop_at_the_position_limit,
    holders_are_capped_and_who_had_its_lots_delivered_is_one,
    opposite_trades_keep_their_least_days_apart,
    what_an_entitlement_covered_ends_with_it,
    a_blocked_account_has_no_orders_and_places_none,
    a_client_order_id_names_one_request,
    a_withdrawal_is_held_until_it_is_confirmed_or_aborted,
    a_transfers_key_names_one_request,
    a_deliverys_key_names_one_request,
    only_an_operators_living_key_with_the_scope_manages,
    what_a_snapshot_brings_back_goes_on_alike,
    random_trading_keeps_the_invariants_and_the_ledger_agrees,
)
