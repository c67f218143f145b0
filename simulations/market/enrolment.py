"""Taking participants in: what the operator does for a firm, from registration to its first deposit.

Each answer is kept in the firm's file before the next step, and what a lost answer may have made is looked for at the
exchange first; so an interrupted set-up goes on where it stopped, and a finished one finds everything again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from simulations.market.agents import Role
from simulations.market.client import Venue
from simulations.market.credentials import Credentials, read_private, write_private

CURRENCY: Final = "CNY"
CONTRACT_TERMS: Final = ("purpose", "method", "scope", "security-duties")
"""What its contract with the venue fixes, without which data on persons is not traded."""
EVIDENCE: Final = (
    "{name} is a simulated participant of a simulated market.\n"
    "It stands for no firm; this note is the evidence of its identity, for the show.\n"
)


class Plan(NamedTuple):
    """A participant to be: `slug` names its file, `deposit` is in whole units of the currency."""

    slug: str
    name: str
    role: Role
    deposit: int

    @property
    def roles(self) -> list[str]:
        return ["vendor"] if self.role is Role.VENDOR else ["vendor", "buyer"]


@dataclass(frozen=True, slots=True)
class Member:
    """A participant with an account and a key."""

    plan: Plan
    participant: str
    account: str
    credentials: Credentials


def plans(vendors: int, buyers: int) -> list[Plan]:
    """Vendors, then buyers, of whom every other one is a maker."""
    made = [Plan(f"vendor-{n}", f"Simulated vendor {n}", Role.VENDOR, 1_000_000) for n in range(1, vendors + 1)]
    for n in range(1, buyers + 1):
        role = Role.MAKER if n % 2 else Role.TAKER
        made.append(Plan(f"buyer-{n}", f"Simulated buyer {n}", role, 20_000_000))
    return made


async def enlist(venue: Venue, operator: Credentials, folder: Path, plan: Plan) -> Member:
    """The member, made as far as it is missing. Raises RefusedError; AwayError, after which it may be called again."""
    path = folder / f"{plan.slug}.json"
    kept = read_private(path)

    def keep(**told: str) -> None:
        kept.update(told)
        write_private(path, kept)

    known = await _registered(venue, operator, plan)
    if known is None:
        known = await _register(venue, operator, plan)
        venue.log.info("registered", who=plan.name, participant=known["id"])
    keep(name=plan.name, participant=known["id"])
    for state in _states_left(known["state"]):
        await venue.call("POST", f"/participants/{known['id']}/state", operator, {"state": state})
    if "account" not in kept:
        keep(account=await _account(venue, operator, known))
    if "key" not in kept:
        keep(**await _key(venue, operator, known, plan))
    member = Member(plan, known["id"], kept["account"], Credentials.of(kept))
    if not kept.get("funded"):
        await deposit(venue, operator, member, f"opening-{plan.slug}")
        keep(funded="yes")
    return member


async def deposit(venue: Venue, operator: Credentials, member: Member, key: str) -> None:
    """Credit the planned amount; the same key credits once, however often it is asked."""
    body = {"currency": CURRENCY, "amount": f"{member.plan.deposit}.00", "key": key}
    await venue.surely("POST", f"/accounts/{member.account}/deposits", operator, body)
    venue.log.info("deposited", who=member.plan.name, amount=body["amount"], currency=CURRENCY)


async def _registered(venue: Venue, operator: Credentials, plan: Plan) -> dict[str, Any] | None:
    """The participant of that name, with its accounts and users, where it was registered before."""
    listed = await venue.call("GET", "/participants", operator)
    found = [each for each in listed if each["simulated"] and each["name"].startswith(plan.name)]
    exact = [each for each in found if each["name"].removesuffix(" (simulated)") == plan.name]
    return exact[0] if exact else None


async def _register(venue: Venue, operator: Credentials, plan: Plan) -> dict[str, Any]:
    form = {"name": plan.name, "kind": "organisation", "jurisdiction": "CN", "simulated": "true"}
    form["contract_terms"] = ",".join(CONTRACT_TERMS)
    note = EVIDENCE.format(name=plan.name).encode()
    registered: dict[str, Any] = await venue.call(
        "POST", "/participants", operator, form=form, files=[("evidence", ("identity.txt", note))]
    )
    return registered


def _states_left(state: str) -> list[str]:
    """What a participant still has to go through until it may trade."""
    way = ["applied", "verified", "active"]
    return way[way.index(state) + 1 :] if state in way else ["active"]


async def _account(venue: Venue, operator: Credentials, known: dict[str, Any]) -> str:
    for account in known.get("accounts", []):
        return str(account["id"] if isinstance(account, dict) else account)
    opened = await venue.call("POST", f"/participants/{known['id']}/accounts", operator)
    return str(opened["id"])


async def _key(venue: Venue, operator: Credentials, known: dict[str, Any], plan: Plan) -> dict[str, str]:
    """A new key: one whose answer was lost can sign nothing, since nobody has its secret."""
    user = next((each["id"] for each in known.get("users", [])), None)
    if user is None:
        made = await venue.call("POST", f"/participants/{known['id']}/users", operator, {"roles": plan.roles})
        user = made["id"]
    key = await venue.call("POST", f"/users/{user}/keys", operator, {"scopes": ["view", "trade"]})
    return {"user": str(user), "key": key["key"], "secret": key["secret"], "passphrase": key["passphrase"]}
