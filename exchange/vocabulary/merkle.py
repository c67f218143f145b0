"""Salted Merkle trees over documents, shaped as RFC 6962, section 2.1.

A leaf is SHA-256(0x00 ‖ salt ‖ document), a node SHA-256(0x01 ‖ left ‖ right). The salt keeps short documents from
being guessed from their hashes; who holds the lot gets it in the manifest.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence

SALT_BYTES = 16


def document_salt(dataset_secret: bytes, index: int) -> bytes:
    """The 16-byte salt of the document at `index`: HMAC-SHA-256(dataset secret, index as u64), cut."""
    return hmac.digest(dataset_secret, index.to_bytes(8, "little"), "sha256")[:SALT_BYTES]


def leaf_hash(salt: bytes, document: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + salt + document).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes; of none, SHA-256 of the empty string (RFC 6962). Holds one node a level at most."""
    complete: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, node = 0, leaf
        while complete and complete[-1][0] == height:
            node = node_hash(complete.pop()[1], node)
            height += 1
        complete.append((height, node))
    if not complete:
        return hashlib.sha256(b"").digest()
    _, root = complete.pop()
    while complete:
        root = node_hash(complete.pop()[1], root)
    return root


def merkle_proofs(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The audit path of every leaf, from the leaf's sibling up to the root's child."""
    paths: list[list[bytes]] = [[] for _ in leaves]
    level, positions = list(leaves), list(range(len(leaves)))
    while len(level) > 1:
        for leaf, position in enumerate(positions):
            sibling = position ^ 1
            if sibling < len(level):
                paths[leaf].append(level[sibling])
            positions[leaf] = position >> 1
        level = _parents(level)
    return paths


def root_of_proof(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that `path` leads to from the leaf at `index` of `size`, or None where the path does not fit."""
    if not 0 <= index < size:
        return None
    hashed, remaining = leaf, list(reversed(path))
    last = size - 1
    while last:
        if index ^ 1 <= last:
            if not remaining:
                return None
            sibling = remaining.pop()
            hashed = node_hash(sibling, hashed) if index & 1 else node_hash(hashed, sibling)
        index, last = index >> 1, last >> 1
    return None if remaining else hashed


def _parents(level: list[bytes]) -> list[bytes]:
    """One level up; an odd last node rises unpaired, which gives RFC 6962's tree."""
    pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return pairs + level[-1:] if len(level) % 2 else pairs
