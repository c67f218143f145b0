"""A decision of the gate and its document: what was asked and seen, which rules spoke, under which policies."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

APPROVAL: Final = "approval:"
DECISION_FORMAT: Final = "tlx-decision/1"


def evidence_of(outcome: str) -> str | None:
    """The evidence of an outcome `approval:<evidence>`, or None for any other outcome."""
    return outcome.removeprefix(APPROVAL) if outcome.startswith(APPROVAL) else None


class Action(StrEnum):
    """What the gate is asked about: listing a dataset, showing a sample of it, ordering, settling, delivering lots."""

    LIST = "list"
    SAMPLE = "sample"
    ORDER = "order"
    SETTLE = "settle"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """One rule that forbids. `outcome` is `refuse` or `approval:<evidence>`; `detail` names the facts at fault."""

    rule_id: str
    law: str
    outcome: str
    text: str
    detail: str = ""

    @property
    def approval(self) -> str | None:
        """The evidence that would lift this reason, or None where nothing does."""
        return evidence_of(self.outcome)


def canonical_json(value: Any) -> bytes:
    """The one encoding of a document: sorted keys, no spaces, UTF-8, whole numbers only."""
    _assert_no_float(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _assert_no_float(value: Any) -> None:
    assert not isinstance(value, float), "a document holds no floating-point number"
    if isinstance(value, Mapping):
        for key, item in value.items():
            assert isinstance(key, str)
            _assert_no_float(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _assert_no_float(item)


@dataclass(frozen=True)
class Decision:
    """A verdict with every reason at once. `facts` are exactly what the rules saw, and the sources they came from."""

    action: Action
    permitted: bool
    reasons: tuple[Reason, ...]
    policy_set_sha256: str
    profile: str
    facts: Mapping[str, Any]
    decided_at_ns: int

    @property
    def required_approvals(self) -> tuple[str, ...]:
        """Evidence that is still to be attached; enough for a permit only where `needs_only_approval`."""
        return tuple(sorted({reason.approval for reason in self.reasons if reason.approval}))

    @property
    def needs_only_approval(self) -> bool:
        """True where the outstanding evidence, once attached, would turn this denial into a permit."""
        return not self.permitted and all(reason.approval for reason in self.reasons)

    def record(self) -> dict[str, Any]:
        """The content of the document, for embedding in another one."""
        reasons = [
            {"rule": r.rule_id, "law": r.law, "outcome": r.outcome, "text": r.text, "detail": r.detail}
            for r in self.reasons
        ]
        return {
            "format": DECISION_FORMAT,
            "action": str(self.action),
            "permitted": self.permitted,
            "reasons": reasons,
            "required_approvals": list(self.required_approvals),
            "policy_set_sha256": self.policy_set_sha256,
            "profile": self.profile,
            "facts": self.facts,
            "decided_at_ns": self.decided_at_ns,
        }

    @cached_property
    def _document(self) -> bytes:
        return canonical_json(self.record())

    def document(self) -> bytes:
        """Canonical JSON; what is stored, and what `digest` is of."""
        return self._document

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the document: the 32 bytes that travel in commands."""
        return hashlib.sha256(self._document).digest()
