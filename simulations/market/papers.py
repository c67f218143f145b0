"""What a vendor and the operator add where the gate held back data on persons: a lawful basis, and an assessment.

For data whose persons put it into the open themselves, such as the addresses in public source files. Sensitive data,
conflicts of licences and missing licences stay refused. The papers say of themselves that they are simulated.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from exchange.assay.privacy import find_personal_data
from simulations.market.submission import Submission

LIFTABLE: Final = frozenset({"CN-07", "CN-10", "FACT_MISSING"})
APPROVAL: Final = "personal-data-impact-assessment"
BASIS: Final = "lawfully-public"
BASIS_PATH: Final = "public-basis.txt"
_BASIS_TEXT: Final = (
    "Simulated evidence, for a simulated market.\n"
    "The personal data in {name} was made public by the persons themselves, in files that anyone may read;\n"
    "it is handled within a reasonable scope (PIPL Art. 13(6), 27).\n"
)
_ASSESSMENT_TEXT: Final = (
    "Simulated evidence, for a simulated market.\n"
    "Impact assessment of {name}: purpose and means are lawful, the effect on persons is small, measures suffice\n"
    "(PIPL Art. 55, 56).\n"
)


class Papers(NamedTuple):
    """The submission with its basis, and the assessment for the operator to attach to `dataset`."""

    submission: Submission
    dataset: str
    assessment: bytes


def is_liftable(outcome: Mapping[str, Any]) -> bool:
    """Whether nothing but missing papers stood against a listing."""
    rules = {reason.get("rule") for reason in outcome.get("reasons", [])}
    return bool(rules) and rules <= LIFTABLE


def with_papers(submission: Submission) -> Papers:
    metadata: dict[str, Any] = json.loads(submission.croissant)
    metadata["tex:evidence"] = {BASIS: BASIS_PATH}
    metadata["tex:persons"] = persons(submission)
    croissant = json.dumps(metadata, ensure_ascii=False, indent=1).encode()
    basis = _BASIS_TEXT.format(name=submission.name).encode()
    amended = submission._replace(croissant=croissant, evidence={**submission.evidence, BASIS_PATH: basis})
    assessment = _ASSESSMENT_TEXT.format(name=submission.name).encode()
    return Papers(amended, hashlib.sha256(croissant).hexdigest(), assessment)


def persons(submission: Submission) -> int:
    """At most so many persons are named: every address and number that is found, counted once."""
    found = set()
    for content in submission.files.values():
        text = content.decode(errors="replace")
        found |= {text[hit.offset : hit.offset + hit.length] for hit in find_personal_data(text, 0)}
    return len(found)
