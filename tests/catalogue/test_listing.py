"""The files of a listing, held against their stated hashes."""

import json
from pathlib import Path
from typing import Any

import pytest

from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import Listing, ListingError, safe_path, verify_files


@pytest.fixture
def listing(metadata: dict[str, Any]) -> Listing:
    return read_listing(json.dumps(metadata).encode())


def refusal(listing: Listing, given: Path | dict[str, bytes], limit_bytes: int = 1000) -> str:
    with pytest.raises(ListingError) as caught:
        verify_files(listing, given, limit_bytes)
    return caught.value.code


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        (folder / path).write_bytes(content)
    return folder


def test_a_folder_and_a_mapping_give_the_same_files(listing: Listing, files: dict[str, bytes], tmp_path: Path) -> None:
    assert verify_files(listing, write(tmp_path, files)) == verify_files(listing, files) == files


def test_a_changed_byte_is_a_hash_mismatch_and_a_lost_one_a_size_mismatch(
    listing: Listing, files: dict[str, bytes]
) -> None:
    changed = files["train.jsonl"].replace(b"4", b"5")
    assert refusal(listing, {**files, "train.jsonl": changed}) == "FILE_HASH_MISMATCH"
    assert refusal(listing, {**files, "train.jsonl": changed[:-1]}) == "FILE_SIZE_MISMATCH"


def test_a_missing_and_an_oversized_file_are_named(listing: Listing, files: dict[str, bytes], tmp_path: Path) -> None:
    assert refusal(listing, {}) == refusal(listing, tmp_path) == "FILE_MISSING"
    assert refusal(listing, files, 10) == refusal(listing, write(tmp_path, files), 10) == "FILE_TOO_LARGE"


def test_named_evidence_must_be_there_though_it_has_no_stated_hash(
    metadata: dict[str, Any], files: dict[str, bytes]
) -> None:
    metadata["tex:consentEvidence"] = ["consent.txt"]
    listing = read_listing(json.dumps(metadata).encode())
    assert listing.evidence_of("separate-consent") == ("consent.txt",)
    assert refusal(listing, files) == "FILE_MISSING"
    assert verify_files(listing, {**files, "consent.txt": b"signed"})["consent.txt"] == b"signed"


def test_a_link_out_of_the_folder_is_not_followed(listing: Listing, files: dict[str, bytes], tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    folder.mkdir()
    outside.write_bytes(files["train.jsonl"])
    (folder / "train.jsonl").symlink_to(outside)
    assert refusal(listing, folder) == "UNSAFE_PATH"


def test_a_safe_path_comes_in_its_plain_form() -> None:
    assert safe_path("./a//b.txt") == "a/b.txt"
