"""The rows of the state's tables, one class a table, key fields first; `state` writes and reads them."""

from exchange.vocabulary.rows.claims import (
    BaseRow,
    ClaimsWithdrawalRow,
    DeliveryRow,
    EntitlementRow,
    LastDayRow,
    PooledRow,
    PoolingRow,
)
from exchange.vocabulary.rows.orders import InstrumentRow, OfferRow, OrderOptionsRow, OrderRow, TradeRow
from exchange.vocabulary.rows.parties import (
    AccountRow,
    AssetRow,
    BalanceRow,
    GuardRow,
    KeyRow,
    ParticipantRow,
    ProposalRow,
    TransferRow,
    UserRow,
    VenueRow,
)

__all__ = [
    "AccountRow",
    "AssetRow",
    "BalanceRow",
    "BaseRow",
    "ClaimsWithdrawalRow",
    "DeliveryRow",
    "EntitlementRow",
    "GuardRow",
    "InstrumentRow",
    "KeyRow",
    "LastDayRow",
    "OfferRow",
    "OrderOptionsRow",
    "OrderRow",
    "ParticipantRow",
    "PooledRow",
    "PoolingRow",
    "ProposalRow",
    "TradeRow",
    "TransferRow",
    "UserRow",
    "VenueRow",
]
