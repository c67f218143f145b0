"""What may be asked of the machine. A class is a record kind; its docstring says what it does when accepted.

The header's `account` and `instrument` say whose order and which book; `actor` is the user or key that asks, `VENUE`
(0) the exchange itself. The id of what a command creates is the command's `sequence`.
"""

from exchange.vocabulary.commands.base import Command
from exchange.vocabulary.commands.cash import AbortTransfer, BeginDeposit, BeginWithdrawal, ConfirmTransfer
from exchange.vocabulary.commands.claims import GrantEntitlement, Issue, PoolClaims, RevokeEntitlement, TakeDelivery
from exchange.vocabulary.commands.market import (
    AdjustTrade,
    AssignSchedule,
    BustTrade,
    DefineAsset,
    DefineBase,
    DefineInstrument,
    DefinePool,
    RecordDecision,
    SetPhase,
    SetReferencePrice,
)
from exchange.vocabulary.commands.orders import (
    AcceptOffer,
    AmendOrder,
    ArmDisconnect,
    CancelOrder,
    DisarmDisconnect,
    Disconnect,
    MakeOffer,
    MassCancel,
    PlaceOrder,
    SetDeadMan,
    WithdrawOffer,
)
from exchange.vocabulary.commands.parties import (
    BlockAccount,
    Kill,
    OpenAccount,
    RegisterKey,
    RegisterParticipant,
    RegisterUser,
    RevokeKey,
    SetParticipantState,
    UnblockAccount,
    Unkill,
)
from exchange.vocabulary.commands.venue import (
    AdoptPolicies,
    Approve,
    Clock,
    Reject,
    SetRulesVersion,
    SetWithdrawalLimit,
)

__all__ = [
    "AbortTransfer",
    "AcceptOffer",
    "AdjustTrade",
    "AdoptPolicies",
    "AmendOrder",
    "Approve",
    "ArmDisconnect",
    "AssignSchedule",
    "BeginDeposit",
    "BeginWithdrawal",
    "BlockAccount",
    "BustTrade",
    "CancelOrder",
    "Clock",
    "Command",
    "ConfirmTransfer",
    "DefineAsset",
    "DefineBase",
    "DefineInstrument",
    "DefinePool",
    "DisarmDisconnect",
    "Disconnect",
    "GrantEntitlement",
    "Issue",
    "Kill",
    "MakeOffer",
    "MassCancel",
    "OpenAccount",
    "PlaceOrder",
    "PoolClaims",
    "RecordDecision",
    "RegisterKey",
    "RegisterParticipant",
    "RegisterUser",
    "Reject",
    "RevokeEntitlement",
    "RevokeKey",
    "SetDeadMan",
    "SetParticipantState",
    "SetPhase",
    "SetReferencePrice",
    "SetRulesVersion",
    "SetWithdrawalLimit",
    "TakeDelivery",
    "UnblockAccount",
    "Unkill",
    "WithdrawOffer",
]
