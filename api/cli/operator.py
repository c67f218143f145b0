"""The operator's desk: participants, keys, cash, phases, evidence, and the books compared."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import schedule
from api.cli.client import Client, Part, write_credentials
from api.cli.console import CommandError, say, show, table
from api.cli.options import HERE, Key, Symbol, Url, operating, product_of

operator_command = typer.Typer(help="Run the venue.", no_args_is_help=True, add_completion=False)
participants = typer.Typer(help="Who takes part.", no_args_is_help=True, add_completion=False)
operator_command.add_typer(participants, name="participants")
operator_command.command("schedule")(schedule.assign)
operator_command.command("unschedule")(schedule.remove)

Participant = Annotated[int, typer.Argument(min=1, help="A participant's id")]
Account = Annotated[int, typer.Argument(min=1, help="An account's id")]
Reason = Annotated[str, typer.Option(help="Kept on record")]
Evidence = Annotated[list[Path], typer.Option(help="A file of proof of identity; may repeat")]
Terms = Annotated[str, typer.Option(help="What its contract with the venue fixes, comma-separated")]
ROLES = ("vendor", "buyer")
SCOPES = ("view", "trade")


class Kind(StrEnum):
    ORGANISATION = "organisation"
    PERSON = "person"


class State(StrEnum):
    VERIFIED = "verified"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class Phase(StrEnum):
    CLOSED = "closed"
    PRE_OPEN = "pre_open"
    OPENING_AUCTION = "opening_auction"
    CONTINUOUS = "continuous"
    VOLATILITY_AUCTION = "volatility_auction"
    CLOSING_AUCTION = "closing_auction"
    HALTED = "halted"
    CANCEL_ONLY = "cancel_only"


@participants.command("list")
def list_participants(url: Url = HERE, credentials: Key = None) -> None:
    """All participants."""
    with operating(url, credentials) as client:
        found = client.get("/participants")
    show(table("", ("id", "name", "kind", "state", "accounts", "users"), map(_row, found)))


@participants.command("add")
def add(
    name: str,
    evidence: Evidence,
    kind: Kind = Kind.ORGANISATION,
    jurisdiction: str = "CN",
    simulated: bool = False,
    contract_terms: Terms = "",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Register a participant, which trades once it was activated."""
    with operating(url, credentials) as client:
        made = _register(client, name, evidence, kind, jurisdiction, contract_terms, simulated=simulated)
    say(f"Participant {made['id']} is {made['state']}.")


@participants.command("activate")
def activate(participant: Participant, url: Url = HERE, credentials: Key = None) -> None:
    """Verify a participant on the evidence it showed, and let it trade."""
    with operating(url, credentials) as client:
        _activate(client, participant)
    say(f"Participant {participant} is active.")


@participants.command("move")
def move(participant: Participant, state: State, url: Url = HERE, credentials: Key = None) -> None:
    """Move a participant to another state."""
    with operating(url, credentials) as client:
        moved = client.post(f"/participants/{participant}/state", {"state": state.value})
    say(f"Participant {participant} is {moved['state']}.")


@operator_command.command()
def enrol(
    name: str,
    to: Annotated[Path, typer.Option("--to", help="File to write its key into")],
    evidence: Evidence,
    cash: Annotated[str | None, typer.Option(help="A first deposit, as 100000.00")] = None,
    kind: Kind = Kind.ORGANISATION,
    jurisdiction: str = "CN",
    simulated: bool = False,
    contract_terms: Terms = "",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """All that a firm needs to trade, in one step: participant, account, user, key, and cash."""
    if to.exists():
        raise CommandError("CANNOT_WRITE", f"{to} is there already")
    with operating(url, credentials) as client:
        made = _register(client, name, evidence, kind, jurisdiction, contract_terms, simulated=simulated)
        participant = int(made["id"])
        _activate(client, participant)
        opened = client.post(f"/participants/{participant}/accounts")["id"]
        user = client.post(f"/participants/{participant}/users", {"roles": list(ROLES)})["id"]
        write_credentials(to, client.post(f"/users/{user}/keys", {"scopes": list(SCOPES)}))
        if cash:
            body = {"currency": "CNY", "amount": cash, "key": f"opening-{opened}"}
            client.post(f"/accounts/{opened}/deposits", body)
    say(f"Participant {participant} is active, with account {opened}; its key is in {to}.")


@operator_command.command()
def account(participant: Participant, url: Url = HERE, credentials: Key = None) -> None:
    """Open an account."""
    with operating(url, credentials) as client:
        say(f"Account {client.post(f'/participants/{participant}/accounts')['id']} is open.")


@operator_command.command()
def user(
    participant: Participant,
    role: Annotated[list[str] | None, typer.Option(help="vendor, buyer, operator, auditor; may repeat")] = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Register a person of a participant."""
    with operating(url, credentials) as client:
        made = client.post(f"/participants/{participant}/users", {"roles": role or list(ROLES)})
    say(f"User {made['id']} is registered.")


@operator_command.command()
def key(
    user: Annotated[int, typer.Argument(min=1, help="A user's id")],
    to: Annotated[Path, typer.Option("--to", help="New file, which only you may read")],
    scope: Annotated[list[str] | None, typer.Option(help="view, trade, transfer, manage; may repeat")] = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Make a key, and write it into a file."""
    if to.exists():
        raise CommandError("CANNOT_WRITE", f"{to} is there already")
    with operating(url, credentials) as client:
        made = client.post(f"/users/{user}/keys", {"scopes": scope or list(SCOPES)})
    write_credentials(to, made)
    say(f"Key {made['id']} is in {to}.")


@operator_command.command("revoke-key")
def revoke_key(key_id: Annotated[int, typer.Argument(min=1)], url: Url = HERE, credentials: Key = None) -> None:
    """Make a key sign nothing any more; by the id that its file holds."""
    with operating(url, credentials) as client:
        client.delete(f"/keys/{key_id}")
    say(f"Key {key_id} is revoked.")


@operator_command.command()
def deposit(
    account: Account,
    amount: str,
    key: Annotated[str, typer.Option("--key", help="Names the payment; the same one credits once")],
    currency: str = "CNY",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Credit cash that came in."""
    with operating(url, credentials) as client:
        told = client.post(f"/accounts/{account}/deposits", {"currency": currency, "amount": amount, "key": key})
    say(f"Account {account} was credited {told['amount']} {told['currency']}.")


@operator_command.command()
def phase(symbol: Symbol, phase: Phase, reason: Reason = "", url: Url = HERE, credentials: Key = None) -> None:
    """Halt a product, resume it, let cancels alone through, or close it."""
    with operating(url, credentials) as client:
        told = client.post(f"/products/{product_of(symbol)}/phase", {"phase": phase.value, "reason": reason})
    say(f"{told['product_id']} is {told['phase']}.")


@operator_command.command()
def block(account: Account, reason: Reason = "", url: Url = HERE, credentials: Key = None) -> None:
    """End an account's orders and refuse new ones."""
    with operating(url, credentials) as client:
        client.post(f"/accounts/{account}/block", {"reason": reason})
    say(f"Account {account} is blocked.")


@operator_command.command()
def unblock(account: Account, reason: Reason = "", url: Url = HERE, credentials: Key = None) -> None:
    """Let a blocked account trade again."""
    with operating(url, credentials) as client:
        client.post(f"/accounts/{account}/unblock", {"reason": reason})
    say(f"Account {account} may trade again.")


@operator_command.command()
def approve(
    dataset: Annotated[str, typer.Argument(help="SHA-256 of the Croissant metadata")],
    evidence: Annotated[str, typer.Argument(help="Which evidence, as the gate's rules name it")],
    document: Annotated[Path, typer.Argument(help="The file itself")],
    participant: Annotated[str | None, typer.Option(help="For one participant alone")] = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Attach evidence that a rule of the gate waits for."""
    parts: list[Part] = [("dataset", (None, dataset)), ("evidence", (None, evidence))]
    parts += [("participant", (None, participant))] if participant else []
    with operating(url, credentials) as client:
        told = client.upload("/approvals", [*parts, ("document", (document.name, document.read_bytes()))])
    say(f"{evidence} is attached: {told['approval']}")


@operator_command.command()
def reconcile(url: Url = HERE, credentials: Key = None) -> None:
    """Compare every balance of the machine, of SQL, and of the postings. Exit status 1 where they differ."""
    with operating(url, credentials) as client:
        found = client.get("/reconciliation")
    for each in found["differences"]:
        say(f"Account {each['account']}, asset {each['asset']}: {each['engine']} {each['balances']} {each['postings']}")
    if not found["agrees"]:
        raise CommandError("BOOKS_DIFFER", f"{len(found['differences'])} balances at sequence {found['sequence']}")
    say(f"{found['compared']} balances agree at sequence {found['sequence']}.")


@operator_command.command("trial-balance")
def trial_balance(url: Url = HERE, credentials: Key = None) -> None:
    """The chart of accounts with its totals. Exit status 1 where they do not come out at zero."""
    with operating(url, credentials) as client:
        found = client.get("/trial-balance")
    if found["lines"]:
        columns = list(found["lines"][0])
        show(table("", columns, ([line[name] for name in columns] for line in found["lines"])))
    if not found["balanced"]:
        raise CommandError("UNBALANCED", str(found["differences"]))
    say("The trial balance is zero.")


def _register(
    client: Client, name: str, evidence: list[Path], kind: Kind, jurisdiction: str, terms: str, *, simulated: bool
) -> dict[str, Any]:
    said = [("name", name), ("kind", kind.value), ("jurisdiction", jurisdiction), ("contract_terms", terms)]
    parts: list[Part] = [(field, (None, value)) for field, value in said if value]
    parts.append(("simulated", (None, "true" if simulated else "false")))
    parts += [("evidence", (path.name, path.read_bytes())) for path in evidence]
    made: dict[str, Any] = client.upload("/participants", parts)
    return made


def _activate(client: Client, participant: int) -> None:
    if client.get(f"/participants/{participant}")["state"] == "applied":
        client.post(f"/participants/{participant}/state", {"state": "verified"})
    client.post(f"/participants/{participant}/state", {"state": "active"})


def _row(told: dict[str, Any]) -> list[str]:
    accounts = " ".join(f"{each['id']}{' (blocked)' if each['blocked'] else ''}" for each in told["accounts"])
    users = " ".join(f"{each['id']} ({', '.join(each['roles'])})" for each in told["users"])
    return [told["id"], told["name"], told["kind"], told["state"], accounts, users]
