"""Lots that prove themselves: built, verified from bytes alone, and spoilt in every way."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.delivery.canonical import canonical_json, parse_canonical
from exchange.delivery.lot_table import LotTable, read_lot_table
from exchange.delivery.verify import LotMismatchError, verify_lot

TEXTS = ["one two three", "", "四五\nsix\u2028", "eight", "nine ten", "eleven"]


@pytest.fixture(scope="module")
def dataset(dataset_of):
    return dataset_of(TEXTS)


@pytest.fixture(scope="module")
def lot(dataset, span_of) -> tuple[bytes, bytes]:
    """The documents 1 to 4 as lot 1 of at least three tokens."""
    return dataset.lots([span_of(0, 0, 1), span_of(1, 1, 4)], 3)[1]


@pytest.fixture(scope="module")
def table(dataset, span_of) -> LotTable:
    """What the certificate says of the two lots."""
    return dataset.table([span_of(0, 0, 1), span_of(1, 1, 4)], 3)


def refusal(manifest: bytes, blob: bytes, root: bytes, **options: Any) -> str:
    with pytest.raises(LotMismatchError) as caught:
        verify_lot(manifest, blob, root, **options)
    return caught.value.code


def test_a_lot_is_verified_from_its_bytes_and_the_root(dataset, lot: tuple[bytes, bytes]) -> None:
    verified = verify_lot(*lot, dataset.root)
    assert (verified.base, verified.lot, verified.first_index) == ("QA", 1, 1)
    assert (verified.nominal_rtu, verified.actual_rtu) == (3, 3)
    assert list(verified.documents) == dataset.documents[1:4]


def test_the_same_lot_has_the_same_bytes_whoever_builds_it(dataset, span_of, lot: tuple[bytes, bytes]) -> None:
    spans = [span_of(0, 0, 1), span_of(1, 1, 4)]
    assert dataset.lots(spans, 3)[1] == lot


def test_tokens_can_be_counted_again(dataset, lot: tuple[bytes, bytes]) -> None:
    verify_lot(*lot, dataset.root, count_rtu=lambda text: len(text.split()))
    assert refusal(*lot, dataset.root, count_rtu=len) == "RTU_MISMATCH"


def test_the_delivered_digest_covers_the_whole_manifest(dataset, lot: tuple[bytes, bytes]) -> None:
    digest = hashlib.sha256(lot[0]).hexdigest()
    verify_lot(*lot, dataset.root, manifest_sha256=digest)
    renamed = lot[0].replace(b'"base":"QA"', b'"base":"QB"')
    assert verify_lot(renamed, lot[1], dataset.root).base == "QB"
    assert refusal(renamed, lot[1], dataset.root, manifest_sha256=digest) == "HASH_MISMATCH"


def test_a_lot_of_another_dataset_is_refused(dataset_of, lot: tuple[bytes, bytes]) -> None:
    assert refusal(*lot, dataset_of(["another"]).root) == "WRONG_ROOT"


@pytest.mark.parametrize(
    "change",
    [
        lambda stated: stated.update(lot=0),
        lambda stated: stated.update(lot=2),
        lambda stated: stated.update(nominal_rtu=2),
        lambda stated: stated.update(lot_proof=[]),
        lambda stated: stated.update(lot_proof=["0" * 64]),
        lambda stated: (stated["documents"][1].update(rtu=3), stated.update(actual_rtu=4)),
    ],
)
def test_what_the_root_does_not_cover_the_certificates_lots_do(
    dataset, table: LotTable, lot: tuple[bytes, bytes], change: Callable[[Any], object]
) -> None:
    assert verify_lot(*lot, dataset.root, certified=table).statement.end == 4
    lied = spoilt(lot, change)
    assert verify_lot(lied, lot[1], dataset.root)
    assert refusal(lied, lot[1], dataset.root, certified=table) == "LOT_NOT_CERTIFIED"


def test_a_lot_of_other_documents_than_certified_is_refused(dataset, span_of, table: LotTable) -> None:
    other = dataset.lots([span_of(0, 0, 2), span_of(1, 2, 5)], 3)[1]
    assert verify_lot(*other, dataset.root)
    assert refusal(*other, dataset.root, certified=table) == "LOT_NOT_CERTIFIED"


def test_a_certified_lot_that_goes_on_when_it_is_full_is_refused(dataset, span_of) -> None:
    spans = [span_of(0, 0, 1), span_of(1, 1, 5)]
    overfull = dataset.lots(spans, 3)[1]
    assert refusal(*overfull, dataset.root, certified=dataset.table(spans, 3)) == "LOT_PACKING"


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"lot_rtu": 3, "lots": 2},
        {"lot_rtu": 3, "lots": 2, "root": "z" * 64},
        {"lot_rtu": "3", "lots": 2, "root": ""},
    ],
)
def test_what_is_no_statement_of_lots_is_none(stated: dict[str, Any]) -> None:
    assert read_lot_table(stated) is None


def test_another_secret_is_a_bug_and_not_a_lot(dataset, span_of) -> None:
    strange = dataset._replace(leaves=[bytes(32)] * len(TEXTS))
    with pytest.raises(AssertionError, match="another secret"):
        strange.lots([span_of(0, 0, 1)], 1)


def spoilt(lot: tuple[bytes, bytes], change: Callable[[Any], object]) -> bytes:
    stated = json.loads(lot[0])
    change(stated)
    return canonical_json(stated)


def with_blob(lot: tuple[bytes, bytes], blob: bytes) -> bytes:
    """The manifest of a liar who also restates the blob's hash."""
    digest = hashlib.sha256(blob).hexdigest()
    return spoilt(lot, lambda stated: stated.update(blob={"bytes": len(blob), "sha256": digest}))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda stated: stated.update(format="tlx-lot-9"), "MANIFEST_MALFORMED"),
        (lambda stated: stated.pop("unit"), "MANIFEST_MALFORMED"),
        (lambda stated: stated.update(lot="1"), "MANIFEST_MALFORMED"),
        (lambda stated: stated.update(lot=True), "MANIFEST_MALFORMED"),
        (lambda stated: stated.update(lot_proof=["00"]), "MANIFEST_MALFORMED"),
        (lambda stated: stated.update(documents=[]), "MANIFEST_MALFORMED"),
        (lambda stated: stated["documents"][0].update(proof=[1]), "MANIFEST_MALFORMED"),
        (lambda stated: stated["documents"].pop(), "DOCUMENT_COUNT"),
        (lambda stated: stated["documents"].reverse(), "DOCUMENT_ORDER"),
        (lambda stated: stated["documents"][1].update(path="other"), "DOCUMENT_ORDER"),
        (lambda stated: stated["documents"][1].update(sha256="0" * 64), "HASH_MISMATCH"),
        (lambda stated: stated["documents"][1].update(salt="0" * 32), "PROOF_MISMATCH"),
        (lambda stated: stated["documents"][1].update(salt="é"), "PROOF_MISMATCH"),
        (lambda stated: stated["documents"][1]["proof"].pop(), "PROOF_MISMATCH"),
        (lambda stated: stated["documents"][1]["proof"].append("0" * 64), "PROOF_MISMATCH"),
        (lambda stated: stated["dataset"].update(documents=2), "PROOF_MISMATCH"),
        (lambda stated: stated.update(lot_root="0" * 64), "LOT_ROOT_MISMATCH"),
        (lambda stated: stated.update(actual_rtu=6), "RTU_MISMATCH"),
        (lambda stated: stated["documents"][0].update(rtu=-1), "RTU_MISMATCH"),
        (lambda stated: stated.update(nominal_rtu=1000), "RTU_MISMATCH"),
    ],
)
def test_every_lie_of_a_manifest_has_its_name(
    dataset, lot: tuple[bytes, bytes], change: Callable[[Any], object], code: str
) -> None:
    assert refusal(spoilt(lot, change), lot[1], dataset.root) == code


@pytest.mark.parametrize("manifest", [b"", b"{", b"[]", b"null", b'{"a": 1}', b'{"a":1.5}', b"[" * 100_000, b"\xff"])
def test_what_is_no_manifest_is_refused(dataset, manifest: bytes) -> None:
    assert refusal(manifest, b"", dataset.root) == "MANIFEST_MALFORMED"


def test_a_blob_that_is_not_the_stated_documents_is_refused_though_its_hash_is_restated(
    dataset, lot: tuple[bytes, bytes]
) -> None:
    lines = lot[1].splitlines(keepends=True)
    cases = {
        b"".join(lines[1:]): "DOCUMENT_COUNT",
        b"".join(reversed(lines)): "DOCUMENT_ORDER",
        lot[1].replace(b"eight", b"eighty"): "HASH_MISMATCH",
        lot[1].replace(b'"index":3', b'"index": 3'): "BLOB_MALFORMED",
        lot[1].replace(b"eight", b"e\\rt"): "BLOB_MALFORMED",
        lot[1].replace(b'"eight"', b"8"): "BLOB_MALFORMED",
        lot[1].replace(b'"index":3', b'"index":true'): "DOCUMENT_ORDER",
    }
    assert len(cases) == 7
    for blob, code in cases.items():
        assert blob != lot[1]
        assert refusal(with_blob(lot, blob), blob, dataset.root) == code
        assert refusal(lot[0], blob, dataset.root) == "HASH_MISMATCH"


@given(st.data())
def test_every_lot_of_any_packing_verifies_and_no_flipped_bit_does(dataset_of, span_of, data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.text('ab \n\t"\\é四\u2028\0', max_size=12), min_size=1, max_size=12))
    dataset = dataset_of(texts)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(texts)), min_size=1)))
    spans = [span_of(number, *ends) for number, ends in enumerate(zip([0, *cuts], cuts, strict=False))]
    lots = dataset.lots(spans, 0)
    found = [document for lot in lots for document in verify_lot(*lot, dataset.root).documents]
    assert found == dataset.documents[: cuts[-1]]

    manifest, blob = data.draw(st.sampled_from(lots))
    place = data.draw(st.integers(0, len(manifest) + len(blob) - 1))
    flipped = bytearray(manifest + blob)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    parts = bytes(flipped[: len(manifest)]), bytes(flipped[len(manifest) :])
    with pytest.raises(LotMismatchError):
        verify_lot(*parts, dataset.root, manifest_sha256=hashlib.sha256(manifest).hexdigest())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc\u00e9"), inner),
    )
)
def test_canonical_json_is_its_own_spelling(value: Any) -> None:
    assert parse_canonical(canonical_json(value)) == value
