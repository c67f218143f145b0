"""Why an operator does something: a word that programs go by, and a note in the operator's own words."""

from functools import partial
from typing import Annotated, Any, Final, Literal

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field

from exchange.operations.notes import keep_note
from exchange.runtime import Exchange
from exchange.vocabulary.instruments import Cause

CauseName = Literal["operator", "recall", "regulator", "technical", "conduct", "risk"]
Note = Annotated[str, Field(max_length=2_000, description="Kept on record, under its digest in the journal")]
CAUSES: Final = {int(cause): cause.name.lower() if cause else "" for cause in Cause}
"""As they are told; where none was given, nothing."""


class Why(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "conduct", "note": "an inquiry into wash trades"}}
    )

    reason: CauseName = "operator"
    note: Note = ""


UNSAID: Final = Why()
"""Of a request that takes a body with a reason and came without one."""


async def recorded(exchange: Exchange, why: Why) -> dict[str, Any]:
    """The fields of a command that say why, once the note is durable."""
    evidence = await to_thread.run_sync(partial(keep_note, exchange.vault, why.note))
    return {"reason": Cause[why.reason.upper()], "evidence": evidence}
