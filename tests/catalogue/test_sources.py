"""Files as streams of their content, from a folder and from what was handed in, compressed or not."""

import gzip
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from backports import zstd
from trees import tree

from exchange.assay.recipe import DocumentError
from exchange.assay.streams import Source
from exchange.catalogue.archive import ArchiveLimits
from exchange.catalogue.listing import ListingError
from exchange.catalogue.sources import FolderSource, UploadSource, find_files

SMALL = ArchiveLimits(ratio=50, free_bytes=1_000, entries=3)
Opened = Callable[[Mapping[str, bytes]], Source]


@pytest.fixture(params=["folder", "upload"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    if request.param == "upload":
        return lambda files: UploadSource(files, SMALL)
    return lambda files: FolderSource(tree(tmp_path, dict(files)), SMALL)


def content(source: Source, path: str) -> bytes:
    with source.stream(path) as stream:
        return stream.read()


def refusal(source: Source, path: str) -> str:
    with pytest.raises(DocumentError) as caught:
        content(source, path)
    return caught.value.code


def test_a_file_gives_its_content(opened: Opened) -> None:
    source = opened({"a.txt": b"plain", "b.txt.gz": gzip.compress(b"zipped"), "c.zst": zstd.compress(b"packed")})
    assert [content(source, path) for path in ("a.txt", "b.txt.gz", "c.zst")] == [b"plain", b"zipped", b"packed"]


def test_what_is_not_there_or_not_what_its_name_says_is_refused(opened: Opened) -> None:
    source = opened(
        {"a.gz": b"plain", "b.gz": gzip.compress(b"zipped" * 99)[:-9], "c.zst": zstd.compress(b"x" * 99)[:-2]}
    )
    assert refusal(source, "other") == "FILE_MISSING"
    assert [refusal(source, path) for path in ("a.gz", "b.gz", "c.zst")] == ["FILE_DAMAGED"] * 3


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_file_may_give_only_so_many_times_its_size(opened: Opened, compress: Callable[[bytes], bytes]) -> None:
    source = opened({"bomb.gz": compress(b"\0" * 500_000), "small.gz": compress(b"\0" * 999)})
    assert refusal(source, "bomb.gz") == "FILE_TOO_LARGE"
    assert len(content(source, "small.gz")) == 999


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path) -> None:
    files = find_files(tree(tmp_path, {"b": b"", "a": b"", ".hidden": b""}), Counter(), SMALL)
    assert [file.path for file in files] == ["a", "b"]
    with pytest.raises(ListingError, match="TOO_MANY_FILES"):
        find_files(tree(tmp_path, {"c": b"", "d": b""}), Counter(), SMALL)
