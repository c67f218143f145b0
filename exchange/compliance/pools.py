"""Pools: the class that all lots of one belong to, and whether a dataset's certificate and terms meet it.

A class is of general data about no person: whoever trades claims on its pool does not know which dataset a lot will
come from, so nothing that only some of them need may hang on it. A dataset of another kind trades by itself.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

from exchange.assay.grade import GRADE_FLOORS_PPM
from exchange.compliance.assay_facts import AssayFacts
from exchange.compliance.decisions import Reason, canonical_json
from exchange.compliance.facts import DataLevel, DatasetFacts
from exchange.compliance.gate import EXCHANGE_RULE, Gate
from exchange.compliance.licences import Licences, purpose_names, purposes_named, spdx_id
from exchange.vocabulary.instruments import Purpose

CLASS_FORMAT: Final = "tlx-pool-class/1"
DECISION_FORMAT: Final = "tlx-pool-decision/1"
GRADES: Final = tuple(grade for grade, _ in GRADE_FLOORS_PPM)
"""What a class may ask for, the best first."""
UNSTATED: Final = "ZZ"

RULES: Final[Mapping[str, str]] = {
    "PL-01": "The lots are of another size than the pool's.",
    "PL-02": "The certificate is not one of this venue's assayer, or has expired.",
    "PL-03": "The grade is below that of the class.",
    "PL-04": "The sector is not that of the class.",
    "PL-05": "The language is not that of the class.",
    "PL-06": "The kind of documents is not that of the class.",
    "PL-07": "The licence is not that of the class.",
    "PL-08": "A purpose of the class is not offered.",
    "PL-09": "A territory of the class is not covered.",
    "PL-10": "The data is not general data about no person, as every lot of a class is.",
    "PL-11": "The assay found a fault that makes the data undeliverable.",
    "PL-12": "The licence is unknown here, or does not permit every purpose of the class.",
}
"""PL-12 is about a class, the others about a dataset whose claims are to be pooled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolClass:
    """What every lot of a pool is; `kind` is the assay's profile, `grade` the least, `tick_minor` the instrument's."""

    sector: str
    language: str
    kind: str
    grade: str
    licence: str
    purposes: tuple[str, ...]
    territories: tuple[str, ...]
    lot_rtu: int
    tick_minor: int

    def document(self) -> bytes:
        stated = {**asdict(self), "purposes": sorted(self.purposes), "territories": sorted(self.territories)}
        return canonical_json({"format": CLASS_FORMAT, **stated})

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.document()).digest()

    @classmethod
    def read(cls, document: bytes) -> "PoolClass":
        stated: dict[str, Any] = json.loads(document)
        assert stated.pop("format") == CLASS_FORMAT
        lists = {name: tuple(stated[name]) for name in ("purposes", "territories")}
        return cls(**(stated | lists))

    @property
    def asked_purposes(self) -> Purpose:
        return purposes_named(self.purposes)

    def facts(self) -> DatasetFacts:
        """What the gate may take for granted of every lot, since no dataset is pooled of which it does not hold."""
        return DatasetFacts(
            dataset=self.digest.hex(),
            licence=self.licence,
            offered_purposes=self.asked_purposes,
            territories=frozenset(self.territories),
            sources=(),
            origin=UNSTATED,
            data_level=DataLevel.GENERAL,
            source_statement=True,
            right_holder_authority=True,
            human_genetic=False,
            declares_personal=False,
            declares_sensitive=False,
            declares_under_14=False,
            anonymised=False,
            persons=0,
            assay=AssayFacts(documents=0, personal_found=0, sensitive_found=0, secrets_found=0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A dataset whose claims are to be pooled; `certified` says whether its certificate stands now."""

    base: int
    certificate: str
    certified: bool
    lot_rtu: int
    sector: str
    language: str
    kind: str
    grade: str
    facts: DatasetFacts

    def record(self, licences: Licences) -> dict[str, Any]:
        named = ("base", "certificate", "lot_rtu", "sector", "language", "kind", "grade")
        told = {name: getattr(self, name) for name in named}
        return {**told, "certified": self.certified, "dataset": self.facts.dataset, **self.facts.attributes(licences)}


@dataclass(frozen=True)
class PoolDecision:
    """Whether a class is admitted, or a dataset belongs to it, with every reason at once."""

    reasons: tuple[Reason, ...]
    about: Mapping[str, Any]

    @property
    def permitted(self) -> bool:
        return not self.reasons

    @cached_property
    def _document(self) -> bytes:
        reasons = [asdict(reason) for reason in self.reasons]
        told = {"format": DECISION_FORMAT, "permitted": self.permitted, "reasons": reasons}
        return canonical_json({**told, **self.about})

    def document(self) -> bytes:
        """Canonical JSON; what is stored, and what `digest` is of."""
        return self._document

    @cached_property
    def digest(self) -> bytes:
        return hashlib.sha256(self._document).digest()


def admit_class(pool_class: PoolClass, gate: Gate, *, decided_at_ns: int) -> PoolDecision:
    """Whether a pool of this class may be defined."""
    asked = pool_class.asked_purposes
    permits = bool(asked) and gate.licences.permitted(pool_class.licence, asked) == asked
    about = _about(pool_class, gate, decided_at_ns)
    return PoolDecision(_reasons({"PL-12": (permits, spdx_id(pool_class.licence))}), about)


def belongs(pool_class: PoolClass, candidate: Candidate, gate: Gate, *, decided_at_ns: int) -> PoolDecision:
    """Whether a dataset's lots are of the class; the decision holds the facts that it rests on."""
    checks = _measured(pool_class, candidate) | _stated(pool_class, candidate, gate.licences)
    about = _about(pool_class, gate, decided_at_ns) | {"candidate": candidate.record(gate.licences)}
    return PoolDecision(_reasons(checks), about)


def _about(pool_class: PoolClass, gate: Gate, decided_at_ns: int) -> dict[str, Any]:
    return {
        "class": pool_class.digest.hex(),
        "policy_set_sha256": gate.policy_set_sha256,
        "profile": gate.profile.name,
        "decided_at_ns": decided_at_ns,
    }


_Checks = dict[str, tuple[bool, str]]
"""By rule: whether it is kept, and what was found instead."""


def _measured(pool_class: PoolClass, candidate: Candidate) -> _Checks:
    """What the certificate and the lots say."""
    failures = candidate.facts.assay.hard_failures if candidate.facts.assay else frozenset({"NOT_ASSAYED"})
    return {
        "PL-01": (candidate.lot_rtu == pool_class.lot_rtu, f"{candidate.lot_rtu} RTU"),
        "PL-02": (candidate.certified, candidate.certificate),
        "PL-03": (_is_at_least(candidate.grade, pool_class.grade), candidate.grade),
        "PL-06": (candidate.kind == pool_class.kind, candidate.kind),
        "PL-11": (not failures, ", ".join(sorted(failures))),
    }


def _stated(pool_class: PoolClass, candidate: Candidate, licences: Licences) -> _Checks:
    """What the listing says, and what the licence makes of it."""
    facts, asked = candidate.facts, pool_class.asked_purposes
    offered = licences.permitted(facts.licence, facts.offered_purposes)
    everywhere = "worldwide" in facts.territories
    covered = everywhere or facts.territories >= set(pool_class.territories)
    return {
        "PL-04": (candidate.sector == pool_class.sector, candidate.sector or "none stated"),
        "PL-05": (candidate.language == pool_class.language, candidate.language),
        "PL-07": (spdx_id(facts.licence) == spdx_id(pool_class.licence), spdx_id(facts.licence)),
        "PL-08": (offered & asked == asked, ", ".join(purpose_names(asked & ~offered))),
        "PL-09": (covered, ", ".join(sorted(facts.territories))),
        "PL-10": (_is_about_nobody(facts), str(facts.data_level or "level not stated")),
    }


def _is_at_least(grade: str, least: str) -> bool:
    return grade in GRADES and GRADES.index(grade) <= GRADES.index(least)


def _is_about_nobody(facts: DatasetFacts) -> bool:
    declared = facts.declares_personal or facts.declares_sensitive or facts.declares_under_14 or facts.human_genetic
    found = facts.assay is None or facts.assay.personal_found or facts.assay.secrets_found
    return facts.data_level is DataLevel.GENERAL and not declared and not found and not facts.persons


def _reasons(checks: Mapping[str, tuple[bool, str]]) -> tuple[Reason, ...]:
    failed: Sequence[tuple[str, str]] = [(rule, found) for rule, (kept, found) in sorted(checks.items()) if not kept]
    return tuple(Reason(rule, EXCHANGE_RULE, "refuse", RULES[rule], found) for rule, found in failed)
