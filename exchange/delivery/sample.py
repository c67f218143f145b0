"""A sample nobody chose: documents of a certified dataset in an order that was fixed when the listing was sealed.

    seed        SHA-256("TLX sample 1" 00 ‖ Merkle root ‖ sequence of the admission ‖ its time in ns), both u64
    draw n      SHA-256(seed ‖ n as u64) mod number of documents; what was drawn before is passed over

The venue salts the root with a secret that no vendor sees before its listing is admitted, and dates the admission
only once the root is in it. Drawing goes on until enough documents are shown or looked at; each one that is not shown
is told with its reason, so none can be left out unnoticed. Numbers are little-endian.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange.delivery.canonical import canonical_json, parse_canonical
from exchange.vocabulary.documents import Document, canonical_text
from exchange.vocabulary.merkle import leaf_hash, root_of_proof

FORMAT: Final = "tlx-sample-1"
SHOWN: Final = "shown"
WITHHELD: Final = ("not_in_a_lot", "personal_data", "secret", "sensitive_words", "too_long")
"""Why a document that was drawn is not shown; `too_long` where it would bring the sample over its share."""
MOST_SHOWN: Final = 5
MOST_DRAWN: Final = 20
MOST_SHARE: Final = 100
"""The documents shown have at most one in so many of the dataset's tokens."""

_SEED_PREFIX: Final = b"TLX sample 1\x00"
_SIGNED_PREFIX: Final = b"TLX signed sample 1\x00"


class SampleError(Exception):
    """The sample is not what it should be. `code` is stable, and the checks are made in this order:

    SAMPLE_MALFORMED    not a sample in canonical form
    SAMPLE_FORGED       the signature is not the assayer's
    SAMPLE_OF_ANOTHER   it is of a dataset other than the certified one
    SAMPLE_CHOSEN       the documents are not those that the seed draws, or drawing ended too early
    SAMPLE_MISMATCH     a document does not lead to the certificate's root, or has other tokens than stated
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class VerifiedSample(NamedTuple):
    """`documents` by their index; `withheld` the reasons by index; `earlier` bases that share documents, with how many.

    `sequence` is the admission's, and the id of the base; `at_ns` its time.
    """

    base: str
    sequence: int
    at_ns: int
    documents: dict[int, Document]
    withheld: dict[int, str]
    earlier: dict[int, int]


def seed_of(root: bytes, sequence: int, at_ns: int) -> bytes:
    """What decides the order, from what is known once the listing is sealed and not before."""
    sealed = sequence.to_bytes(8, "little") + at_ns.to_bytes(8, "little")
    return hashlib.sha256(_SEED_PREFIX + root + sealed).digest()


def draws(seed: bytes, documents: int) -> Iterator[int]:
    """Every index below `documents` once, in the order that the seed gives."""
    drawn: set[int] = set()
    number = 0
    while len(drawn) < documents:
        index = int.from_bytes(hashlib.sha256(seed + number.to_bytes(8, "little")).digest(), "little") % documents
        number += 1
        if index not in drawn:
            drawn.add(index)
            yield index


def ends_with(draw: int, shown: int, documents: int) -> bool:
    """Whether drawing is over after so many draws, of which so many were shown."""
    return shown == MOST_SHOWN or draw == min(MOST_DRAWN, documents)


def sign_sample(body: Mapping[str, Any], key: Ed25519PrivateKey) -> bytes:
    """The sample's file; whoever shows two different ones for a dataset has signed both."""
    signature = key.sign(_SIGNED_PREFIX + canonical_json(body))
    return canonical_json({"body": body, "signature": signature.hex()})


def verify_sample(
    content: bytes, assay: Mapping[str, Any], assayer: bytes, count_rtu: Callable[[str], int] | None = None
) -> VerifiedSample:
    """Hold a sample against the body of a verified certificate, without any server; SampleError.

    That the time is the admission's is the venue's word: it is the listing's `listed_at`, and stands in the journal.
    """
    body = _signed_body(content, assayer)
    try:
        if body["root"] != assay["merkle_root"] or body["documents"] != assay["documents"]:
            raise SampleError("SAMPLE_OF_ANOTHER", f"the sample is of dataset {str(body['root'])[:64]}")
        seed = seed_of(bytes.fromhex(body["root"]), int(body["sequence"]), int(body["at_ns"]))
        _check_draws(body, seed)
        shown = {draw["index"]: draw for draw in body["draws"] if draw["status"] == SHOWN}
        documents = {index: _proved(draw, body, count_rtu) for index, draw in shown.items()}
        _check_share(shown.values(), assay["rtu"])
        return VerifiedSample(
            base=str(body["base"]),
            sequence=int(body["sequence"]),
            at_ns=int(body["at_ns"]),
            documents=documents,
            withheld={draw["index"]: draw["status"] for draw in body["draws"] if draw["status"] != SHOWN},
            earlier={int(base): int(shared) for base, shared in body["earlier"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SampleError("SAMPLE_MALFORMED", f"not the shape of {FORMAT}: {type(error).__name__}") from None


def _signed_body(content: bytes, assayer: bytes) -> dict[str, Any]:
    try:
        envelope = parse_canonical(content)
        body, signature = envelope["body"], bytes.fromhex(envelope["signature"])
        stated = body["format"]
    except (KeyError, TypeError, ValueError) as error:
        raise SampleError("SAMPLE_MALFORMED", str(error)[:200]) from None
    if stated != FORMAT:
        raise SampleError("SAMPLE_MALFORMED", f"format {str(stated)[:40]!r}")
    try:
        Ed25519PublicKey.from_public_bytes(assayer).verify(signature, _SIGNED_PREFIX + canonical_json(body))
    except InvalidSignature:
        raise SampleError("SAMPLE_FORGED", f"not signed by {assayer.hex()}") from None
    return dict(body)


def _check_draws(body: Mapping[str, Any], seed: bytes) -> None:
    """The seed's order, without a gap, to the end."""
    shown = 0
    expected = draws(seed, body["documents"])
    for number, draw in enumerate(body["draws"], 1):
        if draw["index"] != next(expected, None):
            raise SampleError(
                "SAMPLE_CHOSEN", f"draw {number} is document {draw['index']}, which the seed did not draw"
            )
        if draw["status"] != SHOWN and draw["status"] not in WITHHELD:
            raise SampleError("SAMPLE_CHOSEN", f"document {draw['index']} is not shown, for no known reason")
        shown += draw["status"] == SHOWN
        if ends_with(number, shown, body["documents"]) != (number == len(body["draws"])):
            raise SampleError("SAMPLE_CHOSEN", f"drawing does not end after draw {len(body['draws'])}")
    if not body["draws"]:
        raise SampleError("SAMPLE_CHOSEN", "nothing was drawn")


def _proved(draw: Mapping[str, Any], body: Mapping[str, Any], count_rtu: Callable[[str], int] | None) -> Document:
    text, index = draw["text"], draw["index"]
    leaf = leaf_hash(bytes.fromhex(draw["salt"]), text.encode())
    proof = [bytes.fromhex(node) for node in draw["proof"]]
    is_part = root_of_proof(leaf, index, body["documents"], proof) == bytes.fromhex(body["root"])
    if not is_part or canonical_text(text) != text:
        raise SampleError("SAMPLE_MISMATCH", f"document {index} is not part of the dataset")
    if count_rtu is not None and count_rtu(text) != draw["rtu"]:
        raise SampleError("SAMPLE_MISMATCH", f"document {index} does not have {draw['rtu']} RTU")
    return Document(str(draw["path"]), int(draw["record"]), text)


def _check_share(shown: Any, rtu: int) -> None:
    if sum(draw["rtu"] for draw in shown) * MOST_SHARE > rtu:
        raise SampleError("SAMPLE_MISMATCH", "more is shown than a sample's share")
