"""A delivered folder read as hostile: no link is followed, no device waited for, nothing oversized held."""

import json
import os
from pathlib import Path

import pytest

from exchange.delivery.folder import (
    SMALL_BYTES,
    FolderError,
    evidence_packs,
    extra_files,
    lot_paths,
    read_certificate,
    read_lot,
    read_plain,
    read_receipt,
)

RECEIPT = {"assayer": "ab" * 32, "lots": {"0": {"manifest_sha256": "0" * 64}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "delivery.json").write_text(json.dumps(RECEIPT))
    for name in ("certificate.json", "lot-0.jsonl", "lot-0.manifest.json"):
        (tmp_path / name).write_text(name)
    return tmp_path


def refusal(call, *arguments) -> str:
    with pytest.raises(FolderError) as caught:
        call(*arguments)
    return caught.value.code


def test_a_delivery_is_read_as_it_was_written(folder: Path) -> None:
    receipt = read_receipt(folder)
    assert (receipt.assayer, receipt.manifests) == ("ab" * 32, {"0": "0" * 64})
    assert read_lot(folder, "0") == (b"lot-0.manifest.json", b"lot-0.jsonl")
    assert read_certificate(folder) == b"certificate.json"
    assert extra_files(folder, receipt) == []


def test_proofs_packs_and_hidden_files_may_lie_beside_the_lots_and_nothing_else(folder: Path) -> None:
    for name in ("7.proof.json", "QA-CNY-evidence.zip", ".hidden", "lot-1.jsonl", "proof.json", "more"):
        (folder / name).write_text("")
    assert extra_files(folder, read_receipt(folder)) == ["lot-1.jsonl", "more", "proof.json"]
    assert [path.name for path in evidence_packs(folder)] == ["QA-CNY-evidence.zip"]


@pytest.mark.parametrize("number", ["", "-1", "../0", "0/1", "00000000000", "٠", "1 "])
def test_what_is_no_number_is_no_path(folder: Path, number: str) -> None:
    assert refusal(lot_paths, folder, number) == "BAD_RECEIPT"


def test_links_folders_and_pipes_are_not_read(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "certificate.json")
    (folder / "within").mkdir()
    os.mkfifo(folder / "pipe")
    for name in ("link", "within", "pipe"):
        assert refusal(read_plain, folder / name, 100) == "FILE_UNSAFE"


def test_what_is_too_large_is_not_held(folder: Path) -> None:
    with (folder / "certificate.json").open("wb") as file:
        file.truncate(SMALL_BYTES + 1)
    assert refusal(read_certificate, folder) == "FILE_OVERSIZED"


def test_what_is_not_there_is_named(folder: Path) -> None:
    (folder / "lot-0.jsonl").unlink()
    assert refusal(read_lot, folder, "0") == "FILE_ABSENT"
    (folder / "certificate.json").unlink()
    assert refusal(read_certificate, folder) == "NO_CERTIFICATE"
    (folder / "delivery.json").unlink()
    assert refusal(read_receipt, folder) == "NO_DELIVERY"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"lots":{"0":{}},"assayer":""}', b'{"lots":7}']
)
def test_what_is_no_receipt_is_refused(folder: Path, content: bytes) -> None:
    (folder / "delivery.json").write_bytes(content)
    assert refusal(read_receipt, folder) == "BAD_RECEIPT"
