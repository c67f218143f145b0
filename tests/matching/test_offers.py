"""Negotiated trades (rule 21)."""

import pytest
from venue import IOC, Venue, kinds, refusal, trades

from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.events import REPLAYED, WAITS, OfferTerms, OrderAccepted, OrderDone, Trade
from exchange.vocabulary.instruments import Cause, MatchType, Mode, OrderType, Phase, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.rows import InstrumentRow, OfferRow
from exchange.vocabulary.units import NS_PER_SECOND
from simulations.sandbox import Terms, digest

BUY, SELL = Side.BUY, Side.SELL
SAME, OTHER = b"s" * 16, b"o" * 16


def made(venue, account, side, price, lots, to=(), **more) -> int:
    """The id of an offer that must be taken."""
    assert not refusal(venue.offer(account, side, price, lots, to, **more))
    return venue.last_order


def last_price(venue) -> int:
    return venue.rows(InstrumentRow)[0].last_price_ticks


def ended(answers) -> list[tuple[int, str]]:
    return [(each.order_id, DoneReason(each.reason).name) for each in answers if isinstance(each, OrderDone)]


def test_an_offer_waits_outside_the_book_and_tells_its_terms(venue):
    answers = venue.offer(venue.ann, SELL, 100, 10, to=(venue.bob,), part=1)
    accepted, terms = answers
    assert isinstance(accepted, OrderAccepted)
    assert (accepted.type, accepted.tif, accepted.flags) == (OrderType.OFFER, TimeInForce.GTC, WAITS)
    assert (accepted.product_sequence, accepted.place, accepted.hold_change) == (0, 0, 10)
    assert isinstance(terms, OfferTerms)
    assert (terms.offer, terms.part, terms.to[:8]) == (accepted.order_id, 1, venue.bob.to_bytes(8, "little"))
    assert venue.book() == {"bids": [], "asks": []}


def test_an_offer_holds_what_an_order_does_at_the_negotiated_fee(venue):
    made(venue, venue.ann, SELL, 100, 10)
    made(venue, venue.bob, BUY, 1_000, 10)
    assert venue.balance(venue.ann, venue.base) == (1_000, 10)
    assert venue.balance(venue.bob)[1] == 10_000 + 5


@pytest.mark.parametrize("side", [BUY, SELL])
def test_an_acceptance_settles_at_once_at_the_negotiated_fee_for_both(venue, side):
    buyer, seller = (venue.ann, venue.bob) if side == BUY else (venue.bob, venue.ann)
    cash = {each: venue.balance(each)[0] for each in (buyer, seller, 0)}
    offer = made(venue, venue.ann, side, 1_000, 10)
    answers = venue.accept(venue.bob, offer)
    assert kinds(answers) == ["OrderAccepted", "Trade"]
    trade = answers[1]
    assert (trade.match_type, trade.maker_order_id, trade.taker_order_id) == (
        MatchType.NEGOTIATED,
        offer,
        venue.last_order,
    )
    assert (trade.maker_fee_minor, trade.taker_fee_minor, trade.maker_leaves_lots) == (5, 5, 0)
    assert venue.balance(buyer) == (cash[buyer] - 10_005, 0)
    assert venue.balance(seller) == (cash[seller] + 9_995, 0)
    assert venue.balance(0)[0] == cash[0] + 10
    assert venue.balance(buyer, venue.base) == (1_010, 0)
    assert venue.balance(seller, venue.base) == (990, 0)


def test_a_negotiated_trade_moves_no_last_price_and_triggers_no_stop(venue):
    venue.sell(venue.ann, 100, 1)
    venue.buy(venue.bob, 100, 1)
    venue.buy(venue.bob, 0, 1, type=OrderType.STOP, stop_price_ticks=150)
    venue.sell(venue.ann, 150, 1)
    assert kinds(venue.accept(venue.bob, made(venue, venue.ann, SELL, 200, 5))) == ["OrderAccepted", "Trade"]
    assert last_price(venue) == 100


def test_a_negotiated_trade_moves_no_dynamic_band():
    venue = Venue(terms=Terms(dynamic_band_ppm=500_000))
    venue.accept(venue.bob, made(venue, venue.ann, SELL, 200, 5))
    venue.sell(venue.ann, 1, 1)
    assert trades(venue.buy(venue.bob, 1, 1)) == [(venue.last_order - 16, 1, 1)]
    venue.sell(venue.ann, 200, 1)
    assert "PhaseSet" in kinds(venue.buy(venue.bob, 200, 1))


def test_an_offer_beyond_the_static_band_is_taken():
    venue = Venue(terms=Terms(static_band_ppm=10_000))
    venue.must(commands.SetReferencePrice(instrument=venue.instrument, price_ticks=100))
    assert refusal(venue.sell(venue.ann, 200, 1)) == "PRICE_OUTSIDE_BAND"
    assert not refusal(venue.accept(venue.bob, made(venue, venue.ann, SELL, 200, 1)))


def test_a_negotiated_trade_has_the_next_trade_id_and_product_sequence(venue):
    before = venue.rows(InstrumentRow)[0]
    ids, sequence = before.last_trade_id, before.product_sequence
    offer = made(venue, venue.ann, SELL, 100, 5)
    (trade,) = [each for each in venue.accept(venue.bob, offer) if isinstance(each, Trade)]
    assert (trade.trade_id, trade.product_sequence) == (ids + 1, sequence + 1)


def test_several_take_part_of_one_offer_and_the_last_takes_what_is_left(venue):
    carl = venue.trader()
    offer = made(venue, venue.ann, SELL, 333, 10, part=1)
    assert trades(venue.accept(venue.bob, offer, 3)) == [(offer, 333, 3)]
    assert venue.balance(venue.ann, venue.base) == (997, 7)
    assert refusal(venue.accept(carl, offer, 8)) == "BAD_SIZE"
    assert trades(venue.accept(carl, offer)) == [(offer, 333, 7)]
    assert refusal(venue.accept(carl, offer)) == "TOO_LATE"


def test_fees_of_parts_cost_what_one_acceptance_does(venue):
    cash = venue.balance(venue.ann)[0]
    offer = made(venue, venue.ann, BUY, 333, 10, part=1)
    assert venue.balance(venue.ann) == (cash, 3_330 + 2)
    for _ in range(10):
        venue.accept(venue.bob, offer, 1)
    assert venue.balance(venue.ann) == (cash - 3_330 - 2, 0)


def test_an_offer_without_parts_is_taken_whole_or_not_at_all(venue):
    offer = made(venue, venue.ann, SELL, 100, 10)
    assert refusal(venue.accept(venue.bob, offer, 9)) == "BAD_SIZE"
    assert trades(venue.accept(venue.bob, offer, 10)) == [(offer, 100, 10)]


@pytest.mark.parametrize("command", [commands.AcceptOffer, commands.WithdrawOffer])
def test_a_private_offer_does_not_exist_for_those_not_named(venue, command):
    carl = venue.trader()
    offer = made(venue, venue.ann, SELL, 100, 10, to=(carl,))
    unseen = venue.does(command(account=venue.bob, offer=offer))[0]
    unmade = venue.does(command(account=venue.bob, offer=999_999))[0]
    assert refusal([unseen]) == refusal([unmade]) == "UNKNOWN_OFFER"
    assert (unseen.instrument, unseen.decision) == (unmade.instrument, unmade.decision)
    assert not refusal(venue.accept(carl, offer))


def test_eight_accounts_may_be_named_and_each_once(venue):
    named = tuple(venue.trader() for _ in range(7))
    offer = made(venue, venue.ann, SELL, 100, 8, to=(venue.bob, *named), part=1)
    for account in (venue.bob, *named):
        assert not refusal(venue.accept(account, offer, 1))
    made(venue, venue.ann, SELL, 100, 8, to=(venue.bob, venue.bob))
    assert venue.rows(OfferRow)[1].to == venue.bob.to_bytes(8, "little") + bytes(56)


def test_nobody_accepts_an_offer_of_the_same_owner(venue):
    owner = venue.participant()
    first, second = (venue.trader(claims=5, participant=venue.participant(owner=owner)) for _ in range(2))
    offer = made(venue, first, SELL, 100, 5)
    assert refusal(venue.accept(second, offer)) == "SELF_TRADE"
    assert refusal(venue.accept(first, offer)) == "SELF_TRADE"


def test_withdrawing_releases_the_hold_and_is_the_owners_alone(venue):
    offer = made(venue, venue.ann, SELL, 100, 10, part=1)
    venue.accept(venue.bob, offer, 4)
    assert refusal(venue.withdraw(venue.bob, offer)) == "NOT_OWNER"
    assert ended(venue.withdraw(venue.ann, offer)) == [(offer, "CANCELED")]
    assert venue.balance(venue.ann, venue.base) == (996, 0)
    assert refusal(venue.withdraw(venue.ann, offer)) == "TOO_LATE"
    assert refusal(venue.accept(venue.bob, offer)) == "TOO_LATE"


def test_an_offer_is_withdrawn_by_its_client_order_id(venue):
    offer = made(venue, venue.ann, SELL, 100, 10, client_order_id="mine")
    assert refusal(venue.withdraw(venue.bob, client_order_id="mine")) == "UNKNOWN_OFFER"
    assert ended(venue.withdraw(venue.ann, client_order_id="mine")) == [(offer, "CANCELED")]


def test_an_order_is_no_offer(venue):
    venue.sell(venue.ann, 100, 5, client_order_id="order")
    order = venue.last_order
    assert refusal(venue.accept(venue.bob, order)) == "UNKNOWN_OFFER"
    assert refusal(venue.withdraw(venue.ann, order)) == "UNKNOWN_OFFER"
    assert refusal(venue.withdraw(venue.ann, client_order_id="order")) == "UNKNOWN_OFFER"


def test_an_offer_is_not_cancelled_or_amended_as_an_order(venue):
    offer = made(venue, venue.ann, SELL, 100, 5, client_order_id="mine")
    assert refusal(venue.cancel(venue.ann, offer)) == "UNKNOWN_ORDER"
    assert refusal(venue.amend(venue.ann, offer, lots=4)) == "UNKNOWN_ORDER"
    by_name = commands.CancelOrder(account=venue.ann, client_order_id="mine")
    assert refusal(venue.does(by_name)) == "UNKNOWN_ORDER"


def test_an_offer_expires_before_the_first_command_after_its_time(venue):
    until = venue.now_ns + NS_PER_SECOND
    offer = made(venue, venue.ann, SELL, 100, 5, expire_at_ns=until)
    assert venue.answers[0].tif == TimeInForce.GTD
    venue.now_ns = until - 1_000
    assert kinds(venue.does(commands.Clock())) == ["ClockTicked"]
    assert refusal(venue.accept(venue.bob, offer)) == "TOO_LATE"
    assert ended(venue.answers) == [(offer, "EXPIRED")]
    assert venue.balance(venue.ann, venue.base) == (1_000, 0)


def test_a_taken_offer_expires_no_more(venue):
    until = venue.now_ns + NS_PER_SECOND
    offer = made(venue, venue.ann, SELL, 100, 5, expire_at_ns=until)
    venue.accept(venue.bob, offer)
    venue.now_ns = until + 1
    assert kinds(venue.does(commands.Clock())) == ["ClockTicked"]


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.CLOSING_AUCTION, Phase.VOLATILITY_AUCTION])
def test_offers_live_in_closed_and_call_phases(venue, phase):
    before = made(venue, venue.ann, SELL, 100, 5)
    venue.phase(phase)
    assert not refusal(venue.accept(venue.bob, before))
    during = made(venue, venue.bob, BUY, 100, 5)
    assert not refusal(venue.accept(venue.ann, during))


@pytest.mark.parametrize(("phase", "reason"), [(Phase.HALTED, "INSTRUMENT_HALTED"), (Phase.CANCEL_ONLY, "CANCEL_ONLY")])
def test_a_halt_leaves_offers_but_lets_none_be_made_or_accepted(venue, phase, reason):
    offer = made(venue, venue.ann, SELL, 100, 5)
    venue.phase(phase)
    assert refusal(venue.accept(venue.bob, offer)) == reason
    assert refusal(venue.offer(venue.ann, SELL, 100, 5)) == reason
    assert ended(venue.withdraw(venue.ann, offer)) == [(offer, "CANCELED")]


def test_a_frozen_call_freezes_no_offer(venue):
    offer = made(venue, venue.ann, SELL, 100, 5)
    call = commands.SetPhase(instrument=venue.instrument, phase=Phase.CLOSING_AUCTION)
    call.freezes_at_ns = venue.now_ns + NS_PER_SECOND
    venue.must(call)
    venue.sell(venue.ann, 100, 1)
    venue.now_ns += 2 * NS_PER_SECOND
    assert refusal(venue.cancel(venue.ann, venue.last_order)) == "AUCTION_FROZEN"
    assert ended(venue.does(commands.MassCancel(account=venue.ann))) == [(offer, "MASS_CANCELED")]


def test_what_ends_orders_ends_offers(venue):
    offer = made(venue, venue.ann, SELL, 100, 5)
    assert ended(venue.does(commands.MassCancel(account=venue.ann, side=SELL))) == [(offer, "MASS_CANCELED")]
    offer = made(venue, venue.ann, SELL, 100, 5)
    assert ended(venue.does(commands.BlockAccount(account=venue.ann))) == [(offer, "ACCOUNT_BLOCKED")]
    offer = made(venue, venue.bob, BUY, 100, 5)
    revoke = commands.RevokeEntitlement(
        account=venue.bob, instrument=venue.instrument, side=BUY, decision=digest("revoked")
    )
    assert ended(venue.does(revoke)) == [(offer, "ENTITLEMENT_REVOKED")]
    assert venue.balance(venue.bob)[1] == 0


def test_a_kill_and_a_dead_man_timer_end_offers(venue):
    offer = made(venue, venue.ann, SELL, 100, 5)
    bid = made(venue, venue.bob, BUY, 100, 5)
    venue.must(commands.SetDeadMan(account=venue.bob, fires_at_ns=venue.now_ns + NS_PER_SECOND))
    venue.now_ns += 2 * NS_PER_SECOND
    assert ended(venue.does(commands.Clock())) == [(bid, "DEAD_MAN")]
    assert ended(venue.does(commands.Kill(instrument=venue.instrument, reason=Cause.RISK))) == [(offer, "KILLED")]
    assert refusal(venue.offer(venue.ann, SELL, 100, 5)) == "INSTRUMENT_HALTED"


def test_a_negotiated_trade_is_busted_like_any_other(venue):
    before = [venue.balance(each, asset) for each in (venue.ann, venue.bob, 0) for asset in (venue.asset, venue.base)]
    venue.accept(venue.bob, made(venue, venue.ann, SELL, 1_000, 10))
    trade = venue.answers[1].trade_id
    bust = commands.BustTrade(instrument=venue.instrument, trade_id=trade, reason=Cause.OPERATOR)
    (busted,) = venue.does(bust)
    assert (busted.match_type, busted.buyer, busted.seller) == (MatchType.NEGOTIATED, venue.bob, venue.ann)
    assert before == [
        venue.balance(each, asset) for each in (venue.ann, venue.bob, 0) for asset in (venue.asset, venue.base)
    ]


def test_open_offers_count_against_the_position_limit(venue):
    venue.entitle(venue.bob, position_limit_lots=1_010)
    made(venue, venue.bob, BUY, 100, 6)
    assert refusal(venue.buy(venue.bob, 100, 5)) == "QUOTA_EXCEEDED"
    offer = made(venue, venue.ann, SELL, 100, 5)
    assert refusal(venue.accept(venue.bob, offer)) == "QUOTA_EXCEEDED"


def test_a_repeated_offer_and_a_repeated_acceptance_get_the_first_answer_again(venue):
    named = {"client_order_id": "offer", "fingerprint": SAME}
    offer = made(venue, venue.ann, SELL, 100, 5, **named)
    answers = venue.offer(venue.ann, SELL, 100, 5, **named)
    assert (kinds(answers), answers[0].order_id) == (["OrderReplayed", "OfferTerms"], offer)
    assert [each.flags for each in answers] == [REPLAYED, REPLAYED]
    accepted = {"client_order_id": "accept", "fingerprint": SAME}
    venue.accept(venue.bob, offer, **accepted)
    acceptance, before = venue.last_order, venue.engine.state_hash()
    answers = venue.accept(venue.bob, offer, **accepted)
    assert (kinds(answers), answers[0].order_id, answers[0].reason) == (
        ["OrderReplayed"],
        acceptance,
        DoneReason.FILLED,
    )
    assert venue.engine.state_hash() == before
    assert refusal(venue.accept(venue.bob, offer, 1, client_order_id="accept", fingerprint=OTHER)) == (
        "DUPLICATE_CLIENT_ORDER_ID"
    )


def test_offers_need_the_mode_negotiated():
    venue = Venue(terms=Terms(modes=int(Mode.CONTINUOUS)))
    assert refusal(venue.offer(venue.ann, SELL, 100, 5)) == "MODE_NOT_LICENSED"


def test_a_posted_offer_to_buy_counts_as_a_holder_and_the_cap_stops_an_acceptance():
    venue = Venue(terms=Terms(max_holders=4))
    dora, emil = venue.trader(), venue.trader()
    offer = made(venue, venue.ann, SELL, 100, 5, part=1)
    bid = made(venue, dora, BUY, 90, 1)
    assert refusal(venue.accept(emil, offer, 1)) == "TOO_MANY_HOLDERS"
    assert refusal(venue.offer(emil, BUY, 90, 1)) == "TOO_MANY_HOLDERS"
    venue.withdraw(dora, bid)
    assert not refusal(venue.accept(emil, offer, 1))


def test_offers_come_back_from_a_snapshot_with_their_timers(venue):
    until = venue.now_ns + NS_PER_SECOND
    private = made(venue, venue.ann, SELL, 100, 5, to=(venue.bob,), part=1, expire_at_ns=until)
    venue.accept(venue.bob, private, 2)
    venue.accept(venue.bob, made(venue, venue.ann, SELL, 100, 5))
    before = venue.engine.snapshot()
    venue.engine = Engine.restore(before)
    assert venue.engine.snapshot() == before
    assert trades(venue.accept(venue.bob, private, 1)) == [(private, 100, 1)]
    venue.now_ns = until + 1
    assert ended(venue.does(commands.Clock())) == [(private, "EXPIRED")]


def test_an_offer_meets_no_order_of_the_book(venue):
    venue.buy(venue.bob, 120, 5)
    offer = made(venue, venue.ann, SELL, 100, 5)
    assert venue.book()["bids"] == [(120, 5, offer - 16)]
    assert trades(venue.sell(venue.ann, 120, 5, IOC)) == [(offer - 16, 120, 5)]
