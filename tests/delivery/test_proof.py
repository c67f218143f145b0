"""One document's proof: what it shows, what it keeps to itself, and every lie in it by name."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.certificate import sign_certificate
from exchange.assay.errors import CertificateError
from exchange.catalogue.lots import pack_lots
from exchange.delivery.canonical import canonical_json
from exchange.delivery.lot_table import lot_statements, lots_certified
from exchange.delivery.proof import ProofError, assayer_of, prove_document, verify_proof
from exchange.delivery.verify import verify_lot
from exchange.vocabulary.merkle import leaf_hash

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ASSAYER = KEY.public_key().public_bytes_raw()
TEXTS = ["one two three", "", "四五\nsix", "eight", "nine ten", "eleven twelve", "thirteen"]


def certified(dataset, lot_rtu, **changes):
    """(certificate, verified lots) of a dataset."""
    spans = pack_lots([row.rtu for row in dataset.rows], lot_rtu)
    stated = lots_certified(lot_rtu, lot_statements(dataset.rows, dataset.leaves, spans))
    assay = {"documents": len(dataset.rows), "merkle_root": dataset.root.hex()} | changes
    certificate = sign_certificate(assay, KEY, issued_at_s=1, expires_at_s=2, lots=stated)
    return certificate, [verify_lot(*lot, dataset.root) for lot in dataset.lots(spans, lot_rtu)]


@pytest.fixture(scope="module")
def proved(dataset_of):
    """A document of the second lot, as the bytes of its proof and of its text."""
    certificate, lots = certified(dataset_of(TEXTS), 3)
    return prove_document(lots[1], 3, certificate), TEXTS[3].encode()


def shown(proof: bytes, document: bytes, **options: Any) -> Any:
    return verify_proof(proof, document, trusted_assayers=[ASSAYER], **options)


def refusal(proof: bytes, document: bytes) -> str:
    with pytest.raises(ProofError) as caught:
        shown(proof, document)
    return caught.value.code


def test_a_proof_needs_nothing_but_itself_the_document_and_the_key(proved) -> None:
    found = shown(*proved, count_rtu=lambda text: len(text.split()))
    assert (found.index, found.rtu, found.lot.lot, found.lot_rtu) == (3, 1, 1, 3)
    assert assayer_of(proved[0]) == ASSAYER.hex()


def test_a_proof_holds_no_hash_of_a_text_without_its_salt(proved, dataset_of) -> None:
    told = proved[0].decode()
    assert not any(row.sha256.hex() in told for row in dataset_of(TEXTS).rows)


def test_short_documents_are_not_guessed_from_a_proof_and_the_certificate(dataset_of) -> None:
    """Whoever has both, and knows that each document is yes or no, cannot tell which the others are."""
    answers = ["yes", "no", "yes", "yes", "no", "no", "yes"]
    certificate, lots = certified(dataset_of(answers), 3)
    proof = prove_document(lots[0], 0, certificate)
    told = set(re.findall("[0-9a-f]{64}", proof.decode()))
    salt = bytes.fromhex(json.loads(proof)["document"]["salt"])
    for guess in (b"yes", b"no"):
        tried = [hashlib.sha256(guess).digest(), leaf_hash(b"", guess), leaf_hash(salt, guess)]
        assert told & {each.hex() for each in tried} <= {lots[0].leaves[0].hex()}


def test_a_key_that_is_not_trusted_proves_nothing(proved) -> None:
    with pytest.raises(CertificateError, match="CERTIFICATE_UNTRUSTED"):
        verify_proof(*proved, trusted_assayers=[bytes(32)])


def spoilt(proof: bytes, change: Callable[[Any], object]) -> bytes:
    stated = json.loads(proof)
    change(stated)
    return canonical_json(stated)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda stated: stated.pop("path"), "PROOF_MALFORMED"),
        (lambda stated: stated.update(format="tlx-proof-9"), "PROOF_MALFORMED"),
        (lambda stated: stated.update(document=[]), "PROOF_MALFORMED"),
        (lambda stated: stated["document"].update(index=True), "PROOF_MALFORMED"),
        (lambda stated: stated["document"].update(index=-1), "PROOF_MALFORMED"),
        (lambda stated: stated["document"].update(salt="0" * 30), "PROOF_MALFORMED"),
        (lambda stated: stated["lot"].update(root="é" * 64), "PROOF_MALFORMED"),
        (lambda stated: stated["lot"].update(end=2**64), "PROOF_MALFORMED"),
        (lambda stated: stated.update(path=["0" * 64] * 65), "PROOF_MALFORMED"),
        (lambda stated: stated.update(lot_path="00"), "PROOF_MALFORMED"),
        (lambda stated: stated["document"].update(salt="0" * 32), "PROOF_OF_ANOTHER"),
        (lambda stated: stated["document"].update(leaf="0" * 64), "PROOF_OF_ANOTHER"),
        (lambda stated: stated["document"].update(index=4), "PROOF_NOT_IN_LOT"),
        (lambda stated: stated["document"].update(index=0), "PROOF_NOT_IN_LOT"),
        (lambda stated: stated["lot_path"].append("0" * 64), "PROOF_NOT_IN_LOT"),
        (lambda stated: stated["lot"].update(rtu=9), "PROOF_NOT_CERTIFIED"),
        (lambda stated: stated["lot"].update(lot=0), "PROOF_NOT_CERTIFIED"),
        (lambda stated: stated["lots_path"].append("0" * 64), "PROOF_NOT_CERTIFIED"),
        (lambda stated: stated["path"].reverse(), "PROOF_NOT_IN_SET"),
        (lambda stated: stated["path"].pop(), "PROOF_NOT_IN_SET"),
    ],
)
def test_every_lie_of_a_proof_has_its_name(proved, change: Callable[[Any], object], code: str) -> None:
    assert refusal(spoilt(proved[0], change), proved[1]) == code


@pytest.mark.parametrize("proof", [b"", b"[]", b"{", b'{"a": 1}', b"[" * 100_000, b"\xff", b" " * (2**21 + 1)])
def test_what_is_no_proof_is_refused(proved, proof: bytes) -> None:
    assert refusal(proof, proved[1]) == "PROOF_MALFORMED"
    with pytest.raises(ProofError):
        assayer_of(proof)


@pytest.mark.parametrize("document", [b"Eight", b"", b"\xff", b"eight\n", "e\u0301".encode(), b"eight\r\n"])
def test_another_document_is_not_proved(proved, document: bytes) -> None:
    assert refusal(proved[0], document) == "PROOF_OF_ANOTHER"


def test_a_certificate_that_says_nothing_of_documents_proves_nothing(dataset_of) -> None:
    certificate, lots = certified(dataset_of(TEXTS), 3, documents="7")
    assert refusal(prove_document(lots[1], 3, certificate), TEXTS[3].encode()) == "PROOF_UNCERTIFIED"


def test_a_certificate_changed_within_the_proof_is_not_the_signed_one(proved) -> None:
    for change in (
        lambda stated: stated["certificate"]["body"]["lots"].update(lots=1),
        lambda stated: stated["certificate"]["body"]["assay"].update(documents=6),
    ):
        with pytest.raises(CertificateError, match="CERTIFICATE_ALTERED"):
            shown(spoilt(proved[0], change), proved[1])


@given(st.data())
def test_each_document_of_any_packing_is_proved_and_no_other_by_its_proof(dataset_of, data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.text("ab c", max_size=9), min_size=1, max_size=12, unique=True))
    dataset = dataset_of(texts)
    certificate, lots = certified(dataset, data.draw(st.integers(1, 4)))
    for lot in lots:
        for index in range(lot.first_index, lot.statement.end):
            proof = prove_document(lot, index, certificate)
            assert shown(proof, texts[index].encode()).lot == lot.statement
            other = data.draw(st.sampled_from(texts))
            assert other == texts[index] or refusal(proof, other.encode()) == "PROOF_OF_ANOTHER"
