"""The reference of refusals' codes beside the machine's own, written from where they are documented.

`python -m api.codes_page docs/reference/codes.md` writes the page; a test holds it to the code.
"""

import inspect
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from api.cli.evidence_check import PackComplaint
from api.cli.verification import Complaint
from exchange.assay import errors as assay_errors
from exchange.assay.recipe import DocumentError
from exchange.catalogue.listing import ListingError
from exchange.delivery.access import AccessError
from exchange.delivery.chain import BrokenLogError
from exchange.delivery.evidence_pack import EvidencePackError
from exchange.delivery.folder import FolderError
from exchange.delivery.proof import ProofError
from exchange.delivery.sample import SampleError
from exchange.delivery.verify import LotMismatchError
from exchange.operations.recovery import StartRefused
from exchange.operations.refusals import OperationRefused
from exchange.store.secrets import SecretsError
from exchange.vocabulary.reference_page import table

_HEAD: Final = (
    "This page is written by `python -m api.codes_page docs/reference/codes.md`; a test holds it to the code.\n"
)
_LINE: Final = re.compile(r"(?:^|[├└─│ ]+|^ +)(?:\w+Error +)?([A-Z][A-Z_]{5,}) +(\S.*)$", re.MULTILINE)

REQUESTS: Final[Mapping[str, str]] = {
    "NOT_SIGNED": "the request must be signed",
    "INVALID_KEY": "no such key, or it is revoked or has expired",
    "INVALID_SIGNATURE": "the signature is not that of the request",
    "INVALID_TIMESTAMP": "the timestamp is no number of seconds",
    "CLOCK_SKEW": "the timestamp is too far off; the answer tells the server's time",
    "INVALID_PASSPHRASE": "the passphrase is not the key's",
    "REPLAYED_REQUEST": "this very request was taken before",
    "MISSING_SCOPE": "the key may not do this",
    "MISSING_ROLE": "the key's user may not do this",
    "RATE_LIMITED": "too many requests; wait for `Retry-After` seconds",
    "NO_SUCH_RESOURCE": "there is nothing at this path",
    "METHOD_NOT_ALLOWED": "the resource has no such method",
    "NO_SUCH_DOCUMENT": "no document of this SHA-256 is for the caller",
    "NOT_JSON": "the body is of another kind than JSON",
    "MALFORMED_JSON": "the body is no JSON",
    "NESTED_TOO_DEEP": "the body nests too deep",
    "BODY_TOO_LARGE": "the body is too large",
    "CUT_OFF": "the request ended before its body did",
    "BAD_REQUEST": "a field or parameter is missing, unknown or of the wrong kind; `details` name it",
    "BAD_ID": "an id or a cursor is no number",
    "BAD_TIME": "a time is not ISO 8601 with a zone",
    "BAD_STATUS": "no status of orders",
    "UNKNOWN_FILTER": "a search by something that there is no filter for; `details` name those there are",
    "BAD_FILTER": "a filter's value is none that it can have; `details` name those",
    "BAD_ORDER": "results cannot be sorted by this; `details` name what they can be sorted by",
    "BAD_CURSOR": "the cursor is none of a page in this order",
    "BAD_SIZE": "a size is no decimal number of millions of RTU",
    "BAD_PRICE": "a price is no decimal number of the quote currency, or is finer than a tick",
    "BAD_BATCH": "a batch has too few orders, or too many",
    "BAD_TIMEOUT": "a dead-man timer is set 0 to 86,400 seconds ahead",
    "BAD_CLIENT_OID": "a `client_oid` is 1 to 40 printable ASCII characters",
    "NOTHING_TO_AMEND": "the amend names nothing to change",
    "NOT_MULTIPART": "files come as `multipart/form-data`",
    "MALFORMED_UPLOAD": "the form cannot be read",
    "UNKNOWN_FIELD": "the form has a field that is not of this request",
    "DUPLICATE_PART": "the form has a part twice",
    "TOO_MANY_FILES": "the form has too many files",
    "UNKNOWN_TRADE": "no such trade of the caller",
    "LISTING_BUSY": "another dataset is being listed; try again",
    "BUSY": "more waits than is admitted; try again",
    "RECORDS_BEHIND": "SQL is too far behind; try again",
    "RECORDS_UNAVAILABLE": "SQL cannot be read just now; try again",
    "STORAGE_FULL": "the disk is full: what reduces risk is still taken",
    "TIMEOUT": "no answer in time; look up what became of it",
    "STOPPED": "the exchange is stopping",
    "FAILED": "the exchange has failed and is stopping",
    "INTERNAL": "a bug; the log has it under `request_id`",
}
"""What the API says itself, before anything reaches the exchange, or when nothing does."""


def documented(text: str | None) -> dict[str, str]:
    """Codes with their meanings out of a docstring that lists one a line."""
    found = _LINE.findall(inspect.cleandoc(text or ""))
    return {code: " ".join(meaning.split()) for code, meaning in found}


def sections() -> dict[str, Mapping[str, str]]:
    """Codes with their meanings, by what they are about."""
    return {
        "Requests": REQUESTS,
        "The exchange's flows": documented(OperationRefused.__doc__),
        "Listings and their files": documented(ListingError.__doc__),
        "Documents": documented(DocumentError.__doc__),
        "Assay and certificates": documented(assay_errors.__doc__),
        "Lots": {
            "TOO_SMALL": "not one lot can be made",
            "BAD_SIZE": "a lot size or tick that is not positive, or not exact",
        },
        "Delivered lots": documented(AccessError.__doc__)
        | documented(BrokenLogError.__doc__)
        | documented(LotMismatchError.__doc__),
        "Verifying a delivery": documented(FolderError.__doc__) | documented(Complaint.__doc__),
        "Proofs of one document": documented(ProofError.__doc__),
        "Evidence packs": documented(EvidencePackError.__doc__) | documented(PackComplaint.__doc__),
        "Samples": documented(SampleError.__doc__),
        "Starting": documented(StartRefused.__doc__) | documented(SecretsError.__doc__),
    }


def page() -> str:
    intro = (
        "Every refusal has a code that stays the same; [refusals.md](refusals.md) has those of the machine, "
        "[feed.md](feed.md) those of the websocket.\n"
    )
    parts = [f"# Codes\n\n{intro}{_HEAD}"]
    for title, codes in sections().items():
        rows = [[f"`{code}`", meaning] for code, meaning in codes.items()]
        parts.append(f"\n## {title}\n\n{table(('Code', 'Because'), rows)}")
    return "".join(parts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
