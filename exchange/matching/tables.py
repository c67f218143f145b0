"""The machine's state as rows, each table sorted by key; `restoring` is the way back."""

from collections.abc import Iterable
from operator import attrgetter

from exchange.matching.order_book import Order
from exchange.matching.state import Entitlement, MachineState
from exchange.vocabulary import rows, state
from exchange.vocabulary.codec import Row
from exchange.vocabulary.offering import packed_accounts

_U64 = 2**64 - 1


def encode(machine: MachineState) -> bytes:
    return state.encode_tables(
        {
            rows.VenueRow: [
                rows.VenueRow(
                    rules_version=machine.rules_version,
                    last_place=machine.last_place,
                    killed=machine.killed,
                    policies=machine.policies,
                )
            ],
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
                    dead_man_ns=each.dead_man_ns,
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
            rows.OrderOptionsRow: _options(machine),
            rows.OfferRow: _offers(machine),
            rows.GuardRow: [rows.GuardRow(guard=guard, account=of) for guard, of in sorted(machine.guards.items())],
            rows.TradeRow: [trade for _, book in sorted(machine.books.items()) for trade in book.trades],
            rows.ProposalRow: _copied(rows.ProposalRow, machine.proposals.values()),
            rows.PooledRow: _pooled(machine),
            rows.PoolingRow: _copied(rows.PoolingRow, machine.pooling_keys.values()),
            rows.ClaimsWithdrawalRow: _copied(rows.ClaimsWithdrawalRow, machine.withdrawal_keys.values()),
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
            pool=delivery.pool,
        )
        for number, base in sorted(machine.bases.items())
        for participant, owned in sorted(base.lots_of.items())
        for lot, delivery in sorted(owned.items())
    ]


def _pooled(machine: MachineState) -> list[rows.PooledRow]:
    return [
        rows.PooledRow(pool=number, position=position, base=base, claims=claims)
        for number, pool in sorted(machine.bases.items())
        for position, (base, claims) in enumerate(pool.pooled.items())
    ]


SAME_IN_ORDER = (
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
    for name in SAME_IN_ORDER:
        setattr(row, name, getattr(order, name))
    return row


def _options(machine: MachineState) -> list[Row]:
    made = []
    for order_id, order in sorted(machine.orders.items()):
        if order.options is not None:
            row = rows.OrderOptionsRow(order_id=order_id)
            for name in order.options.__slots__:
                setattr(row, name, getattr(order.options, name))
            made.append(row)
    return list[Row](made)


def _offers(machine: MachineState) -> list[Row]:
    return [
        rows.OfferRow(offer=order_id, part=order.offer.part, to=packed_accounts(order.offer.to))
        for order_id, order in sorted(machine.orders.items())
        if order.offer is not None
    ]
