"""A participant's profile: the document that its registration names. No personal data, and none of the evidence.

The evidence of identity shows people, so it lies encrypted in the erasable store, and so does the name of a participant
who is a person; the profile holds digests and an opaque id.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from exchange.compliance.decisions import canonical_json
from exchange.compliance.facts import CONTRACT_TERMS
from exchange.delivery.vault import Vault
from exchange.operations.refusals import OperationRefused
from exchange.store.secrets import SUBJECT_BYTES, SecretStore

PROFILE_FORMAT: Final = "tlx-participant/1"
ParticipantKind = Literal["organisation", "individual"]
SIMULATED_LABEL: Final = "simulated"


@dataclass(frozen=True, slots=True)
class Profile:
    """`subject` is the opaque id, in hex, of what the erasable store holds; `evidence` maps its kinds to SHA-256s.

    `contract_terms` are those of CONTRACT_TERMS that the participant's contract with the venue fixes.
    """

    name: str
    kind: ParticipantKind
    jurisdiction: str
    simulated: bool
    subject: str
    evidence: Mapping[str, str]
    contract_terms: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name as it may be shown: a simulated participant says so wherever it appears."""
        return f"{self.name} ({SIMULATED_LABEL})" if self.simulated else self.name

    def document(self) -> bytes:
        return canonical_json(
            {
                "format": PROFILE_FORMAT,
                "name": self.name,
                "kind": self.kind,
                "jurisdiction": self.jurisdiction,
                "simulated": self.simulated,
                "subject": self.subject,
                "evidence": self.evidence,
                "contract_terms": list(self.contract_terms),
            }
        )


def read_profile(vault: Vault, digest: bytes) -> Profile:
    stated: dict[str, Any] = json.loads(vault.get(digest.hex()))
    assert stated.pop("format") == PROFILE_FORMAT
    return Profile(**{**stated, "contract_terms": tuple(stated["contract_terms"])})


def new_profile(
    secrets: SecretStore,
    *,
    name: str,
    kind: ParticipantKind,
    jurisdiction: str,
    simulated: bool,
    evidence: Mapping[str, bytes],
    contract_terms: frozenset[str],
) -> Profile:
    """Put what is personal away and describe the rest; raises OperationRefused."""
    if not name.strip() or len(name) > 200:
        raise OperationRefused("BAD_VALUE", "a name has 1 to 200 characters")
    if len(jurisdiction) != 2 or not jurisdiction.isascii() or not jurisdiction.isupper():
        raise OperationRefused("BAD_VALUE", f"{jurisdiction[:20]!r} is no country code such as CN")
    if strangers := contract_terms - CONTRACT_TERMS:
        raise OperationRefused("BAD_VALUE", f"unknown contract terms {sorted(strangers)}")
    if empty := [path for path, content in evidence.items() if not content]:
        raise OperationRefused("BAD_EVIDENCE", f"{empty[0][:200]} is empty")
    subject = os.urandom(SUBJECT_BYTES)
    if kind == "individual":
        secrets.put(subject, "name", name.encode())
    for path, content in evidence.items():
        secrets.put(subject, f"evidence:{path}", content)
    return Profile(
        name=f"person {subject.hex()[:8]}" if kind == "individual" else name.strip(),
        kind=kind,
        jurisdiction=jurisdiction,
        simulated=simulated,
        subject=subject.hex(),
        evidence={path: hashlib.sha256(content).hexdigest() for path, content in sorted(evidence.items())},
        contract_terms=tuple(sorted(contract_terms)),
    )
