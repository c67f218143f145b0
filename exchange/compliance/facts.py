"""What the gate is told, as frozen values, and how that becomes what the rules see.

A fact that is None is not known; where a rule may ask for it, the gate denies. Judging belongs to the rules: what is
computed here (conflicts of licences, missing evidence, permitted purposes) is what Cedar cannot compute, being no loop.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from exchange.compliance.assay_facts import NO_SAMPLING_REPORT, NOT_ASSAYED, AssayFacts, SamplingFacts
from exchange.compliance.decisions import Action
from exchange.compliance.licences import Licences, purpose_names, spdx_id
from exchange.compliance.profiles import Profile, mode_names
from exchange.vocabulary.instruments import Mode, Purpose, Side

Attributes = dict[str, Any]

CONTRACT_TERMS: Final = frozenset({"purpose", "method", "scope", "security-duties"})
"""What a contract on personal or important data must fix (NDSR Art. 12)."""


class DataLevel(StrEnum):
    """Levels of GB/T 43697-2024, and state secrets, which stand outside it."""

    GENERAL = "general"
    IMPORTANT = "important"
    CORE = "core"
    STATE_SECRET = "state-secret"  # noqa: S105 - a level of data, no password


class Acquisition(StrEnum):
    """How a source was come by; each way has evidence of its own (`licences.toml`)."""

    OPEN = "open"
    SELF_COLLECTED = "self-collected"
    COMMERCIAL = "commercial"
    CRAWLED = "crawled"
    SYNTHETIC = "synthetic"
    PUBLIC_DATA = "public-data"


class LegalBasis(StrEnum):
    """On what personal data may be supplied; a basis counts only once its evidence is attached."""

    SEPARATE_CONSENT = "separate-consent"
    LAWFULLY_PUBLIC = "lawfully-public"
    STATUTORY_BASIS = "statutory-basis"
    SENSITIVE_DATA_CONSENT = "sensitive-data-consent"
    GUARDIAN_CONSENT = "guardian-consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantFacts:
    """`participant` is an opaque id, never a person's name; `jurisdiction` a country code as CN."""

    participant: str
    identity_verified: bool | None
    blocked: bool | None
    jurisdiction: str | None

    def attributes(self) -> Attributes:
        return {
            "identity_verified": self.identity_verified,
            "blocked": self.blocked,
            "jurisdiction": self.jurisdiction,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """One declared source. `evidence` holds the kinds attached, such as `licence-file` or `contract`."""

    name: str
    licence: str
    acquisition: Acquisition
    evidence: frozenset[str] = frozenset()
    crawled_against_refusal: bool = False
    mining_opt_out_ignored: bool = False

    def document(self) -> Attributes:
        return {
            "name": self.name,
            "licence": spdx_id(self.licence),
            "acquisition": str(self.acquisition),
            "evidence": sorted(self.evidence),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFacts:
    """What the listing states and the assay found. `persons` counts the people the data is about; `origin` a country.

    `territories` are country codes, or `worldwide`; `legal_bases` those with evidence attached; `prohibitions` what the
    offer forbids, by ODRL's names.
    """

    dataset: str
    licence: str
    offered_purposes: Purpose
    territories: frozenset[str]
    sources: tuple[SourceFacts, ...]
    origin: str | None
    data_level: DataLevel | None
    source_statement: bool | None
    right_holder_authority: bool | None
    human_genetic: bool | None
    declares_personal: bool | None
    declares_sensitive: bool | None
    declares_under_14: bool | None
    anonymised: bool | None
    persons: int | None
    legal_bases: frozenset[LegalBasis] = frozenset()
    assay: AssayFacts | None = None
    sampling: SamplingFacts | None = None
    sector: str = ""
    prohibitions: frozenset[str] = frozenset()

    def attributes(self, licences: Licences) -> Attributes:
        return {
            **self._declared(),
            **self._licensed(licences),
            **self._sourced(licences),
            **(self.assay.attributes() if self.assay else NOT_ASSAYED),
            **(self.sampling.attributes() if self.sampling else NO_SAMPLING_REPORT),
        }

    def _declared(self) -> Attributes:
        """Sensitive data and data of children are personal data, whether or not the vendor draws the conclusion."""
        personal = self.declares_personal or self.declares_sensitive or self.declares_under_14
        return {
            "origin": self.origin,
            "data_level": None if self.data_level is None else str(self.data_level),
            "source_statement": self.source_statement,
            "right_holder_authority": self.right_holder_authority,
            "human_genetic": self.human_genetic,
            "declares_personal": personal or self.declares_personal,
            "declares_sensitive": self.declares_sensitive,
            "declares_under_14": self.declares_under_14,
            "anonymised": self.anonymised,
            "persons": self.persons,
            "legal_bases": sorted(self.legal_bases),
            "sector": self.sector,
            "prohibitions": sorted(self.prohibitions),
        }

    def _licensed(self, licences: Licences) -> Attributes:
        return {
            "licence": spdx_id(self.licence),
            "licence_conflicts": licences.conflicts((source.licence for source in self.sources), self.licence),
            "permitted_purposes": purpose_names(licences.permitted(self.licence, self.offered_purposes)),
            "territories": sorted(self.territories),
        }

    def _sourced(self, licences: Licences) -> Attributes:
        missing = [
            f"{source.name}: {kind}"
            for source in self.sources
            for kind in licences.missing_evidence(source.acquisition, source.evidence)
        ]
        unauthorised = [
            source.name
            for source in self.sources
            if source.acquisition is Acquisition.PUBLIC_DATA and "authorisation" not in source.evidence
        ]
        return {
            "source_count": len(self.sources),
            "missing_evidence": sorted(missing),
            "public_data_unauthorised": sorted(unauthorised),
            "crawled_against_refusal": sorted(s.name for s in self.sources if s.crawled_against_refusal),
            "mining_opt_out_ignored": sorted(s.name for s in self.sources if s.mining_opt_out_ignored),
        }


REQUEST_FACTS: Final[Mapping[Action, tuple[str, ...]]] = {
    Action.LIST: (),
    Action.SAMPLE: ("territory", "recalled"),
    Action.ORDER: ("side", "purposes", "territory", "modes", "max_holders", "recalled"),
    Action.SETTLE: ("side", "purposes", "territory", "modes", "max_holders", "recalled", "contract"),
    Action.DELIVER: ("purposes", "territory", "recalled", "contract", "paid", "hashes_match"),
}
"""What each action must be told besides approvals, as in the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What is asked for, and under which circumstances; facts that the action has no use for are left out.

    `approvals` are evidence ids valid at this moment (`approvals.valid_evidence`). `modes` and `max_holders` are the
    instrument's. `contract` holds which of CONTRACT_TERMS the contract fixes.
    """

    approvals: frozenset[str] = frozenset()
    side: Side | None = None
    purposes: Purpose | None = None
    territory: str | None = None
    modes: Mode | None = None
    max_holders: int | None = None
    recalled: bool | None = None
    contract: frozenset[str] | None = None
    paid: bool | None = None
    hashes_match: bool | None = None

    def attributes(self, action: Action, profile: Profile) -> Attributes:
        spelt: Attributes = {
            "side": None if self.side is None else self.side.name.lower(),
            "purposes": None if self.purposes is None else purpose_names(self.purposes),
            "modes": None if self.modes is None else mode_names(self.modes),
            "contract": None if self.contract is None else sorted(self.contract),
        }
        asked = {name: spelt.get(name, getattr(self, name)) for name in REQUEST_FACTS[action]}
        venue = {
            "modes": mode_names(profile.modes),
            "require_sampling_report": profile.require_sampling_report,
            "max_holders": profile.max_holders,
        }
        return {**asked, "approvals": sorted(self.approvals), "venue": venue}


@dataclass(frozen=True, slots=True)
class Facts:
    """One request as the rules see it; None marks what is not known."""

    participant: Attributes
    dataset: Attributes
    request: Attributes
    missing: tuple[str, ...] = field(default=())

    @classmethod
    def gather(cls, participant: Attributes, dataset: Attributes, request: Attributes) -> "Facts":
        parts = {"participant": participant, "dataset": dataset, "request": request}
        missing = [f"{part}.{name}" for part, facts in parts.items() for name, v in facts.items() if v is None]
        return cls(participant, dataset, request, tuple(sorted(missing)))


def known(attributes: Attributes) -> Attributes:
    """The attributes without those not known, which Cedar must not see as anything at all."""
    return {name: value for name, value in attributes.items() if value is not None}
