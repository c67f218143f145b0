"""The gate: one question, one decision with every reason at once, and never a permit by mistake.

    policies adopted? ── no ──► denial POLICIES_NOT_ADOPTED, and nothing else is asked
        │ yes
    facts known? ── no ──► denial FACT_MISSING, with what the other rules say
        │ yes
    Cedar evaluates all rules ── any error ──► denial EVALUATION_ERROR
        │
    permit and no forbid ──► permitted        else ──► denial with the rules that forbid

Cedar skips a forbid whose evaluation fails, which alone would permit what could not be judged; so any error, any
answer that is neither, and any fact not known are denials here.
"""

import json
from collections.abc import Callable
from importlib.resources.abc import Traversable
from typing import Any, Final

import cedarpy

from exchange.compliance.decisions import Action, Decision, Reason
from exchange.compliance.facts import DatasetFacts, Facts, ParticipantFacts, RequestFacts, known
from exchange.compliance.licences import Licences
from exchange.compliance.policy_set import PolicySet, Rule, load_policy_set
from exchange.compliance.profiles import Profile, read_profile

EXCHANGE_RULE: Final = "exchange rule"
NOT_ADOPTED: Final = (
    "POLICIES_NOT_ADOPTED",
    "These policies are not adopted: an operator has to propose their adoption, and a second one to approve it.",
)
MISSING: Final = ("FACT_MISSING", "A fact that the rules need is not known.")
FAILED: Final = ("EVALUATION_ERROR", "The rules could not be evaluated on these facts.")
NOTHING_PERMITS: Final = ("NO_PERMIT", "No rule permits this action.")


class Gate:
    """Decides under one set of policies and one venue profile; immutable, and safe to share between threads.

    `in_force` is asked at each decision whether the venue has adopted the policy set of this SHA-256.
    """

    def __init__(
        self,
        policy_set: PolicySet,
        profile: Profile,
        licences: Licences,
        in_force: Callable[[str], bool] = lambda _sha256: True,
    ) -> None:
        self._policy_set = policy_set
        self._in_force = in_force
        self.profile = profile
        self.licences = licences

    @classmethod
    def load(
        cls,
        profile: str = "open",
        folder: Traversable | None = None,
        in_force: Callable[[str], bool] = lambda _sha256: True,
    ) -> "Gate":
        """Read the shipped policies, or those of `folder`; raises PolicyError rather than start with doubtful ones."""
        policy_set = load_policy_set(folder)
        return cls(
            policy_set,
            read_profile(policy_set.profiles_toml, profile),
            Licences.parse(policy_set.licences_toml),
            in_force,
        )

    @property
    def policy_set_sha256(self) -> str:
        return self._policy_set.sha256

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule in force, by id."""
        return tuple(self._policy_set.rules.values())

    @property
    def evidence_ids(self) -> frozenset[str]:
        """Every evidence that some rule can be lifted by."""
        return frozenset(rule.evidence for rule in self.rules if rule.evidence)

    def decide(
        self,
        action: Action,
        participant: ParticipantFacts,
        dataset: DatasetFacts,
        request: RequestFacts,
        *,
        decided_at_ns: int,
    ) -> Decision:
        """Judge one request; the caller gives the time, so that the same question gets the same document."""
        facts = Facts.gather(
            participant.attributes(),
            dataset.attributes(self.licences),
            request.attributes(action, self.profile),
        )
        if self._in_force(self.policy_set_sha256):
            permitted, reasons = self._judge(action, participant.participant, dataset.dataset, facts)
        else:
            permitted, reasons = False, (_own_reason(NOT_ADOPTED, self.policy_set_sha256),)
        return Decision(
            action=action,
            permitted=permitted,
            reasons=reasons,
            policy_set_sha256=self.policy_set_sha256,
            profile=self.profile.name,
            facts={
                "participant": {"id": participant.participant, **facts.participant},
                "dataset": {
                    "id": dataset.dataset,
                    **facts.dataset,
                    "sources": [source.document() for source in dataset.sources],
                },
                "request": facts.request,
            },
            decided_at_ns=decided_at_ns,
        )

    def _judge(self, action: Action, participant: str, dataset: str, facts: Facts) -> tuple[bool, tuple[Reason, ...]]:
        answer = self._ask(action, participant, dataset, facts)
        errors, allowed = answer.diagnostics.errors, answer.allowed
        ruled = {} if allowed else answer.diagnostics.id_annotations_by_reason
        reasons = [self._reason(rule_id, facts) for rule_id in ruled.values()]
        if facts.missing:
            reasons.append(_own_reason(MISSING, ", ".join(facts.missing)))
        elif errors:
            reasons.append(_own_reason(FAILED, "; ".join(sorted(errors))))
        elif not allowed and not reasons:
            reasons.append(_own_reason(NOTHING_PERMITS, str(action)))
        permitted = answer.decision is cedarpy.Decision.Allow and not reasons
        return permitted, tuple(sorted(reasons))

    def _ask(self, action: Action, participant: str, dataset: str, facts: Facts) -> cedarpy.AuthzResult:
        """With a fact missing nothing is held to the schema, so that the rules that can still speak do."""
        principal = {"type": "Participant", "id": participant}
        resource = {"type": "Dataset", "id": dataset}
        entities = [
            {"uid": principal, "attrs": known(facts.participant), "parents": []},
            {"uid": resource, "attrs": known(facts.dataset), "parents": []},
        ]
        asked: dict[str, Any] = {
            "principal": principal,
            "action": {"type": "Action", "id": str(action)},
            "resource": resource,
            "context": known(facts.request),
        }
        schema = None if facts.missing else self._policy_set.schema
        return cedarpy.is_authorized(asked, self._policy_set.policies, json.dumps(entities), schema)

    def _reason(self, rule_id: str, facts: Facts) -> Reason:
        rule = self._policy_set.rules[rule_id]
        shown = facts.dataset.get(rule.shows) or ()
        return Reason(rule.rule_id, rule.law, rule.outcome, rule.text, ", ".join(shown))


def _own_reason(named: tuple[str, str], detail: str) -> Reason:
    rule_id, text = named
    return Reason(rule_id, EXCHANGE_RULE, "refuse", text, detail)
