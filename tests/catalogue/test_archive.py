"""Archives: the honest, the corrupt and the hostile."""

import contextlib
import gzip
import io
import stat
import tarfile
import zipfile

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from exchange.catalogue.archive import ArchiveLimits, read_archive
from exchange.catalogue.listing import ListingError

SMALL = ArchiveLimits(packed_bytes=100_000, unpacked_bytes=10_000, entries=5, depth=3)
# A tar is padded to a multiple of 10,240 bytes, and the padding counts.
SMALL_TAR = ArchiveLimits(packed_bytes=100_000, unpacked_bytes=20_480, entries=5, depth=3)


def zipped(files: dict[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for path, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(path, content)
    return packed.getvalue()


def refusal(archive: bytes, limits: ArchiveLimits = SMALL) -> str:
    with pytest.raises(ListingError) as caught:
        read_archive(archive, limits)
    return caught.value.code


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_files_of_a_zip_come_out_without_its_folders(method: int) -> None:
    files = {"train.jsonl": b"{}\n" * 100, "docs/LICENSE": b"free"}
    assert read_archive(zipped({**files, "docs/": b""}, method)) == files


def test_gzip_of_one_or_several_members_is_one_file() -> None:
    assert read_archive(gzip.compress(b"a") + gzip.compress(b"b"), gzip_name="set.txt") == {"set.txt": b"ab"}


def tarred(files: dict[str, bytes] | list[tuple[str, bytes]], **changes: object) -> bytes:
    """A tar.gz; `changes` are made to every member's header."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, content in files.items() if isinstance(files, dict) else files:
            member = tarfile.TarInfo(path)
            member.size = len(content)
            for name, value in changes.items():
                setattr(member, name, value)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_the_files_of_a_tar_come_out_with_their_paths() -> None:
    files = {"train.jsonl": b"{}\n" * 100, "docs/LICENSE": b"free", "\u8bd7/" + "x" * 150: b""}
    assert read_archive(tarred(files)) == files


@pytest.mark.parametrize("path", ["../up.txt", "/etc/passwd", "a/../../b", "C:/x"])
def test_a_tar_that_leaves_the_folder_is_refused(path: str) -> None:
    assert refusal(tarred({path: b"x"}), SMALL_TAR) == "ARCHIVE_UNSAFE_PATH"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_a_device_in_a_tar_is_refused(kind: bytes) -> None:
    assert refusal(tarred({"link": b""}, type=kind, linkname="/etc/passwd"), SMALL_TAR) == "ARCHIVE_UNSAFE_PATH"


def test_a_tar_over_its_limits_or_out_of_order_is_refused() -> None:
    assert refusal(tarred({"a": b"\0" * 50_000}), SMALL_TAR) == "ARCHIVE_TOO_LARGE"
    assert refusal(tarred({f"{number}": b"" for number in range(6)}), SMALL_TAR) == "ARCHIVE_TOO_LARGE"
    assert refusal(tarred({"a/b/c/d": b"x"}), SMALL_TAR) == "ARCHIVE_TOO_LARGE"
    assert refusal(tarred([("a", b"1"), ("./a", b"2")]), SMALL_TAR) == "ARCHIVE_DAMAGED"
    whole = gzip.decompress(tarred({"a": b"x" * 3_000}))
    assert refusal(gzip.compress(whole[:2_000]), SMALL_TAR) == "ARCHIVE_DAMAGED"


@pytest.mark.parametrize("path", ["../up.txt", "/etc/passwd", "a/../../b", "C:/x", "a\\..\\b", "https://x/y"])
def test_a_path_that_leaves_the_folder_is_refused(path: str) -> None:
    assert refusal(zipped({path: b"x"})) == "ARCHIVE_UNSAFE_PATH"


def test_a_link_is_refused() -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert refusal(packed.getvalue()) == "ARCHIVE_UNSAFE_PATH"


def test_bombs_are_refused_by_what_they_declare_and_by_what_comes_out() -> None:
    bomb = zipped({"a": b"\0" * 50_000})
    assert len(bomb) < 1_000
    assert refusal(bomb) == "ARCHIVE_TOO_LARGE"
    assert refusal(zipped({"a": b"\0" * 6_000, "b": b"\0" * 6_000})) == "ARCHIVE_TOO_LARGE"
    assert refusal(gzip.compress(b"\0" * 50_000)) == "ARCHIVE_TOO_LARGE"


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    honest = zipped({"a": b"\0" * 50_000})
    for stated in (5_000, 9_999):
        lying = honest.replace((50_000).to_bytes(4, "little"), stated.to_bytes(4, "little"))
        assert lying != honest
        assert refusal(lying) in {"ARCHIVE_TOO_LARGE", "ARCHIVE_LIES"}


def test_a_member_with_other_bytes_than_stated_is_a_lie() -> None:
    for content, stated in ((b"x" * 3_000, 2_000), (b"x" * 3_000, 4_000)):
        honest = zipped({"a": content})
        lying = honest.replace(len(content).to_bytes(4, "little"), stated.to_bytes(4, "little"))
        assert refusal(lying) == "ARCHIVE_LIES"


def test_members_that_share_their_bytes_are_a_lie() -> None:
    """A bomb without nesting: many entries of the directory that all unpack the same bytes."""
    packed = bytearray(zipped({f"{number}": b"\0" * 900 for number in range(5)}))
    place, first = 0, 0
    while (place := packed.find(b"PK\x01\x02", place + 1)) > 0:
        packed[place + 42 : place + 46] = first.to_bytes(4, "little")
    assert refusal(bytes(packed)) == "ARCHIVE_LIES"


def test_an_archive_may_give_only_so_many_times_its_size() -> None:
    limits = ArchiveLimits(ratio=100, free_bytes=10_000)
    bomb = b"\0" * 3_000_000
    assert len(gzip.compress(bomb)) < 4_000
    for archive in (gzip.compress(bomb), zstd.compress(bomb), zipped({"a": bomb}), tarred({"a": bomb})):
        assert refusal(archive, limits) == "ARCHIVE_TOO_LARGE"
    assert set(read_archive(gzip.compress(b"\0" * 9_000), limits)) == {"content"}


def test_tar_and_zstd_are_read_as_their_fellows_are() -> None:
    files = {"train.jsonl": b"{}\n" * 100, "docs/LICENSE": b"free"}
    plain = gzip.decompress(tarred(files))
    assert read_archive(plain) == files
    assert read_archive(zstd.compress(plain)) == files
    assert read_archive(zstd.compress(b"a") + zstd.compress(b"b")) == {"content": b"ab"}


def test_zstd_cut_short_or_with_a_huge_window_is_refused() -> None:
    assert refusal(zstd.compress(b"some text" * 99)[:-5]) == "ARCHIVE_DAMAGED"
    greedy = {zstd.CompressionParameter.window_log: 30, zstd.CompressionParameter.content_size_flag: 0}
    compressor = zstd.ZstdCompressor(options=greedy)
    wide = compressor.compress(b"some text") + compressor.flush()
    assert refusal(wide) == "ARCHIVE_DAMAGED"


def test_too_many_entries_too_deep_folders_and_too_large_archives_are_refused() -> None:
    assert refusal(zipped({str(n): b"" for n in range(6)})) == "ARCHIVE_TOO_LARGE"
    assert refusal(zipped({"a/b/c/d": b""})) == "ARCHIVE_TOO_LARGE"
    assert refusal(b"PK\x03\x04" + bytes(100_000)) == "ARCHIVE_TOO_LARGE"


def test_a_directory_of_endless_entries_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def must_not_run(*_: object) -> None:
        raise AssertionError("the directory was parsed")

    many = zipped({str(n): b"" for n in range(100)})
    monkeypatch.setattr("exchange.catalogue.archive.zipfile.ZipFile", must_not_run)
    assert refusal(many) == "ARCHIVE_TOO_LARGE"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_path_twice_is_refused() -> None:
    assert refusal(zipped([("a", b"1"), ("./a", b"2")])) == "ARCHIVE_DAMAGED"
    assert refusal(zipped([("a", b"1"), ("a", b"2")])) == "ARCHIVE_DAMAGED"


def test_an_unsupported_method_and_an_encrypted_entry_are_refused() -> None:
    assert refusal(zipped({"a": b"x" * 100}, zipfile.ZIP_BZIP2)) == "ARCHIVE_UNSUPPORTED"
    plain = bytearray(zipped({"a": b"x"}))
    directory = plain.rindex(b"PK\x01\x02")
    plain[6] |= 1
    plain[directory + 8] |= 1
    assert refusal(bytes(plain)) == "ARCHIVE_UNSUPPORTED"


@pytest.mark.parametrize("archive", [b"", b"plain text", b"PK\x03\x04", b"\x1f\x8b", gzip.compress(b"x" * 99)[:-9]])
def test_what_is_no_whole_archive_is_refused(archive: bytes) -> None:
    assert refusal(archive) == "ARCHIVE_DAMAGED"


ARCHIVES = (zipped({"a.txt": b"some text " * 30, "b/c.txt": b"more"}), gzip.compress(b"some text " * 30))


@given(st.sampled_from(ARCHIVES), st.data())
def test_a_corrupted_archive_gives_the_same_files_or_a_named_error(archive: bytes, data: st.DataObject) -> None:
    """Names and dates are not under any checksum, so a changed bit there may go by; contents are."""
    place = data.draw(st.integers(0, len(archive) - 1))
    corrupted = bytearray(archive)
    corrupted[place] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(ListingError):
        assert set(read_archive(bytes(corrupted), SMALL).values()) <= set(read_archive(archive).values())
