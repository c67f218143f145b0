"""What takes two operators: proposing it, and approving or rejecting what another proposed."""

import uuid
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from api.cli.console import say, show, table
from api.cli.options import HERE, Key, Symbol, Url, operating, product_of
from api.cli.reasons import Cause, Note, Reason, say_proposed, why

Trade = Annotated[int, typer.Argument(min=1, help="The trade's number in this product")]
Party = Annotated[int, typer.Option(min=1, help="An account that is a side of the trade")]
Proposal = Annotated[int, typer.Argument(min=1, help="A proposal's id")]
_OF_ALL: Final = frozenset(
    {"id", "what", "status", "proposed_by", "proposed_at", "reason", "note"}
    | {"ended_by", "ended_at", "end_reason", "end_note"}
)


class Status(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    ALL = "all"


def bust(
    symbol: Symbol, trade: Trade, reason: Reason, note: Note = "", url: Url = HERE, credentials: Key = None
) -> None:
    """Propose to undo a trade whole: claims, cash and fees."""
    with operating(url, credentials) as client:
        say_proposed(client.post(f"/trades/{product_of(symbol)}/{trade}/bust", why(reason, note)))


def adjust(
    symbol: Symbol,
    trade: Trade,
    amount: Annotated[str, typer.Argument(help="Cash that moves, as 12.50")],
    payer: Party,
    payee: Party,
    reason: Reason,
    note: Note = "",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Propose that one party of a trade pays the other; the trade stands."""
    body = {"payer": str(payer), "payee": str(payee), "amount": amount, **why(reason, note)}
    with operating(url, credentials) as client:
        say_proposed(client.post(f"/trades/{product_of(symbol)}/{trade}/adjust", body))


def withdraw_claims(
    symbol: Symbol,
    account: Annotated[int, typer.Argument(min=1, help="Whose claims")],
    lots: Annotated[int, typer.Argument(min=1, help="How many claims")],
    reason: Reason,
    note: Note = "",
    client_oid: Annotated[str | None, typer.Option(help="The same one withdraws once")] = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Propose to burn an account's free claims on a dataset, with nothing delivered for them."""
    body = {"lots": lots, "client_oid": client_oid or str(uuid.uuid4()), **why(reason, note)}
    with operating(url, credentials) as client:
        told = client.post(f"/datasets/{product_of(symbol)}/holders/{account}/withdrawals", body)
    if told.get("replayed"):
        say(f"{told['lots']} claims were withdrawn before, under client_oid {told['client_oid']}.")
    else:
        say_proposed(told)


def withdrawal_limit(
    amount: Annotated[str, typer.Argument(help="As 50000.00; withdrawals of more take two operators")],
    currency: str = "CNY",
    reason: Reason = Cause.OPERATOR,
    note: Note = "",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Propose how much cash may leave on one operator's word."""
    with operating(url, credentials) as client:
        say_proposed(client.put(f"/withdrawal-limits/{currency}", {"amount": amount, **why(reason, note)}))


def adopt_policies(
    digest: Annotated[str | None, typer.Argument(help="SHA-256 of the policy set; without it, the server's")] = None,
    reason: Reason = Cause.OPERATOR,
    note: Note = "",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Propose that the gate decides by another policy set."""
    with operating(url, credentials) as client:
        named = {} if digest is None else {"policies": digest}
        say_proposed(client.post("/policies/adopt", named | why(reason, note)))


def rules(
    version: Annotated[int, typer.Argument(min=1, help="Of the matching rules")],
    reason: Reason = Cause.OPERATOR,
    note: Note = "",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Propose another version of the matching rules."""
    with operating(url, credentials) as client:
        say_proposed(client.post("/rules", {"rules_version": version, **why(reason, note)}))


def list_proposals(status: Status = Status.WAITING, url: Url = HERE, credentials: Key = None) -> None:
    """What waits for a second operator, or did."""
    with operating(url, credentials) as client:
        found = client.get("/proposals", status=status.value)
    columns = ("id>", "what", "about", "by user", "proposed", "reason", "note", "status")
    show(table("", columns, map(_row, found)) if found else "No proposals.")


def approve(
    proposal: Proposal, reason: Reason = Cause.OPERATOR, note: Note = "", url: Url = HERE, credentials: Key = None
) -> None:
    """Carry out what another operator proposed."""
    with operating(url, credentials) as client:
        client.post(f"/proposals/{proposal}/approve", why(reason, note))
    say(f"Proposal {proposal} is approved and carried out.")


def reject(
    proposal: Proposal, reason: Reason = Cause.OPERATOR, note: Note = "", url: Url = HERE, credentials: Key = None
) -> None:
    """Drop a proposal, another's or your own."""
    with operating(url, credentials) as client:
        client.post(f"/proposals/{proposal}/reject", why(reason, note))
    say(f"Proposal {proposal} is rejected.")


def _row(told: dict[str, Any]) -> list[object]:
    about = ", ".join(f"{name} {value}" for name, value in told.items() if name not in _OF_ALL)
    why_told = [told.get("reason", ""), told.get("note", "")]
    status = told["status"]
    if "ended_by" in told:
        status += f" by user {told['ended_by']}" + "".join(
            f", {told[x]}" for x in ("end_reason", "end_note") if told[x]
        )
    return [told["id"], told["what"], about, told["proposed_by"], told["proposed_at"], *why_told, status]
