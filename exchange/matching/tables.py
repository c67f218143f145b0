"""The machine's state to rows and back, each table sorted by key."""

from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter

from exchange.matching.order_book import BUY, FOR_CLOSE, FOR_STOP, IN_CALL, Book, Order
from exchange.matching.state import (
    CALL_END,
    ENTITLEMENT_EXPIRY,
    ORDER_EXPIRY,
    Account,
    Asset,
    Base,
    Delivery,
    Entitlement,
    Key,
    MachineState,
    Participant,
    Transfer,
    User,
)
from exchange.vocabulary import state as rows
from exchange.vocabulary.codec import NO_DIGEST, Row
from exchange.vocabulary.instruments import OrderType, TimeInForce

_U64 = 2**64 - 1


def encode(machine: MachineState) -> bytes:
    return rows.encode_tables(
        {
            rows.VenueRow: [rows.VenueRow(rules_version=machine.rules_version, last_place=machine.last_place)],
            rows.AssetRow: _copied(rows.AssetRow, machine.assets.values()),
            rows.ParticipantRow: _copied(rows.ParticipantRow, machine.participants.values()),
            rows.UserRow: _copied(rows.UserRow, machine.users.values()),
            rows.KeyRow: _copied(rows.KeyRow, machine.keys.values()),
            rows.AccountRow: [
                rows.AccountRow(
                    account=each.account,
                    participant=each.participant.participant,
                    max_open_orders=each.max_open_orders,
                    max_client_ids=each.max_client_ids,
                    blocked=each.blocked,
                )
                for _, each in sorted(machine.accounts.items())
                if each.account
            ],
            rows.BalanceRow: [
                rows.BalanceRow(account=account, asset=asset, total=total, held=held)
                for account, asset, total, held in balances(machine)
            ],
            rows.BaseRow: _copied(rows.BaseRow, machine.bases.values()),
            rows.DeliveryRow: _deliveries(machine),
            rows.InstrumentRow: [book.terms for _, book in sorted(machine.books.items())],
            rows.EntitlementRow: _copied(rows.EntitlementRow, _entitlements(machine)),
            rows.LastDayRow: [
                rows.LastDayRow(owner=owner, instrument=instrument, side=side, trading_day=day)
                for (owner, instrument, side), day in sorted(machine.last_days.items())
            ],
            rows.TransferRow: _copied(rows.TransferRow, machine.transfers.values()),
            rows.OrderRow: [_order_row(order) for _, order in sorted(machine.orders.items())],
        }
    )


def balances(machine: MachineState) -> list[tuple[int, int, int, int]]:
    """(account, asset, total, held), sorted; an empty balance is as good as none."""
    return [
        (account.account, asset, balance.total, balance.held)
        for _, account in sorted(machine.accounts.items())
        for asset, balance in sorted(account.balances.items())
        if balance.total or balance.held
    ]


def _copied(row: type[Row], entities: Iterable[object]) -> list[Row]:
    """Rows of entities whose attributes bear the fields' names, sorted by the key, which comes first."""
    names = [field.name for field in row.FIELDS]
    made = [row(**{name: getattr(entity, name) for name in names}) for entity in entities]
    return sorted(made, key=attrgetter(*names[:3]))


def _entitlements(machine: MachineState) -> list[Entitlement]:
    return [each for account in machine.accounts.values() for each in account.entitlements.values()]


def _deliveries(machine: MachineState) -> list[rows.DeliveryRow]:
    return [
        rows.DeliveryRow(
            base=number,
            participant=participant,
            lot=lot,
            account=delivery.account,
            sequence=delivery.sequence,
            decision=delivery.decision,
            key=delivery.key,
        )
        for number, base in sorted(machine.bases.items())
        for participant, owned in sorted(base.lots_of.items())
        for lot, delivery in sorted(owned.items())
    ]


_SAME_IN_ORDER = (
    "order_id",
    "side",
    "type",
    "tif",
    "self_trade",
    "post_only",
    "done_reason",
    "triggered",
    "price_ticks",
    "lots",
    "leaves_lots",
    "display_lots",
    "hidden_lots",
    "stop_price_ticks",
    "funds_minor",
    "expire_at_ns",
    "cum_lots",
    "cum_notional_minor",
    "fee_minor",
    "hold",
    "maker_ppm",
    "taker_ppm",
    "place",
    "decision",
    "created_ns",
    "done_ns",
    "client_order_id",
    "last_client_order_id",
    "fingerprint",
)


def _order_row(order: Order) -> rows.OrderRow:
    row = rows.OrderRow(
        account=order.account.account,
        instrument=order.book.terms.instrument,
        fee_num_high=order.fee_num >> 64,
        fee_num_low=order.fee_num & _U64,
    )
    for name in _SAME_IN_ORDER:
        setattr(row, name, getattr(order, name))
    return row


def restore(snapshot: rows.State) -> MachineState:
    """Build the state that the rows tell; derived counters and dictionaries are counted again."""
    machine = MachineState()
    machine.sequence, machine.timestamp_ns = snapshot.sequence, snapshot.timestamp_ns
    for venue in snapshot.rows(rows.VenueRow):
        machine.rules_version, machine.last_place = venue.rules_version, venue.last_place
    _restore_parties(machine, snapshot)
    _restore_assets(machine, snapshot)
    for terms in snapshot.rows(rows.InstrumentRow):
        machine.books[terms.instrument] = Book(replace(terms), machine.bases[terms.base].issuer)
        if terms.ends_at_ns:
            machine.timers[terms.ends_at_ns, CALL_END, terms.instrument] = (terms.instrument, 0, 0)
        machine.codes.add(terms.symbol.rstrip(b"\0"))
    _restore_entitlements(machine, snapshot)
    for day in snapshot.rows(rows.LastDayRow):
        machine.last_days[day.owner, day.instrument, day.side] = day.trading_day
    _restore_orders(machine, snapshot)
    return machine


def _restore_parties(machine: MachineState, snapshot: rows.State) -> None:
    for row in snapshot.rows(rows.ParticipantRow):
        machine.participants[row.participant] = Participant(row.participant, row.owner, row.state, row.expires_at_ns)
    for user in snapshot.rows(rows.UserRow):
        machine.users[user.user] = User(user.user, user.participant, user.roles)
    for key in snapshot.rows(rows.KeyRow):
        machine.keys[key.key] = Key(key.key, key.user, key.scopes, key.revoked, key.expires_at_ns, key.fingerprint)
    for each in snapshot.rows(rows.AccountRow):
        participant = machine.participants[each.participant]
        machine.accounts[each.account] = Account(
            each.account, participant, each.max_open_orders, each.max_client_ids, each.blocked
        )


def _restore_assets(machine: MachineState, snapshot: rows.State) -> None:
    for row in snapshot.rows(rows.AssetRow):
        machine.assets[row.asset] = Asset(row.asset, row.is_claim, row.scale, row.code)
        machine.codes.add(row.code.rstrip(b"\0"))
    for each in snapshot.rows(rows.BalanceRow):
        balance = machine.accounts[each.account].balance(each.asset)
        balance.total, balance.held = each.total, each.held
        machine.assets[each.asset].supply += each.total
    for base in snapshot.rows(rows.BaseRow):
        machine.bases[base.base] = Base(
            base.base, base.issuer, base.lots, base.copies, base.lot_rtu, base.issued, base.code
        )
    for delivery in snapshot.rows(rows.DeliveryRow):
        _restore_delivery(machine, delivery)
    for told in snapshot.rows(rows.TransferRow):
        key = told.key.rstrip(b"\0")
        transfer = Transfer(told.transfer, told.account, told.asset, told.amount, told.withdrawal, told.state, key)
        machine.transfers[told.transfer] = transfer
        machine.transfer_keys[told.account, key] = transfer


def _restore_delivery(machine: MachineState, row: rows.DeliveryRow) -> None:
    base, account, key = machine.bases[row.base], machine.accounts[row.account], row.key.rstrip(b"\0")
    owned = base.lots_of.setdefault(row.participant, {})
    owned[row.lot] = Delivery(row.account, row.sequence, row.decision, key)
    base.deliveries_per_lot[row.lot] = base.deliveries_per_lot.get(row.lot, 0) + 1
    account.delivered_lots[row.base] = account.delivered_lots.get(row.base, 0) + 1
    machine.delivery_keys[row.account, key] = (row.base, row.sequence)


def _restore_entitlements(machine: MachineState, snapshot: rows.State) -> None:
    for row in snapshot.rows(rows.EntitlementRow):
        values = {field.name: getattr(row, field.name) for field in row.FIELDS}
        entitlement = Entitlement(**values)
        machine.accounts[row.account].entitlements[row.instrument, row.side] = entitlement
        if entitlement.expires_at_ns >= machine.timestamp_ns:
            timer = (row.expires_at_ns, ENTITLEMENT_EXPIRY, row.entitlement)
            machine.timers[timer] = (row.account, row.instrument, row.side)


def _restore_orders(machine: MachineState, snapshot: rows.State) -> None:
    resting: list[Order] = []
    done: list[Order] = []
    for row in snapshot.rows(rows.OrderRow):
        order = _restored_order(machine, row)
        machine.orders[order.order_id] = order
        for client_id in (order.client_order_id, order.last_client_order_id):
            if client_id[0]:
                order.account.client_ids[client_id] = order
        (done if order.done_ns else resting).append(order)
    machine.done_orders.extend(sorted(done, key=attrgetter("done_ns", "order_id")))
    for order in sorted(resting, key=attrgetter("place")):
        _restore_open(order)
        if order.expire_at_ns:
            machine.timers[order.expire_at_ns, ORDER_EXPIRY, order.order_id] = (order.order_id, 0, 0)
        order.account.open_orders[order.order_id] = order
        order.entitlement.open_lots += order.leaves_lots


def _restore_open(order: Order) -> None:
    """Where an open order stands follows from what it is and whether it has a place."""
    book = order.book
    if order.place and order.type != OrderType.MARKET:
        book.side(order.side).add(order)
    elif order.place:
        order.waits = IN_CALL
        (book.call_buys if order.side == BUY else book.call_sells)[order.place] = order
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
    for name in _SAME_IN_ORDER:
        setattr(order, name, getattr(row, name))
    order.fee_num = row.fee_num_high << 64 | row.fee_num_low
    return order
