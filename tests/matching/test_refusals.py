"""Each refusal of an order is reached, and the earlier of two is the one that is told."""

import pytest
from venue import FOK, IOC, Venue, refusal

from exchange.vocabulary import commands
from exchange.vocabulary.instruments import Mode, OrderFlag, OrderType, Phase, Side
from exchange.vocabulary.reasons import ORDER_CHECKS, Reason
from simulations.sandbox import START_NS, Terms, digest

NOT_IN_RULES_1 = {Reason.TIF_NOT_IN_PHASE, Reason.NO_REFERENCE_PRICE, Reason.FUNDS_TOO_SMALL, Reason.MIN_NOT_FILLABLE}


def make_venue(**terms: int) -> Venue:
    return Venue(terms=Terms(**terms))


def wrong(field: str, value: int | str):
    def spoil(venue, order):
        setattr(order, field, value)

    return spoil


def duplicate_id(venue, order):
    venue.buy(order.account, 1, 1, client_order_id="taken", fingerprint=b"f" * 16)
    order.client_order_id = "taken"


def full_of_ids(venue, order):
    order.account = venue.trader(max_client_ids=1)
    venue.buy(order.account, 1, 1, client_order_id="first")
    order.client_order_id = "second"


def blocked(venue, order):
    venue.must(commands.BlockAccount(account=order.account))


def unentitled(venue, order):
    revoke = commands.RevokeEntitlement(
        account=order.account, instrument=venue.instrument, side=Side.BUY, decision=digest("revoked")
    )
    venue.must(revoke)


def expired(venue, order):
    venue.entitle(order.account, expires_at_ns=venue.now_ns + 100_000)
    venue.now_ns += 1_000_000


def over_quota(venue, order):
    venue.entitle(order.account, position_limit_lots=5)


def too_early(venue, order):
    venue.entitle(order.account, min_days=5)
    venue.sell(order.account, 200, 1)


def phase(new: Phase):
    return lambda venue, _order: venue.phase(new)


def out_of_band(venue, order):
    venue.must(commands.SetReferencePrice(instrument=venue.instrument, price_ticks=10_000))


def too_large(venue, order):
    order.lots = 2_000_000


def too_dear(venue, order):
    order.price_ticks, order.lots = 2_000_000_000, 900_000


def many_open(venue, order):
    for _ in range(3):
        venue.buy(order.account, 1, 1)


def no_liquidity(venue, order):
    order.type, order.tif, order.price_ticks = OrderType.MARKET, IOC, 0


def too_poor(venue, order):
    order.price_ticks, order.lots = 2_000_000_000, 100_000


def no_claims(venue, order):
    order.side, order.price_ticks, order.lots = Side.SELL, 200, 999_999


def post_only(venue, order):
    venue.sell(venue.bob, 100, 1)
    order.flags = OrderFlag.POST_ONLY


def fill_or_kill(venue, order):
    order.tif = FOK


SPOILS = [
    (Reason.UNKNOWN_INSTRUMENT, wrong("instrument", 9_999)),
    (Reason.UNKNOWN_ACCOUNT, wrong("account", 9_999)),
    (Reason.BAD_SIDE, wrong("side", 3)),
    (Reason.BAD_TYPE, wrong("type", 9)),
    (Reason.BAD_TIF, wrong("tif", 9)),
    (Reason.BAD_COMBINATION, wrong("funds_minor", 1)),
    (Reason.BAD_PRICE, wrong("price_ticks", -1)),
    (Reason.BAD_SIZE, wrong("lots", 0)),
    (Reason.DUPLICATE_CLIENT_ORDER_ID, duplicate_id),
    (Reason.TOO_MANY_CLIENT_IDS, full_of_ids),
    (Reason.ACCOUNT_BLOCKED, blocked),
    (Reason.NOT_ENTITLED, unentitled),
    (Reason.ENTITLEMENT_EXPIRED, expired),
    (Reason.QUOTA_EXCEEDED, over_quota),
    (Reason.TOO_EARLY, too_early),
    (Reason.INSTRUMENT_CLOSED, phase(Phase.CLOSED)),
    (Reason.INSTRUMENT_HALTED, phase(Phase.HALTED)),
    (Reason.CANCEL_ONLY, phase(Phase.CANCEL_ONLY)),
    (Reason.PRICE_OUTSIDE_BAND, out_of_band),
    (Reason.SIZE_ABOVE_MAXIMUM, too_large),
    (Reason.NOTIONAL_ABOVE_MAXIMUM, too_dear),
    (Reason.TOO_MANY_OPEN_ORDERS, many_open),
    (Reason.NO_LIQUIDITY, no_liquidity),
    (Reason.INSUFFICIENT_FUNDS, too_poor),
    (Reason.INSUFFICIENT_CLAIMS, no_claims),
    (Reason.POST_ONLY_WOULD_TAKE, post_only),
    (Reason.FOK_NOT_FILLABLE, fill_or_kill),
]


def spoiled(spoils) -> tuple[Venue, commands.PlaceOrder]:
    venue = make_venue(max_lots=1_000_000, max_notional_minor=10**15, static_band_ppm=100_000)
    account = venue.trader(cash_minor=10**12, claims=5, max_open_orders=3)
    order = venue.order(account, Side.BUY, 100, 10)
    for spoil in spoils:
        spoil(venue, order)
    return venue, order


@pytest.mark.parametrize(("reason", "spoil"), SPOILS, ids=lambda each: getattr(each, "name", ""))
def test_a_refused_order_names_its_reason_and_changes_nothing(reason, spoil):
    venue, order = spoiled([spoil])
    before = venue.engine.state_hash()
    assert refusal(venue.does(order)) == reason.name
    if reason is not Reason.ENTITLEMENT_EXPIRED:
        assert venue.engine.state_hash() == before


# What spoils an order in two ways at once without one undoing the other.
PAIRS = [
    (first, then)
    for at, first in enumerate(SPOILS)
    for then in SPOILS[at + 1 :]
    if len({first[0], then[0]} & {Reason.INSTRUMENT_CLOSED, Reason.INSTRUMENT_HALTED, Reason.CANCEL_ONLY}) < 2
    and {first[0], then[0]}
    not in (
        {Reason.NOT_ENTITLED, Reason.ENTITLEMENT_EXPIRED},
        {Reason.NOT_ENTITLED, Reason.QUOTA_EXCEEDED},
        {Reason.NOT_ENTITLED, Reason.TOO_EARLY},
        {Reason.ENTITLEMENT_EXPIRED, Reason.QUOTA_EXCEEDED},
        {Reason.ENTITLEMENT_EXPIRED, Reason.TOO_EARLY},
        {Reason.QUOTA_EXCEEDED, Reason.TOO_EARLY},
    )
]


def independent(first: Reason, then: Reason) -> bool:
    """Leaves out pairs that write the same field of the order, or need what the other forbids."""
    fields = {
        Reason.BAD_TYPE: {"type", "liquidity"},
        Reason.BAD_TIF: {"tif"},
        Reason.BAD_COMBINATION: set(),
        Reason.BAD_PRICE: {"price"},
        Reason.BAD_SIZE: {"lots"},
        Reason.UNKNOWN_INSTRUMENT: set(),
        Reason.UNKNOWN_ACCOUNT: {"account"},
        Reason.BAD_SIDE: {"side"},
        Reason.DUPLICATE_CLIENT_ORDER_ID: {"id", "account", "order first"},
        Reason.TOO_MANY_CLIENT_IDS: {"id", "account", "order first"},
        Reason.ACCOUNT_BLOCKED: {"account", "order last"},
        Reason.NOT_ENTITLED: {"account", "order last", "side"},
        Reason.ENTITLEMENT_EXPIRED: {"account", "order last", "side"},
        Reason.QUOTA_EXCEEDED: {"account", "side", "order last"},
        Reason.TOO_EARLY: {"account", "side", "order first", "band"},
        Reason.INSTRUMENT_CLOSED: {"order last"},
        Reason.INSTRUMENT_HALTED: {"order last"},
        Reason.CANCEL_ONLY: {"order last"},
        Reason.PRICE_OUTSIDE_BAND: {"price", "band", "order last"},
        Reason.SIZE_ABOVE_MAXIMUM: {"lots"},
        Reason.NOTIONAL_ABOVE_MAXIMUM: {"price", "lots"},
        Reason.TOO_MANY_OPEN_ORDERS: {"account", "order first", "tif"},
        Reason.NO_LIQUIDITY: {"type", "tif", "price", "liquidity"},
        Reason.INSUFFICIENT_FUNDS: {"price", "lots", "side", "liquidity"},
        Reason.INSUFFICIENT_CLAIMS: {"price", "lots", "side"},
        Reason.POST_ONLY_WOULD_TAKE: {"order first", "tif", "type", "liquidity", "price", "side"},
        Reason.FOK_NOT_FILLABLE: {"tif", "liquidity", "side"},
    }
    shared = fields[first] & fields[then]
    return not shared and not ("order first" in fields[then] and "order last" in fields[first])


@pytest.mark.parametrize(
    ("first", "then"),
    [pair for pair in PAIRS if independent(pair[0][0], pair[1][0])],
    ids=lambda pair: pair[0].name,
)
def test_of_two_reasons_the_earlier_is_told(first, then):
    venue, order = spoiled([first[1], then[1]])
    assert refusal(venue.does(order)) == first[0].name


def test_the_table_reaches_every_reason_an_order_has_today():
    reached = {reason for reason, _ in SPOILS} | {Reason.TOO_MANY_HOLDERS, Reason.MODE_NOT_LICENSED}
    assert reached | NOT_IN_RULES_1 == set(ORDER_CHECKS)


def test_an_instrument_without_the_continuous_mode_refuses_orders():
    with pytest.raises(AssertionError, match="MODE_NOT_LICENSED"):
        make_venue(modes=int(Mode.NEGOTIATED))


def test_a_cap_on_holders_lets_those_in_who_hold_already():
    venue = make_venue(max_holders=3)
    newcomer = venue.trader()
    assert refusal(venue.buy(newcomer, 10, 1)) == "TOO_MANY_HOLDERS"
    assert not refusal(venue.buy(venue.ann, 10, 1))


def test_a_suspended_participants_orders_end_and_new_ones_are_refused(venue):
    participant = venue.participant()
    account = venue.trader(participant=participant)
    venue.buy(account, 10, 1)
    venue.does(commands.SetParticipantState(participant=participant, state=4))
    assert venue.book()["bids"] == []
    assert refusal(venue.buy(account, 10, 1)) == "ACCOUNT_BLOCKED"


def test_the_opposite_trade_must_wait_its_days():
    venue = Venue()
    day = START_NS // (86_400 * 10**9)
    venue.phase(Phase.HALTED, trading_day=day)
    venue.phase(Phase.CONTINUOUS, trading_day=day)
    venue.entitle(venue.ann, min_days=5)
    venue.sell(venue.bob, 100, 1)
    venue.buy(venue.ann, 100, 1)
    assert refusal(venue.sell(venue.ann, 200, 1)) == "TOO_EARLY"
    venue.phase(Phase.HALTED, trading_day=day + 5)
    venue.phase(Phase.CONTINUOUS, trading_day=day + 5)
    assert not refusal(venue.sell(venue.ann, 200, 1))


def test_a_trade_counts_its_day_even_where_the_days_are_asked_for_later():
    venue = make_venue()
    venue.does(phase_at(venue, Phase.HALTED, 100), phase_at(venue, Phase.CONTINUOUS, 100))
    venue.buy(venue.bob, 100, 1)
    venue.sell(venue.ann, 100, 1)
    venue.entitle(venue.ann, min_days=5)
    assert refusal(venue.buy(venue.ann, 90, 1)) == "TOO_EARLY"
    venue.does(phase_at(venue, Phase.HALTED, 105), phase_at(venue, Phase.CONTINUOUS, 105))
    assert not refusal(venue.buy(venue.ann, 90, 1))


def phase_at(venue: Venue, new: Phase, day: int) -> commands.SetPhase:
    return commands.SetPhase(instrument=venue.instrument, phase=new, trading_day=day)


def test_an_amount_above_the_maximum_is_refused_before_the_book_is_looked_at():
    venue = make_venue(max_notional_minor=1_000)
    order = venue.order(venue.ann, Side.BUY, 0, 0, IOC, type=OrderType.MARKET, funds_minor=1_001)
    assert refusal(venue.does(order)) == "NOTIONAL_ABOVE_MAXIMUM"
    order = venue.order(venue.ann, Side.BUY, 0, 0, IOC, type=OrderType.MARKET, funds_minor=1_000)
    assert refusal(venue.does(order)) == "NO_LIQUIDITY"
