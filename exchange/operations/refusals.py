"""How an operation says no: one error with a stable code, and the gate's reasons where the gate said it."""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.compliance.decisions import Reason


class OperationRefused(Exception):  # noqa: N818 - a refusal is an answer, no error of ours
    """Nothing was changed. `details` is JSON for the caller; `reasons` are the gate's, each with rule and article.

    `code` is one of an engine's `Reason`, of a `ListingError`, `DocumentError`, `AssayError`, `LotError` or
    `AccessError`, or one of this package's:

    GATE_REFUSED            the gate denied; `reasons` say why, `details.decision` is the decision's digest
    NO_EVIDENCE             a participant is to be verified and has shown nothing
    UNKNOWN_PARTICIPANT     no such participant
    UNKNOWN_ACCOUNT         no such account
    UNKNOWN_PRODUCT         no instrument or base of this name
    UNKNOWN_ASSET           no cash asset of this code
    UNKNOWN_CALENDAR        no exchange's calendar of this code
    NO_SCHEDULE             the product follows no schedule
    BAD_SCHEDULE            lengths that make no sense, or do not fit a session of the calendar
    UNKNOWN_PURPOSE         a purpose that no licence here knows
    ALREADY_LISTED          this very listing was admitted before
    BAD_COPIES              copies that are not a positive number, or too many claims in all
    BAD_EVIDENCE            evidence that is empty, or not what its name says
    RECALLED                the dataset was recalled or withdrawn: it is not traded, pooled or opened again
    ILLEGAL_MOVE            the listing's state does not allow this move
    BAD_CLASS               a pool's class with a field of a value that it cannot have
    BAD_STATEMENT           a statement of the listing that is not of the stated kind
    NOT_SKETCHED            the dataset was listed before sketches were made
    NOT_ACTIVE              the participant is not verified and active
    QUERY_LIMIT             the participant has asked about the dataset as often as it may
    TOO_MANY_EVALUATIONS    more evaluation sets in one question than are taken
    """

    def __init__(
        self, code: str, message: str, details: Mapping[str, Any] | None = None, reasons: Sequence[Reason] = ()
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.reasons = tuple(reasons)
        self.details: dict[str, Any] = dict(details or {})
        if reasons:
            self.details["reasons"] = [
                {"rule": r.rule_id, "law": r.law, "outcome": r.outcome, "text": r.text, "detail": r.detail}
                for r in reasons
            ]


def gate_refused(what: str, reasons: Sequence[Reason], decision: bytes) -> OperationRefused:
    rules = ", ".join(reason.rule_id for reason in reasons)
    return OperationRefused("GATE_REFUSED", f"{what} is refused by {rules}", {"decision": decision.hex()}, reasons)
