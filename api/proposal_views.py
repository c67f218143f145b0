"""Proposals as operators read them: who wants what done, and why."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from api.answers import answer
from api.causes import CAUSES
from exchange.operations.notes import read_note
from exchange.runtime import Exchange
from exchange.store.interventions import APPROVED, REJECTED, WAITING
from exchange.store.reader import Row
from exchange.vocabulary import commands as c
from exchange.vocabulary.events import Proposed
from exchange.vocabulary.units import format_scaled
from exchange.vocabulary.wire import iso_time

STATES: Final = {WAITING: "waiting", APPROVED: "approved", REJECTED: "rejected"}
WHAT: Final = {
    c.BustTrade.KIND: "bust",
    c.AdjustTrade.KIND: "adjust",
    c.Unkill.KIND: "unkill",
    c.ConfirmTransfer.KIND: "withdrawal",
    c.WithdrawClaims.KIND: "claim_withdrawal",
    c.SetWithdrawalLimit.KIND: "withdrawal_limit",
    c.AdoptPolicies.KIND: "policies",
    c.SetRulesVersion.KIND: "rules",
}
"""What a second user is asked for, by the command that waits."""

Shown = dict[str, Any]


def proposed(exchange: Exchange, event: Proposed, **known: str) -> Response:
    """The answer to whoever proposed: nothing has happened yet. `known` is what the proposal's record does not have."""
    row = {name: getattr(event, name) for name in ("proposal", "command_kind", "instrument", "subject", "amount")}
    row |= {"policies": event.policies}
    row |= {"account": event.account, "reason": event.reason, "evidence": event.evidence, "state": WAITING}
    row |= {"user_id": event.user, "proposed_ns": event.timestamp_ns, "ended_by": 0, "ended_ns": 0}
    return answer({"status": "proposed", "proposal": shown(exchange, row) | known}, status=202)


def shown(exchange: Exchange, row: Row | Mapping[str, Any]) -> Shown:
    """A proposal out of its row; reads the vault."""
    told = {
        "id": str(row["proposal"]),
        "what": WHAT[row["command_kind"]],
        "status": STATES[row["state"]],
        "proposed_by": str(row["user_id"]),
        "proposed_at": iso_time(row["proposed_ns"]),
        **_about(exchange, row),
        "reason": CAUSES[row["reason"]],
        "note": read_note(exchange.vault, row["evidence"]),
    }
    if row["ended_ns"]:
        told |= {"ended_by": str(row["ended_by"]), "ended_at": iso_time(row["ended_ns"])}
        told |= {"end_reason": CAUSES[row["end_reason"]], "end_note": read_note(exchange.vault, row["end_evidence"])}
    return told


def killed(exchange: Exchange, participant: int, instrument: int) -> Shown:
    """What a kill names, in the words in which it is asked for."""
    if participant:
        return {"participant": str(participant)}
    return {"product_id": exchange.directory.instruments[instrument].symbol} if instrument else {"venue": True}


def cash(exchange: Exchange, asset: int, amount: int) -> Shown:
    entry = exchange.directory.assets[asset]
    return {"currency": entry.code, "amount": format_scaled(amount, entry.scale)}


def _about(exchange: Exchange, row: Row | Mapping[str, Any]) -> Shown:
    kind, subject, amount = row["command_kind"], row["subject"], row["amount"]
    if kind in {c.BustTrade.KIND, c.AdjustTrade.KIND}:
        instrument = exchange.directory.instruments[row["instrument"]]
        trade = {"product_id": instrument.symbol, "trade_id": str(subject)}
        if kind == c.BustTrade.KIND:
            return trade
        return trade | {"payer": str(row["account"])} | cash(exchange, instrument.quote, amount)
    if kind == c.Unkill.KIND:
        return killed(exchange, subject, row["instrument"])
    if kind == c.ConfirmTransfer.KIND:
        return {"transfer": str(subject), "account": str(row["account"])}
    if kind == c.WithdrawClaims.KIND:
        return {"base": str(subject), "code": exchange.directory.bases[subject].code} | {
            "account": str(row["account"]),
            "lots": amount,
        }
    if kind == c.SetWithdrawalLimit.KIND:
        return cash(exchange, subject, amount)
    if kind == c.AdoptPolicies.KIND:
        return {"policies": row["policies"].hex()}
    return {"rules_version": subject}
