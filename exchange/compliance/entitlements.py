"""From the gate's decisions to the engine's entitlement: two decisions, one verdict, one digest.

An entitlement is granted only where both `order` and `settle` are permitted. The verdict's document holds both
decisions whole, and its digest travels in the command, so that the engine's refusals lead back to rules and articles.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from exchange.compliance.decisions import Action, Decision, Reason, canonical_json
from exchange.compliance.facts import DatasetFacts, ParticipantFacts, RequestFacts
from exchange.compliance.gate import Gate
from exchange.compliance.licences import purpose_names
from exchange.vocabulary.commands import GrantEntitlement, RevokeEntitlement
from exchange.vocabulary.instruments import Purpose, Side
from exchange.vocabulary.units import MAX_LOTS

VERDICT_FORMAT: Final = "tlx-entitlement/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitlementTerms:
    """Who may trade which side of what, and within which limits; `min_days` counts trading days between opposites."""

    account: int
    instrument: int
    side: Side
    purposes: Purpose
    position_limit_lots: int
    expires_at_ns: int
    min_days: int

    def __post_init__(self) -> None:
        assert 0 < self.position_limit_lots <= MAX_LOTS
        assert self.account > 0
        assert self.instrument > 0

    def record(self) -> dict[str, Any]:
        return {
            "account": self.account,
            "instrument": self.instrument,
            "side": self.side.name.lower(),
            "purposes": purpose_names(self.purposes),
            "position_limit_lots": self.position_limit_lots,
            "expires_at_ns": self.expires_at_ns,
            "min_days": self.min_days,
        }


@dataclass(frozen=True)
class EntitlementVerdict:
    """Both decisions and the terms they were asked for; the terms bind only where `permitted`."""

    order: Decision
    settle: Decision
    terms: EntitlementTerms

    def __post_init__(self) -> None:
        assert (self.order.action, self.settle.action) == (Action.ORDER, Action.SETTLE)
        assert self.order.policy_set_sha256 == self.settle.policy_set_sha256
        assert self.order.profile == self.settle.profile
        assert self.order.decided_at_ns == self.settle.decided_at_ns
        for decision in (self.order, self.settle):
            asked = decision.facts["request"]
            assert asked["side"] == self.terms.side.name.lower()
            assert asked["purposes"] == purpose_names(self.terms.purposes)
        for part in ("participant", "dataset"):
            assert self.order.facts[part] == self.settle.facts[part]

    @property
    def permitted(self) -> bool:
        return self.order.permitted and self.settle.permitted

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons of both decisions, each once."""
        return tuple(sorted({*self.order.reasons, *self.settle.reasons}))

    @cached_property
    def _document(self) -> bytes:
        return canonical_json(
            {
                "format": VERDICT_FORMAT,
                "permitted": self.permitted,
                "terms": self.terms.record(),
                "order": self.order.record(),
                "settle": self.settle.record(),
            }
        )

    def document(self) -> bytes:
        """Canonical JSON; to be stored before the command that carries `digest`."""
        return self._document

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the document."""
        return hashlib.sha256(self._document).digest()

    def grant(self, actor: int) -> GrantEntitlement:
        """The command that lets the account trade; only a permitted verdict has one."""
        assert self.permitted
        terms = self.terms
        return GrantEntitlement(
            actor=actor,
            account=terms.account,
            instrument=terms.instrument,
            side=terms.side,
            purpose=terms.purposes,
            min_days=terms.min_days,
            position_limit_lots=terms.position_limit_lots,
            expires_at_ns=terms.expires_at_ns,
            decision=self.digest,
        )

    def revoke(self, actor: int) -> RevokeEntitlement:
        """The command that takes an earlier grant back, because this verdict is a denial."""
        assert not self.permitted
        terms = self.terms
        return RevokeEntitlement(
            actor=actor,
            account=terms.account,
            instrument=terms.instrument,
            side=terms.side,
            decision=self.digest,
        )


def entitle(
    gate: Gate,
    participant: ParticipantFacts,
    dataset: DatasetFacts,
    request: RequestFacts,
    *,
    account: int,
    instrument: int,
    position_limit_lots: int,
    expires_at_ns: int,
    decided_at_ns: int,
) -> EntitlementVerdict:
    """Ask the gate for both decisions on `request` (which names side and purposes) and put the verdict together.

    `expires_at_ns` is the caller's: the earliest end of the verification, of the listing and of the evidence relied on
    (`approvals.valid_until_ns`).
    """
    assert request.side is not None
    assert request.purposes is not None
    assert expires_at_ns > decided_at_ns
    terms = EntitlementTerms(
        account=account,
        instrument=instrument,
        side=request.side,
        purposes=request.purposes,
        position_limit_lots=position_limit_lots,
        expires_at_ns=expires_at_ns,
        min_days=gate.profile.min_days,
    )
    order, settle = (
        gate.decide(action, participant, dataset, request, decided_at_ns=decided_at_ns)
        for action in (Action.ORDER, Action.SETTLE)
    )
    return EntitlementVerdict(order, settle, terms)
