"""Rows to the machine's state: the way back from `tables`."""

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import TypeVar

from exchange.matching.bases import Base, ClaimsWithdrawal, Delivery, Pooling
from exchange.matching.order_book import (
    BUY,
    FOR_CLOSE,
    FOR_PEG,
    FOR_STOP,
    IN_CALL,
    OFFERED,
    Book,
    Offer,
    Options,
    Order,
)
from exchange.matching.state import (
    CALL_END,
    DEAD_MAN,
    ENTITLEMENT_EXPIRY,
    OFFER_EXPIRY,
    ORDER_EXPIRY,
    Account,
    Asset,
    Entitlement,
    Key,
    MachineState,
    Participant,
    Proposal,
    Transfer,
    User,
    next_hour,
)
from exchange.matching.tables import SAME_IN_ORDER
from exchange.vocabulary import rows, state
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.instruments import OrderType, TimeInForce
from exchange.vocabulary.offering import named_accounts

T = TypeVar("T")


def restore(snapshot: state.State) -> MachineState:
    """Build the state that the rows tell; derived counters and dictionaries are counted again."""
    machine = MachineState()
    machine.sequence, machine.timestamp_ns = snapshot.sequence, snapshot.timestamp_ns
    machine.forgets_at_ns = next_hour(snapshot.timestamp_ns)
    for venue in snapshot.rows(rows.VenueRow):
        machine.rules_version, machine.last_place = venue.rules_version, venue.last_place
        machine.killed, machine.policies = venue.killed, venue.policies
    _restore_parties(machine, snapshot)
    _restore_assets(machine, snapshot)
    for terms in snapshot.rows(rows.InstrumentRow):
        machine.books[terms.instrument] = Book(replace(terms), machine.bases[terms.base].issuer)
        if terms.ends_at_ns:
            machine.timers[terms.ends_at_ns, CALL_END, terms.instrument] = (terms.instrument, 0, 0)
        machine.codes.add(terms.symbol.rstrip(b"\0"))
    _restore_entitlements(machine, snapshot)
    for day in snapshot.rows(rows.LastDayRow):
        machine.last_days[day.owner, day.instrument, day.side] = day.days_begun
    _restore_orders(machine, snapshot)
    _restore_operations(machine, snapshot)
    return machine


def _restore_parties(machine: MachineState, snapshot: state.State) -> None:
    for row in snapshot.rows(rows.ParticipantRow):
        machine.participants[row.participant] = Participant(
            row.participant, row.owner, row.state, row.expires_at_ns, row.killed
        )
    for user in snapshot.rows(rows.UserRow):
        machine.users[user.user] = User(user.user, user.participant, user.roles)
    for key in snapshot.rows(rows.KeyRow):
        machine.keys[key.key] = Key(key.key, key.user, key.scopes, key.revoked, key.expires_at_ns, key.fingerprint)
    for each in snapshot.rows(rows.AccountRow):
        participant = machine.participants[each.participant]
        account = machine.accounts[each.account] = Account(
            each.account, participant, each.max_open_orders, each.max_client_ids, each.blocked
        )
        account.dead_man_ns = each.dead_man_ns
        if each.dead_man_ns:
            machine.timers[each.dead_man_ns, DEAD_MAN, each.account] = (each.account, 0, 0)


def _restore_assets(machine: MachineState, snapshot: state.State) -> None:
    for row in snapshot.rows(rows.AssetRow):
        asset = machine.assets[row.asset] = Asset(row.asset, row.is_claim, row.scale, row.code)
        asset.approval_above = row.approval_above
        machine.codes.add(row.code.rstrip(b"\0"))
    for each in snapshot.rows(rows.BalanceRow):
        balance = machine.accounts[each.account].balance(each.asset)
        balance.total, balance.held = each.total, each.held
        machine.assets[each.asset].supply += each.total
    for told_base in snapshot.rows(rows.BaseRow):
        names = ("base", "issuer", "lots", "copies", "lot_rtu", "issued", "code")
        base = machine.bases[told_base.base] = Base(*[getattr(told_base, name) for name in names])
        base.is_pool, base.withheld = told_base.is_pool, told_base.withheld
    for pooled in snapshot.rows(rows.PooledRow):
        machine.bases[pooled.pool].pooled[pooled.base] = pooled.claims
    for delivery in snapshot.rows(rows.DeliveryRow):
        _restore_delivery(machine, delivery)
    for pooling in (_kept_by_key(Pooling, each) for each in snapshot.rows(rows.PoolingRow)):
        machine.pooling_keys[pooling.account, pooling.key] = pooling
    for withdrawal in (_kept_by_key(ClaimsWithdrawal, each) for each in snapshot.rows(rows.ClaimsWithdrawalRow)):
        machine.withdrawal_keys[withdrawal.account, withdrawal.key] = withdrawal
        machine.bases[withdrawal.base].withdrawn += withdrawal.claims
    for told in snapshot.rows(rows.TransferRow):
        key = told.key.rstrip(b"\0")
        transfer = Transfer(told.transfer, told.account, told.asset, told.amount, told.withdrawal, told.state, key)
        machine.transfers[told.transfer] = transfer
        machine.transfer_keys[told.account, key] = transfer


def _kept_by_key(kind: Callable[..., T], row: rows.PoolingRow | rows.ClaimsWithdrawalRow) -> T:
    values = {field.name: getattr(row, field.name) for field in row.FIELDS}
    return kind(**values | {"key": row.key.rstrip(b"\0")})


def _restore_delivery(machine: MachineState, row: rows.DeliveryRow) -> None:
    base, account, key = machine.bases[row.base], machine.accounts[row.account], row.key.rstrip(b"\0")
    owned = base.lots_of.setdefault(row.participant, {})
    owned[row.lot] = Delivery(row.account, row.sequence, row.decision, key, row.pool)
    base.deliveries_per_lot[row.lot] = base.deliveries_per_lot.get(row.lot, 0) + 1
    traded = row.pool or row.base
    account.delivered_lots[traded] = account.delivered_lots.get(traded, 0) + 1
    machine.delivery_keys[row.account, key] = (traded, row.sequence)


def _restore_entitlements(machine: MachineState, snapshot: state.State) -> None:
    for row in snapshot.rows(rows.EntitlementRow):
        values = {field.name: getattr(row, field.name) for field in row.FIELDS}
        entitlement = Entitlement(**values)
        machine.accounts[row.account].entitlements[row.instrument, row.side] = entitlement
        if entitlement.expires_at_ns >= machine.timestamp_ns:
            timer = (row.expires_at_ns, ENTITLEMENT_EXPIRY, row.entitlement)
            machine.timers[timer] = (row.account, row.instrument, row.side)


def _restore_orders(machine: MachineState, snapshot: state.State) -> None:
    resting: list[Order] = []
    done: list[Order] = []
    offers = {each.offer: each for each in snapshot.rows(rows.OfferRow)}
    options = {each.order_id: each for each in snapshot.rows(rows.OrderOptionsRow)}
    for row in snapshot.rows(rows.OrderRow):
        order = _restored_order(machine, row)
        if (told := options.get(order.order_id)) is not None:
            order.options = Options()
            for name in Options.__slots__:
                setattr(order.options, name, getattr(told, name))
        if (offered := offers.get(order.order_id)) is not None:
            order.offer = Offer(offered.part, named_accounts(offered.to))
        machine.orders[order.order_id] = order
        for client_id in (order.client_order_id, order.last_client_order_id):
            if client_id[0]:
                order.account.client_ids[client_id] = order
        (done if order.done_ns else resting).append(order)
    machine.done_orders.extend(sorted(done, key=attrgetter("done_ns", "order_id")))
    for order in sorted(resting, key=attrgetter("place")):
        _restore_open(order)
        if order.expire_at_ns:
            kind = ORDER_EXPIRY if order.offer is None else OFFER_EXPIRY
            machine.timers[order.expire_at_ns, kind, order.order_id] = (order.order_id, 0, 0)
        order.account.open_orders[order.order_id] = order
        order.entitlement.open_lots += order.leaves_lots


def _restore_open(order: Order) -> None:
    """Where an open order stands follows from what it is and whether it has a place."""
    book = order.book
    if order.type == OrderType.PEGGED:
        book.pegs[order.order_id] = order
    if order.place and order.type != OrderType.MARKET:
        book.side(order.side).add(order)
        if order.type == OrderType.OCO:
            book.stops.add(order)
    elif order.place:
        order.waits = IN_CALL
        (book.call_buys if order.side == BUY else book.call_sells)[order.place] = order
    elif order.offer is not None:
        order.waits = OFFERED
        book.offers[order.order_id] = order
    elif order.type == OrderType.PEGGED:
        order.waits = FOR_PEG
    elif order.tif == TimeInForce.AT_CLOSE:
        order.waits = FOR_CLOSE
        book.at_close[order.order_id] = order
    else:
        order.waits = FOR_STOP
        book.stops.add(order)


def _restored_order(machine: MachineState, row: rows.OrderRow) -> Order:
    account, book = machine.accounts[row.account], machine.books[row.instrument]
    entitlement = account.entitlements.get((row.instrument, row.side))
    if entitlement is None:
        # Revoked since; only orders that are done can be left of it.
        assert row.done_ns
        entitlement = Entitlement(row.account, row.instrument, row.side, row.decision, 0, 0, 0, 0, NO_DIGEST)
    order = Order(row.order_id, account, book, entitlement, row.created_ns)
    for name in SAME_IN_ORDER:
        setattr(order, name, getattr(row, name))
    order.fee_num = row.fee_num_high << 64 | row.fee_num_low
    return order


def _restore_operations(machine: MachineState, snapshot: state.State) -> None:
    for guard in snapshot.rows(rows.GuardRow):
        machine.guards[guard.guard] = guard.account
    for trade in snapshot.rows(rows.TradeRow):
        machine.books[trade.instrument].trades.append(trade.encode())
    for row in snapshot.rows(rows.ProposalRow):
        machine.proposals[row.proposal] = Proposal(row.proposal, row.user, row.command)
