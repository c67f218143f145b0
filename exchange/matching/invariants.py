"""What must hold between any two commands; numbers are those of `docs/ARCHITECTURE.md`."""

from collections import defaultdict

from exchange.matching.order_book import BUY, FOR_PEG, OFFERED, Book, BookSide
from exchange.matching.standing import expiry, hold_needed
from exchange.matching.state import DEAD_MAN, MachineState, Transfer
from exchange.vocabulary.instruments import OrderType, Phase
from exchange.vocabulary.participants import WITH_PARTICIPANT, WITH_VENUE
from exchange.vocabulary.rows import TradeRow
from exchange.vocabulary.units import MAX_BALANCE


def check(machine: MachineState) -> None:
    """AssertionError at the first that does not hold."""
    for book in machine.books.values():
        check_book(book)
    check_holds(machine)
    check_waiting(machine)
    check_guards(machine)
    check_conservation(machine)
    check_counters(machine)
    check_killed(machine)
    check_remembered(machine)


def check_book(book: Book) -> None:
    """Invariant 5: never crossed in continuous trading; price before time, and time by rising places."""
    bid, ask = book.bids.best, book.asks.best
    if book.terms.phase == Phase.CONTINUOUS and bid and ask:
        assert bid.price_ticks < ask.price_ticks, f"{book.terms.symbol!r} is crossed"
    for side in (book.bids, book.asks):
        check_side(side)


def check_side(side: BookSide) -> None:
    levels = list(side)
    assert side.best is (levels[0] if levels else None), "the best level at hand is not the best"
    assert len(side.levels) == len(levels), "a level is in one index only"
    for level in levels:
        places = [order.place for order in level.orders.values()]
        assert places == sorted(places), "time priority is broken"
        assert level.orders, "an empty level was left"
        shown = sum(order.leaves_lots - order.hidden_lots for order in level.orders.values())
        assert level.lots == shown, "a level's size is wrong"
        for place, order in level.orders.items():
            assert place == order.place and order.level is level and order.price_ticks == level.price_ticks
            assert order.leaves_lots > order.hidden_lots >= 0 and not order.done_ns and not order.waits


def check_holds(machine: MachineState) -> None:
    """Invariant 4: what is held is what orders and withdrawals need, never negative, never more than there is."""
    needed: dict[tuple[int, int], int] = defaultdict(int)
    for order in machine.orders.values():
        size = 0 if order.funds_minor else order.leaves_lots + order.cum_lots
        assert order.lots == size, "an order's sizes do not add up"
        if order.done_ns:
            assert order.hold == 0, "an order that is done holds something"
            continue
        assert order.hold == hold_needed(order, order.price_ticks, order.leaves_lots), "an order's hold is wrong"
        terms = order.book.terms
        needed[order.account.account, terms.quote if order.side == BUY else terms.base] += order.hold
    for transfer in machine.transfers.values():
        if transfer.withdrawal and transfer.state == Transfer.BEGUN:
            needed[transfer.account, transfer.asset] += transfer.amount
    for account in machine.accounts.values():
        for asset, balance in account.balances.items():
            assert 0 <= balance.held <= balance.total <= MAX_BALANCE, f"balance of {account.account} in {asset}"
            assert balance.held == needed.get((account.account, asset), 0), f"hold of {account.account} in {asset}"


def check_waiting(machine: MachineState) -> None:
    """Stops that wait are where their trigger finds them, and what expires has its timer."""
    waiting = sum(
        len(each)
        for book in machine.books.values()
        for each in (book.stops, book.stops.triggered, book.at_close, book.call_buys, book.call_sells, book.offers)
    )
    waits = [order for order in machine.orders.values() if order.waits not in (0, FOR_PEG)]
    both = [order for order in machine.orders.values() if order.type == OrderType.OCO and order.level is not None]
    assert waiting == len(waits) + len(both), "an order that waits is lost"
    for book in machine.books.values():
        check_pegs(book)
        assert not book.stops.moved, "a trailing stop moved, and nobody was told"
        for order in book.stops.triggered.values():
            stands = order.waits or order.type == OrderType.OCO
            assert stands and order.triggered, "a stop is triggered that does not wait"
            assert book.terms.phase != Phase.CONTINUOUS, "a triggered stop stayed out"
        check_offers(book)
        if book.terms.phase in {Phase.CONTINUOUS, Phase.CLOSED, Phase.HALTED, Phase.CANCEL_ONLY}:
            assert not book.call_buys and not book.call_sells, "a market order outlived its call"
    for order in machine.orders.values():
        assert (expiry(order) in machine.timers) == (order.expire_at_ns > 0 and not order.done_ns), "a timer is lost"


def check_offers(book: Book) -> None:
    """Offers wait outside the book, each for a trade that can still come about, at the fee fixed at entry."""
    for order_id, order in book.offers.items():
        assert order.order_id == order_id and order.offer is not None and order.waits == OFFERED
        assert not order.place and order.level is None and order.leaves_lots > 0, "an offer stands in the book"
        assert order.offer.part or not order.cum_lots, "an offer that is taken whole was taken in part"
        assert order.maker_ppm == order.taker_ppm == book.terms.negotiated_ppm, "an offer's fee changed"


def check_pegs(book: Book) -> None:
    """Pegged orders stand in the book in continuous trading alone, and never beyond their cap."""
    for order in book.pegs.values():
        assert not order.done_ns and bool(order.waits) != (order.level is not None), "a pegged order is lost"
        if order.level is not None:
            assert order.options is not None and book.terms.phase == Phase.CONTINUOUS, "a pegged order stayed in a call"
            beyond = order.price_ticks - order.options.cap_ticks
            assert (beyond <= 0) if order.side == BUY else (beyond >= 0), "a pegged order went beyond its cap"


def check_guards(machine: MachineState) -> None:
    """Every dead-man timer is in the future and kept once, and every guard is of an account."""
    due = [(at_ns, account) for at_ns, kind, account in machine.timers if kind == DEAD_MAN]
    armed = [(each.dead_man_ns, each.account) for each in machine.accounts.values() if each.dead_man_ns]
    assert due == sorted(armed), "a dead-man timer is lost"
    assert not due or due[0][0] >= machine.timestamp_ns, "a dead-man timer has not fired"
    for guard, account in machine.guards.items():
        assert account and account in machine.accounts and guard <= machine.sequence, "a guard is of no account"


def check_conservation(machine: MachineState) -> None:
    """Invariant 4: cash and claims are conserved; per base, issued = held + pooled + delivered + withdrawn.

    Claims on a pool are as many as it has pooled and not yet delivered.
    """
    held: dict[int, int] = defaultdict(int)
    for account in machine.accounts.values():
        for asset, balance in account.balances.items():
            held[asset] += balance.total
    for each in machine.assets.values():
        assert held[each.asset] == each.supply, f"{each.code!r} is not conserved"
    pooled: dict[int, int] = defaultdict(int)
    for pool in machine.bases.values():
        for base_id, claims in pool.pooled.items():
            assert pool.is_pool and not machine.bases[base_id].is_pool and claims >= 0, f"{pool.code!r} pools amiss"
            pooled[base_id] += claims
        if pool.is_pool:
            assert held[pool.base] == sum(pool.pooled.values()), f"claims on pool {pool.code!r} are not conserved"
    for base in machine.bases.values():
        if base.is_pool:
            continue
        delivered = sum(base.deliveries_per_lot.values())
        issued = base.lots * base.copies if base.issued else 0
        elsewhere = pooled[base.base] + delivered + base.withdrawn
        assert issued == held[base.base] + elsewhere, f"claims on {base.code!r} are not conserved"
        assert delivered == sum(len(owned) for owned in base.lots_of.values())


def check_counters(machine: MachineState) -> None:
    """Counters that are kept at hand equal what they count."""
    open_lots: dict[tuple[int, int, int], int] = defaultdict(int)
    for account in machine.accounts.values():
        for order in account.open_orders.values():
            assert bool(order.waits) != (order.level is not None), "an open order neither rests nor waits"
            open_lots[account.account, order.book.terms.instrument, order.side] += order.leaves_lots
        for (instrument, side), entitlement in account.entitlements.items():
            counted = open_lots[account.account, instrument, side]
            assert entitlement.open_lots == counted, "an entitlement's open lots are miscounted"
    resting = sum(1 for order in machine.orders.values() if not order.done_ns)
    assert resting == sum(len(account.open_orders) for account in machine.accounts.values())


def check_killed(machine: MachineState) -> None:
    """What is killed is blocked and halted, and nothing that is blocked or killed has an order open."""
    for account in machine.accounts.values():
        if not account.account:
            continue
        assert bool(account.blocked & WITH_PARTICIPANT) == bool(account.participant.killed), "a killed account trades"
        assert bool(account.blocked & WITH_VENUE) == bool(machine.killed), "an account trades on a killed venue"
        assert not (account.blocked and account.open_orders), "a blocked account has an order open"
    killed = [book for book in machine.books.values() if machine.killed or book.terms.killed]
    for book in killed:
        assert book.terms.phase == Phase.HALTED, "a killed instrument is not halted"
        assert book.bids.best is None and book.asks.best is None, "a killed instrument has an order in its book"


def check_remembered(machine: MachineState) -> None:
    """Trades that may be corrected are found by their number, and what waits for a second user came before now."""
    for book in machine.books.values():
        if book.trades:
            first, last = TradeRow.decode(book.trades[0]), TradeRow.decode(book.trades[-1])
            assert last.trade_id == book.terms.last_trade_id, "the last trade is not remembered"
            assert last.trade_id - first.trade_id == len(book.trades) - 1, "a trade between others was forgotten"
            assert first.timestamp_ns <= last.timestamp_ns <= machine.timestamp_ns, "trades are out of order"
    for proposal in machine.proposals.values():
        assert proposal.proposal <= machine.sequence, "a proposal comes from the future"
