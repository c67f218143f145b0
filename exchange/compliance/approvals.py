"""Evidence that an operator attaches to lift `approval:` outcomes, such as an impact assessment.

An evidence id is lower-case words and dashes, as the rules spell it; the evidence itself is a stored document, known
here by its SHA-256. Evidence holds for one dataset, for one recipient or for all, and for a stated time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from exchange.compliance.decisions import Decision
from exchange.compliance.errors import ApprovalError
from exchange.compliance.policy_set import EVIDENCE_ID
from exchange.vocabulary.units import FOREVER_NS

DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Valid from `valid_from_ns` and before `expires_at_ns`; an empty `participant` means every recipient."""

    evidence: str
    dataset: str
    document: bytes
    actor: int
    valid_from_ns: int
    expires_at_ns: int = FOREVER_NS
    participant: str = ""

    def covers(self, dataset: str, participant: str, at_ns: int) -> bool:
        return (
            self.dataset == dataset
            and self.participant in {"", participant}
            and self.valid_from_ns <= at_ns < self.expires_at_ns
        )


def checked(approval: Approval, evidence_ids: frozenset[str]) -> Approval:
    """The approval, where it can lift something; raises ApprovalError. `evidence_ids` are `Gate.evidence_ids`."""
    if not EVIDENCE_ID.fullmatch(approval.evidence):
        raise ApprovalError("EVIDENCE_MALFORMED", repr(approval.evidence))
    if approval.evidence not in evidence_ids:
        raise ApprovalError("EVIDENCE_UNKNOWN", f"{approval.evidence!r} is none of {sorted(evidence_ids)}")
    if len(approval.document) != DIGEST_BYTES:
        raise ApprovalError("DIGEST_MALFORMED", f"{len(approval.document)} bytes")
    if approval.expires_at_ns <= approval.valid_from_ns:
        raise ApprovalError("VALIDITY_EMPTY", f"{approval.valid_from_ns} to {approval.expires_at_ns}")
    return approval


def valid_evidence(approvals: Iterable[Approval], dataset: str, participant: str, at_ns: int) -> frozenset[str]:
    """The evidence ids in force at a moment, as `RequestFacts.approvals` takes them."""
    return frozenset(a.evidence for a in approvals if a.covers(dataset, participant, at_ns))


def valid_until_ns(approvals: Iterable[Approval], dataset: str, participant: str, at_ns: int) -> int:
    """When the first evidence in force now is no longer: a verdict that relies on it must not outlive that."""
    latest: dict[str, int] = {}
    for approval in approvals:
        if approval.covers(dataset, participant, at_ns):
            latest[approval.evidence] = max(latest.get(approval.evidence, 0), approval.expires_at_ns)
    return min(latest.values(), default=FOREVER_NS)


def outstanding(decisions: Iterable[Decision]) -> tuple[str, ...]:
    """All evidence that the decisions still wait for; none of it helps a decision that is refused besides."""
    return tuple(sorted({evidence for decision in decisions for evidence in decision.required_approvals}))
