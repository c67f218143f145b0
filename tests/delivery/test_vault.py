"""The vault on a real folder."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exchange.delivery.vault import Vault, VaultError

CONTENT = b"a certificate"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def stored(vault: Vault) -> list[Path]:
    return [path for path in vault.folder.rglob("*") if path.is_file()]


def test_what_was_put_is_found_under_its_digest_also_after_reopening(vault: Vault) -> None:
    assert not vault.has(DIGEST)
    assert vault.put(CONTENT) == DIGEST
    again = Vault(vault.folder)
    assert again.has(DIGEST)
    assert again.get(DIGEST) == CONTENT
    with again.open(DIGEST) as stream:
        assert stream.read() == CONTENT


def test_putting_twice_keeps_one_document_and_leaves_no_temporary_file(vault: Vault) -> None:
    vault.put(CONTENT)
    written_ns = vault.path(DIGEST).stat().st_mtime_ns
    vault.put(CONTENT)
    assert [path.name for path in stored(vault)] == [DIGEST]
    assert vault.path(DIGEST).stat().st_mtime_ns == written_ns


def test_many_writers_of_the_same_documents_do_not_meet(vault: Vault) -> None:
    contents = [bytes([n]) * 1000 for n in range(8)] * 4
    with ThreadPoolExecutor(8) as pool:
        digests = list(pool.map(vault.put, contents))
    assert [vault.get(digest) for digest in digests] == contents
    assert len(stored(vault)) == 8


@pytest.mark.parametrize(
    "damage", [lambda content: b"A" + content[1:], lambda content: content[:-1], lambda content: content[:0]]
)
def test_a_damaged_document_is_not_given_out_and_is_healed_by_putting_it_again(vault: Vault, damage) -> None:
    vault.put(CONTENT)
    vault.path(DIGEST).write_bytes(damage(CONTENT))
    with pytest.raises(VaultError, match="CORRUPT"):
        vault.get(DIGEST)
    with pytest.raises(VaultError, match="CORRUPT"), vault.open(DIGEST):
        pass
    vault.put(CONTENT)
    assert vault.get(DIGEST) == CONTENT


def test_a_document_that_is_not_there_is_named(vault: Vault) -> None:
    for ask in (vault.get, vault.path):
        with pytest.raises(VaultError, match=f"NOT_STORED: {DIGEST}"):
            ask(DIGEST)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", DIGEST.upper(), DIGEST + "\n", DIGEST[:-1], "incoming"])
def test_what_is_no_digest_touches_no_file(vault: Vault, digest: str) -> None:
    for ask in (vault.get, vault.has, vault.path):
        with pytest.raises(VaultError, match="BAD_DIGEST"):
            ask(digest)


def test_a_failed_write_leaves_nothing(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("exchange.delivery.vault.os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        vault.put(CONTENT)
    assert stored(vault) == []
