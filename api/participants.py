"""Participants, their users, accounts and keys: what an operator takes in and looks after."""

import base64
from functools import partial
from typing import Annotated, Any, Final, Literal, cast

from anyio import to_thread
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.auth import Manager
from api.errors import NOT_FOUND, SIGNED_PROBLEMS, ApiError
from api.resource_models import example
from api.state import TheExchange
from api.uploads import read_upload
from exchange.compliance.facts import CONTRACT_TERMS
from exchange.operations.admission import (
    create_key,
    open_account,
    profile_of,
    register_participant,
    register_user,
    revoke_key,
    set_participant_state,
)
from exchange.operations.entries import ParticipantEntry
from exchange.operations.profiles import ParticipantKind
from exchange.runtime import Exchange
from exchange.vocabulary.participants import ParticipantState, Role, Scope
from exchange.vocabulary.wire import iso_time

router = APIRouter(tags=["operator"])

Id = Annotated[int, Path(ge=0, lt=2**63)]
StateName = Literal["verified", "active", "suspended", "left"]
RoleName = Literal["vendor", "buyer", "operator", "auditor"]
ScopeName = Literal["view", "trade", "transfer", "manage"]
KINDS: Final = {"organisation": "organisation", "individual": "individual", "person": "individual"}
FIELDS: Final = ("name", "kind", "jurisdiction", "simulated", "contract_terms")

_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["name", "kind"],
                    "properties": {
                        "name": {"type": "string", "maxLength": 200},
                        "kind": {"type": "string", "enum": ["organisation", "person"]},
                        "jurisdiction": {"type": "string", "description": "ISO 3166 code, CN by default"},
                        "simulated": {"type": "boolean", "description": "Shown wherever the participant is"},
                        "contract_terms": {
                            "type": "string",
                            "description": "What its contract with the venue fixes, comma-separated: "
                            + ", ".join(sorted(CONTRACT_TERMS)),
                        },
                        "evidence": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                }
            }
        },
    }
}


class Participant(BaseModel):
    model_config = example(
        id="9", name="Open Maths (simulated)", kind="organisation", jurisdiction="CN", state="active", simulated=True,
        contract_terms=["purpose", "scope"],
        evidence=["licence.pdf"], accounts=[{"id": "12", "blocked": False}], users=[{"id": "13", "roles": ["vendor"]}],
    )  # fmt: skip

    id: str
    name: str = Field(description="As it may be shown: a simulated participant says so in its name")
    kind: str
    jurisdiction: str
    state: str
    simulated: bool
    contract_terms: list[str] = Field(description="What its contract with the venue fixes")
    evidence: list[str] = Field(description="What proof of identity is on file; its content is kept encrypted")
    accounts: list[dict[str, Any]]
    users: list[dict[str, Any]]


class StateMove(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"state": "verified"}})

    state: StateName


class NewUser(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"roles": ["vendor", "buyer"]}})

    roles: list[RoleName] = Field(min_length=1, max_length=4)
    description: str = Field("", max_length=2_000, description="Of the person; kept encrypted, and erasable")


class NewKey(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"scopes": ["view", "trade"]}})

    scopes: list[ScopeName] = Field(min_length=1, max_length=4)


class Created(BaseModel):
    id: str


class CreatedKey(BaseModel):
    id: str = Field(description="The key in the journal")
    key: str = Field(description="CB-ACCESS-KEY")
    secret: str = Field(description="Base64; shown this once")
    passphrase: str = Field(description="Shown this once")


@router.post(
    "/participants",
    response_model=Participant,
    summary="Register a participant",
    responses=SIGNED_PROBLEMS,
    openapi_extra=_FORM,
)
async def register(request: Request, caller: Manager, exchange: TheExchange) -> Response:
    """In state `applied`; it trades once an operator who has looked at the evidence moved it to `active`."""
    form = await read_upload(request, fields=FIELDS, files=("evidence",))
    kind = KINDS.get(form.text("kind"))
    if kind is None:
        raise ApiError(400, "a participant is an organisation or a person", "BAD_VALUE", {"field": "kind"})
    simulated = form.fields.get("simulated", "false").strip().lower()
    if simulated not in {"true", "false"}:
        raise ApiError(400, "simulated is true or false", "BAD_VALUE", {"field": "simulated"})
    make = partial(
        register_participant,
        exchange,
        caller.key,
        form.text("name"),
        cast(ParticipantKind, kind),
        form.files.get("evidence", {}),
        simulated=simulated == "true",
        jurisdiction=form.fields.get("jurisdiction", "CN").strip() or "CN",
        contract_terms=frozenset(form.fields.get("contract_terms", "").replace(",", " ").split()),
    )
    participant = await to_thread.run_sync(make)
    return answer(await to_thread.run_sync(_shown, exchange, exchange.directory.participants[participant]))


@router.get("/participants", response_model=list[Participant], summary="Participants", responses=SIGNED_PROBLEMS)
async def participants(_caller: Manager, exchange: TheExchange) -> Response:
    """All of them, in the order in which they were registered."""

    def read() -> list[dict[str, Any]]:
        return [_shown(exchange, entry) for _, entry in sorted(exchange.directory.participants.items())]

    return answer(await to_thread.run_sync(read))


@router.get(
    "/participants/{participant}",
    response_model=Participant,
    summary="One participant",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def participant_of(participant: Id, _caller: Manager, exchange: TheExchange) -> Response:
    return answer(await to_thread.run_sync(_shown, exchange, _entry(exchange, participant)))


@router.post(
    "/participants/{participant}/state",
    response_model=Participant,
    summary="Verify, activate, suspend, or let go",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def move_state(participant: Id, move: StateMove, caller: Manager, exchange: TheExchange) -> Response:
    """Verified needs evidence on file; suspending and leaving end the participant's resting orders."""
    state = ParticipantState[move.state.upper()]
    await to_thread.run_sync(set_participant_state, exchange, caller.key, participant, state)
    return answer(await to_thread.run_sync(_shown, exchange, _entry(exchange, participant)))


@router.post(
    "/participants/{participant}/accounts",
    response_model=Created,
    summary="Open an account",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def account(participant: Id, caller: Manager, exchange: TheExchange) -> Response:
    _entry(exchange, participant)
    return answer({"id": str(await to_thread.run_sync(open_account, exchange, caller.key, participant))})


@router.post(
    "/participants/{participant}/users",
    response_model=Created,
    summary="Register a user",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def user(participant: Id, new: NewUser, caller: Manager, exchange: TheExchange) -> Response:
    """A person of the participant, with roles."""
    _entry(exchange, participant)
    roles = Role(0)
    for name in new.roles:
        roles |= Role[name.upper()]
    description = new.description.encode()
    made = await to_thread.run_sync(register_user, exchange, caller.key, participant, roles, description)
    return answer({"id": str(made)})


@router.post(
    "/users/{user_id}/keys", response_model=CreatedKey, summary="Make a key", responses=SIGNED_PROBLEMS | NOT_FOUND
)
async def key(user_id: Id, new: NewKey, caller: Manager, exchange: TheExchange) -> Response:
    """Secret and passphrase are shown this once, and kept encrypted."""
    if user_id not in exchange.directory.users:
        raise ApiError(404, "NotFound", "UNKNOWN_USER", {"user": str(user_id)})
    scopes = Scope(0)
    for name in new.scopes:
        scopes |= Scope[name.upper()]
    made = await to_thread.run_sync(create_key, exchange, caller.key, user_id, scopes)
    secret = base64.b64encode(made.secrets.secret).decode()
    told = {"key": made.secrets.public_id, "secret": secret, "passphrase": made.secrets.passphrase}
    return answer({"id": str(made.key), **told}, {"Cache-Control": "no-store"})


@router.delete("/keys/{key_id}", response_model=Created, summary="Revoke a key", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def revoke(key_id: Id, caller: Manager, exchange: TheExchange) -> Response:
    """By its id in the journal; from the answer on it signs nothing any more."""
    await to_thread.run_sync(revoke_key, exchange, caller.key, key_id)
    return answer({"id": str(key_id)})


def _entry(exchange: Exchange, participant: int) -> ParticipantEntry:
    entry = exchange.directory.participants.get(participant)
    if entry is None:
        raise ApiError(404, "NotFound", "UNKNOWN_PARTICIPANT", {"participant": str(participant)})
    return entry


def _shown(exchange: Exchange, entry: ParticipantEntry) -> dict[str, Any]:
    directory, profile = exchange.directory, profile_of(exchange, entry.participant)
    users = [each for each in list(directory.users.values()) if each.participant == entry.participant]
    accounts = directory.accounts_of(entry.participant)
    return {
        "id": str(entry.participant),
        "name": profile.label,
        "kind": profile.kind,
        "jurisdiction": profile.jurisdiction,
        "state": ParticipantState(entry.state).name.lower(),
        "simulated": profile.simulated,
        "contract_terms": list(profile.contract_terms),
        "evidence": sorted(profile.evidence),
        "expires_at": None if entry.expires_at_ns >= _NEVER_NS else iso_time(entry.expires_at_ns),
        "accounts": [{"id": str(each.account), "blocked": bool(each.blocked)} for each in accounts],
        "users": [{"id": str(each.user), "roles": _names(Role(each.roles))} for each in users],
    }


_NEVER_NS: Final = 2**62
"""Times beyond are for ever, and past what a calendar writes."""


def _names(roles: Role) -> list[str]:
    return [role.name.lower() for role in Role if role in roles and role.name]
