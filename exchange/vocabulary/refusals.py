"""Which reasons refuse which command, in the order in which they are checked: contract, held to the machine by tests.

Text that is not ASCII, and a kind that this version does not know, are `BAD_VALUE` for every command.
"""

from typing import Final

from exchange.vocabulary import commands as c
from exchange.vocabulary.reasons import ORDER_CHECKS, Reason

_R = Reason
_MANAGED: Final = (_R.NOT_PERMITTED,)
_FOUND: Final = (_R.UNKNOWN_ORDER, _R.NOT_OWNER, _R.TOO_LATE, _R.AUCTION_FROZEN)
_ENTITLED: Final = (*_MANAGED, _R.UNKNOWN_ACCOUNT, _R.UNKNOWN_INSTRUMENT, _R.BAD_SIDE, _R.NO_DECISION)
_BEGUN: Final = (_R.UNKNOWN_ACCOUNT, _R.UNKNOWN_ASSET, _R.BAD_AMOUNT, _R.BAD_VALUE, _R.DUPLICATE_TRANSFER_KEY)
_NOT_OF_AMENDMENTS: Final = frozenset(
    {
        _R.UNKNOWN_INSTRUMENT, _R.UNKNOWN_ACCOUNT, _R.TOO_MANY_OPEN_ORDERS, _R.NO_REFERENCE_PRICE,
        _R.NO_LIQUIDITY, _R.FUNDS_TOO_SMALL, _R.FOK_NOT_FILLABLE, _R.MIN_NOT_FILLABLE, _R.BAD_SIDE, _R.BAD_TYPE,
    }
)  # fmt: skip

_KILLED: Final = (*_MANAGED, _R.UNKNOWN_PARTICIPANT, _R.UNKNOWN_INSTRUMENT, _R.BAD_VALUE, _R.BAD_STATE)
_IDENTITY: Final = (_R.DUPLICATE_CLIENT_ORDER_ID, _R.TOO_MANY_CLIENT_IDS)
_PERMISSION: Final = (
    _R.ACCOUNT_BLOCKED, _R.NOT_ENTITLED, _R.ENTITLEMENT_EXPIRED, _R.QUOTA_EXCEEDED, _R.TOO_EARLY, _R.TOO_MANY_HOLDERS,
)  # fmt: skip
_NEGOTIATED: Final = (_R.INSTRUMENT_HALTED, _R.CANCEL_ONLY, _R.MODE_NOT_LICENSED)
_MAXIMA: Final = (_R.SIZE_ABOVE_MAXIMUM, _R.NOTIONAL_ABOVE_MAXIMUM)
_MONEY: Final = (_R.INSUFFICIENT_FUNDS, _R.INSUFFICIENT_CLAIMS)

REFUSALS: Final[dict[type[c.Command], tuple[Reason, ...]]] = {
    c.SetRulesVersion: (*_MANAGED, _R.UNKNOWN_RULES_VERSION, _R.BAD_VALUE),
    c.Clock: (),
    c.RegisterParticipant: (*_MANAGED, _R.UNKNOWN_OWNER, _R.BAD_VALUE),
    c.SetParticipantState: (*_MANAGED, _R.UNKNOWN_PARTICIPANT, _R.BAD_STATE),
    c.RegisterUser: (*_MANAGED, _R.UNKNOWN_PARTICIPANT, _R.BAD_VALUE),
    c.RegisterKey: (*_MANAGED, _R.UNKNOWN_USER, _R.BAD_VALUE),
    c.RevokeKey: (*_MANAGED, _R.UNKNOWN_KEY, _R.BAD_STATE),
    c.OpenAccount: (*_MANAGED, _R.UNKNOWN_PARTICIPANT),
    c.BlockAccount: (*_MANAGED, _R.UNKNOWN_ACCOUNT, _R.BAD_VALUE, _R.BAD_STATE),
    c.UnblockAccount: (*_MANAGED, _R.UNKNOWN_ACCOUNT, _R.BAD_VALUE, _R.BAD_STATE),
    c.Kill: _KILLED,
    c.Unkill: _KILLED,
    # After its own, what may have come about since the command was proposed.
    c.Approve: (
        *_MANAGED, _R.UNKNOWN_PROPOSAL, _R.BAD_VALUE, _R.SAME_USER, _R.UNKNOWN_TRADE, _R.BAD_STATE,
        _R.BUST_IMPOSSIBLE, _R.INSUFFICIENT_FUNDS, _R.DUPLICATE_TRANSFER_KEY, _R.INSUFFICIENT_CLAIMS,
    ),
    c.Reject: (*_MANAGED, _R.UNKNOWN_PROPOSAL, _R.BAD_VALUE),
    c.AdoptPolicies: (*_MANAGED, _R.NO_DECISION, _R.BAD_VALUE),
    c.SetWithdrawalLimit: (*_MANAGED, _R.UNKNOWN_ASSET, _R.BAD_AMOUNT, _R.BAD_VALUE),
    c.DefineAsset: (*_MANAGED, _R.BAD_VALUE, _R.DUPLICATE_CODE),
    c.DefineBase: (*_MANAGED, _R.UNKNOWN_ACCOUNT, _R.BAD_VALUE, _R.DUPLICATE_CODE, _R.NO_DECISION),
    c.DefineInstrument: (*_MANAGED, _R.UNKNOWN_BASE, _R.UNKNOWN_ASSET, _R.DUPLICATE_CODE, _R.BAD_INSTRUMENT),
    c.SetPhase: (*_MANAGED, _R.UNKNOWN_INSTRUMENT, _R.BAD_PHASE, _R.BAD_VALUE, _R.KILLED, _R.CROSSED_BOOK),
    c.SetReferencePrice: (*_MANAGED, _R.UNKNOWN_INSTRUMENT, _R.BAD_PRICE, _R.BAD_VALUE, _R.BAD_PHASE),
    c.RecordDecision: (*_MANAGED, _R.NO_DECISION),
    c.AssignSchedule: (*_MANAGED, _R.UNKNOWN_INSTRUMENT, _R.BAD_VALUE),
    c.DefinePool: (*_MANAGED, _R.BAD_VALUE, _R.DUPLICATE_CODE, _R.NO_DECISION),
    c.BustTrade: (*_MANAGED, _R.UNKNOWN_INSTRUMENT, _R.UNKNOWN_TRADE, _R.BAD_VALUE, _R.BAD_STATE, _R.BUST_IMPOSSIBLE),
    c.AdjustTrade: (
        *_MANAGED, _R.UNKNOWN_INSTRUMENT, _R.UNKNOWN_TRADE, _R.BAD_VALUE, _R.BAD_AMOUNT, _R.INSUFFICIENT_FUNDS,
    ),
    c.BeginDeposit: (*_BEGUN, _R.NOT_PERMITTED, _R.BALANCE_TOO_LARGE),
    c.BeginWithdrawal: (*_BEGUN, _R.INSUFFICIENT_FUNDS),
    c.ConfirmTransfer: (*_MANAGED, _R.UNKNOWN_TRANSFER, _R.BAD_VALUE, _R.BAD_STATE, _R.BALANCE_TOO_LARGE),
    c.AbortTransfer: (*_MANAGED, _R.UNKNOWN_TRANSFER, _R.BAD_VALUE, _R.BAD_STATE),
    c.GrantEntitlement: (*_ENTITLED, _R.BAD_VALUE),
    c.RevokeEntitlement: (*_ENTITLED, _R.UNKNOWN_ENTITLEMENT),
    c.PlaceOrder: ORDER_CHECKS,
    c.CancelOrder: _FOUND,
    c.AmendOrder: (*_FOUND, *(reason for reason in ORDER_CHECKS if reason not in _NOT_OF_AMENDMENTS)),
    c.SetDeadMan: (_R.UNKNOWN_ACCOUNT, _R.BAD_VALUE),
    c.ArmDisconnect: (_R.UNKNOWN_ACCOUNT,),
    c.DisarmDisconnect: (_R.UNKNOWN_ACCOUNT, _R.UNKNOWN_GUARD),
    c.Disconnect: (*_MANAGED, _R.UNKNOWN_ACCOUNT, _R.UNKNOWN_GUARD),
    c.MakeOffer: (
        _R.UNKNOWN_INSTRUMENT, _R.UNKNOWN_ACCOUNT, _R.BAD_SIDE, _R.BAD_TIF, _R.BAD_COMBINATION, _R.BAD_PRICE,
        _R.BAD_SIZE, *_IDENTITY, *_PERMISSION, *_NEGOTIATED, *_MAXIMA, _R.TOO_MANY_OPEN_ORDERS, *_MONEY,
    ),
    c.AcceptOffer: (
        _R.UNKNOWN_ACCOUNT, _R.BAD_COMBINATION, *_IDENTITY, _R.UNKNOWN_OFFER, _R.TOO_LATE, _R.BAD_SIZE, _R.SELF_TRADE,
        *_PERMISSION, *_NEGOTIATED, *_MONEY,
    ),
    c.WithdrawOffer: (_R.UNKNOWN_OFFER, _R.NOT_OWNER, _R.TOO_LATE),
    c.PoolClaims: (
        _R.UNKNOWN_ACCOUNT, _R.UNKNOWN_BASE, _R.UNKNOWN_POOL, _R.BAD_SIZE, _R.BAD_VALUE, _R.DUPLICATE_TRANSFER_KEY,
        _R.ACCOUNT_BLOCKED, _R.NO_DECISION, _R.WITHHELD, _R.INSUFFICIENT_CLAIMS,
    ),
    c.WithholdBase: (*_MANAGED, _R.UNKNOWN_BASE, _R.BAD_VALUE, _R.NO_DECISION, _R.BAD_STATE),
    c.WithdrawClaims: (
        _R.UNKNOWN_ACCOUNT, _R.UNKNOWN_BASE, _R.BAD_SIZE, _R.BAD_VALUE, _R.NOT_PERMITTED, _R.DUPLICATE_TRANSFER_KEY,
        _R.ACCOUNT_BLOCKED, _R.INSUFFICIENT_CLAIMS,
    ),
    c.MassCancel: (_R.UNKNOWN_INSTRUMENT, _R.UNKNOWN_ACCOUNT, _R.BAD_SIDE, _R.NOT_PERMITTED),
    c.Issue: (*_MANAGED, _R.UNKNOWN_BASE, _R.ALREADY_ISSUED),
    c.TakeDelivery: (
        _R.UNKNOWN_ACCOUNT, _R.UNKNOWN_BASE, _R.BAD_SIZE, _R.BAD_VALUE, _R.DUPLICATE_TRANSFER_KEY, _R.ACCOUNT_BLOCKED,
        _R.NO_DECISION, _R.WITHHELD, _R.INSUFFICIENT_CLAIMS, _R.NOTHING_LEFT_TO_DELIVER,
    ),
}  # fmt: skip

MEANINGS: Final[dict[Reason, str]] = {
    _R.UNKNOWN_INSTRUMENT: "there is no such instrument",
    _R.UNKNOWN_ACCOUNT: "there is no such account",
    _R.BAD_SIDE: "a side is buy or sell",
    _R.BAD_TYPE: "no type of order",
    _R.BAD_TIF: "no time in force, or its time has passed",
    _R.BAD_COMBINATION: "the fields do not go together",
    _R.BAD_PRICE: "a price, or stop price, is missing, out of bounds, or not wanted",
    _R.BAD_SIZE: "a size is missing, out of bounds, or no more than what is filled",
    _R.DUPLICATE_CLIENT_ORDER_ID: "the client order id names another order",
    _R.TOO_MANY_CLIENT_IDS: "the account has as many client order ids remembered as it may",
    _R.ACCOUNT_BLOCKED: "the account is blocked, or its participant is not active",
    _R.NOT_ENTITLED: "the gate has granted nothing for this account, instrument and side",
    _R.ENTITLEMENT_EXPIRED: "what the gate granted has expired",
    _R.QUOTA_EXCEEDED: "held, open and delivered lots would exceed the position limit",
    _R.TOO_EARLY: "the owner traded the other side too few trading days ago, or has an order there",
    _R.TOO_MANY_HOLDERS: "the instrument has as many holders as it may",
    _R.INSTRUMENT_CLOSED: "the instrument is closed",
    _R.INSTRUMENT_HALTED: "the instrument is halted",
    _R.CANCEL_ONLY: "only cancels are taken",
    _R.MODE_NOT_LICENSED: "the instrument may not be traded in this way",
    _R.TIF_NOT_IN_PHASE: "the phase does not take such an order",
    _R.NO_REFERENCE_PRICE: "the order needs the edge of a band, and there is no reference price",
    _R.PRICE_OUTSIDE_BAND: "the price is outside the static band",
    _R.SIZE_ABOVE_MAXIMUM: "the size is above the instrument's maximum",
    _R.NOTIONAL_ABOVE_MAXIMUM: "price times size is above the maximum",
    _R.TOO_MANY_OPEN_ORDERS: "the account has as many orders open as it may",
    _R.NO_LIQUIDITY: "there is nothing on the other side",
    _R.FUNDS_TOO_SMALL: "the funds do not pay for one lot",
    _R.INSUFFICIENT_FUNDS: "too little cash is free",
    _R.INSUFFICIENT_CLAIMS: "too few claims are free",
    _R.POST_ONLY_WOULD_TAKE: "the post-only order would trade at once",
    _R.FOK_NOT_FILLABLE: "the whole size would not trade",
    _R.MIN_NOT_FILLABLE: "the least size would not trade",
    _R.UNKNOWN_ORDER: "there is no such order, or it has been forgotten",
    _R.NOT_OWNER: "the order is another account's",
    _R.TOO_LATE: "the order is done",
    _R.AUCTION_FROZEN: "the call is frozen: nothing is taken back or changed",
    _R.NOT_PERMITTED: "only the venue, or an operator's key with the scope to manage, may do this",
    _R.UNKNOWN_PARTICIPANT: "there is no such participant",
    _R.UNKNOWN_USER: "there is no such user",
    _R.UNKNOWN_KEY: "there is no such key",
    _R.UNKNOWN_ASSET: "there is no such cash asset",
    _R.UNKNOWN_BASE: "there is no such base",
    _R.UNKNOWN_TRANSFER: "there is no such transfer",
    _R.UNKNOWN_OWNER: "there is no such beneficial owner",
    _R.UNKNOWN_ENTITLEMENT: "nothing is granted that could be taken back",
    _R.BAD_STATE: "it is not in a state from which this can be done",
    _R.BAD_VALUE: "a field is outside what it may say",
    _R.DUPLICATE_CODE: "the code or symbol is taken",
    _R.DUPLICATE_TRANSFER_KEY: "the key was used for another request",
    _R.BAD_INSTRUMENT: "one tick on one lot is no whole number of minor units, or the terms are unsound",
    _R.BAD_PHASE: "the phase is no legal move from here, or does not allow this",
    _R.BAD_AMOUNT: "an amount is positive and within bounds",
    _R.BALANCE_TOO_LARGE: "the asset would exceed what balances can hold",
    _R.ALREADY_ISSUED: "claims on a base are issued once",
    _R.NOTHING_LEFT_TO_DELIVER: "the participant has too many of the base's lots already",
    _R.NO_DECISION: "the digest of the gate's decision is missing",
    _R.UNKNOWN_RULES_VERSION: "this code does not know these rules",
    _R.CROSSED_BOOK: "the book is crossed, and only an auction can uncross it",
    _R.UNKNOWN_OFFER: "there is no such offer, or it is not made to this account",
    _R.SELF_TRADE: "the offer is of the same beneficial owner",
    _R.UNKNOWN_TRADE: "there is no such trade, or it is more than seven days old",
    _R.BUST_IMPOSSIBLE: "a side does not have free what it would have to give back",
    _R.UNKNOWN_PROPOSAL: "no such proposal waits",
    _R.SAME_USER: "a second user has to approve",
    _R.UNKNOWN_GUARD: "the account has no such guarded connection",
    _R.UNKNOWN_POOL: "there is no such pool, or the base is none of its lot size",
    _R.KILLED: "the instrument was killed, and a second user has to lift that",
    _R.WITHHELD: "the dataset was recalled or withdrawn, and nothing of it is delivered or pooled",
}
