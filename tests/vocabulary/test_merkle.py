import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.vocabulary.merkle import (
    SALT_BYTES,
    document_salt,
    leaf_hash,
    merkle_proofs,
    merkle_root,
    node_hash,
    root_of_proof,
)

# The inputs and roots of Certificate Transparency's own test of RFC 6962 trees (no salt: an empty one).
CT_INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
leaf_lists = st.lists(st.binary(max_size=8), min_size=1, max_size=40).map(
    lambda contents: [leaf_hash(b"s" * SALT_BYTES, content) for content in contents]
)


@pytest.mark.parametrize("size", range(len(CT_ROOTS)))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert merkle_root([leaf_hash(b"", content) for content in CT_INPUTS[:size]]).hex() == CT_ROOTS[size]


def recursive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word: split at the largest power of two below n."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(recursive_root(leaves[:split]), recursive_root(leaves[split:]))


@given(leaf_lists)
def test_the_root_is_that_of_the_recursive_definition(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == recursive_root(leaves)


@given(leaf_lists)
def test_every_leaf_is_proved_by_its_path(leaves: list[bytes]) -> None:
    root = merkle_root(leaves)
    for index, path in enumerate(merkle_proofs(leaves)):
        assert root_of_proof(leaves[index], index, len(leaves), path) == root


@given(leaf_lists, st.data())
def test_another_document_another_place_or_a_cut_path_proves_nothing(leaves: list[bytes], data: st.DataObject) -> None:
    root, paths = merkle_root(leaves), merkle_proofs(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    assert root_of_proof(leaf_hash(b"other", b""), index, len(leaves), paths[index]) != root
    assert root_of_proof(leaves[index], len(leaves), len(leaves), paths[index]) is None
    assert root_of_proof(leaves[index], -1, len(leaves), paths[index]) is None
    assert root_of_proof(leaves[index], index, len(leaves), [*paths[index], root]) is None
    if paths[index]:
        assert root_of_proof(leaves[index], index, len(leaves), paths[index][:-1]) is None


@given(leaf_lists, st.data())
def test_one_changed_leaf_changes_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    changed = [*leaves[:index], leaf_hash(b"other", b""), *leaves[index + 1 :]]
    assert merkle_root(changed) != merkle_root(leaves)


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = leaf_hash(b"", b"a"), leaf_hash(b"", b"b")
    assert leaf_hash(b"", left + right) != node_hash(left, right)


def test_the_same_document_has_other_salts_in_other_places_and_datasets() -> None:
    salts = {document_salt(secret, index) for secret in (b"one", b"two") for index in range(100)}
    assert len(salts) == 200
    assert all(len(salt) == SALT_BYTES for salt in salts)


def test_a_salted_leaf_is_the_hash_of_marker_salt_and_document() -> None:
    assert leaf_hash(b"salt", b"text") == hashlib.sha256(b"\x00salttext").digest()
