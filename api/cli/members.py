"""Who takes part, as an operator sees it: participants with their accounts, people and keys."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.client import Client, Part, write_credentials
from api.cli.console import CommandError, say, show, table
from api.cli.options import HERE, Key, Url, operating

participants = typer.Typer(help="Who takes part.", no_args_is_help=True, add_completion=False)

Participant = Annotated[int, typer.Argument(min=1, help="A participant's id")]
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


def account(participant: Participant, url: Url = HERE, credentials: Key = None) -> None:
    """Open an account."""
    with operating(url, credentials) as client:
        say(f"Account {client.post(f'/participants/{participant}/accounts')['id']} is open.")


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


def revoke_key(key_id: Annotated[int, typer.Argument(min=1)], url: Url = HERE, credentials: Key = None) -> None:
    """Make a key sign nothing any more; by the id that its file holds."""
    with operating(url, credentials) as client:
        client.delete(f"/keys/{key_id}")
    say(f"Key {key_id} is revoked.")


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
