"""What was measured on the data itself: the assay's findings, and a sampling report where the vendor has one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

REMEDIABLE: Final = "PERSONAL_DATA_UNREMEDIATED"
"""The assay's hard failure that consent and an assessment remedy; CN-07 to CN-10 judge whether they did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssayFacts:
    """What the assay found. `personal_found` counts every finding of personal data, the sensitive ones included."""

    documents: int
    personal_found: int
    sensitive_found: int
    secrets_found: int
    hard_failures: frozenset[str] = frozenset()

    @classmethod
    def of_certificate(cls, body: Mapping[str, Any]) -> "AssayFacts":
        """The facts out of a certificate's body; KeyError names what it lacks."""
        privacy = body["privacy"]
        return cls(
            documents=body["documents"],
            personal_found=privacy["personal"],
            sensitive_found=privacy["sensitive"],
            secrets_found=privacy["secrets"],
            hard_failures=frozenset(body["hard_failures"]),
        )

    def attributes(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            "personal_found": self.personal_found,
            "sensitive_found": self.sensitive_found,
            "secrets_found": self.secrets_found,
            "hard_failures": sorted(self.hard_failures - {REMEDIABLE}),
        }


NOT_ASSAYED: Final[dict[str, Any]] = dict.fromkeys(
    ("documents", "personal_found", "sensitive_found", "secrets_found", "hard_failures")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingFacts:
    """A sampling report; `_bp` are hundredths of a percent of the items sampled or of the data."""

    manual_items: int
    manual_pass_bp: int
    technical_share_bp: int
    technical_pass_bp: int
    illegal_content_bp: int

    def attributes(self) -> dict[str, Any]:
        return {
            "sampling_report": True,
            "manual_items": self.manual_items,
            "manual_pass_bp": self.manual_pass_bp,
            "technical_share_bp": self.technical_share_bp,
            "technical_pass_bp": self.technical_pass_bp,
            "illegal_content_bp": self.illegal_content_bp,
        }


NO_SAMPLING_REPORT: Final[dict[str, Any]] = {
    "sampling_report": False,
    "manual_items": 0,
    "manual_pass_bp": 0,
    "technical_share_bp": 0,
    "technical_pass_bp": 0,
    "illegal_content_bp": 0,
}
