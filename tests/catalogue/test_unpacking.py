"""Archives unpacked to disk: what they hold is there, and nothing anywhere else."""

import gzip
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from backports import zstd

from exchange.catalogue.archive import UNPACK_LIMITS, ArchiveLimits
from exchange.catalogue.listing import ListingError
from exchange.catalogue.unpacking import is_archive, unpack_archive

FILES = {"set/data.jsonl": b"{}\n" * 100, "set/docs/LICENSE": b"free"}


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return packed.getvalue()


def tarred(files: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.type, member.linkname = len(content), kind, "/etc/passwd"
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def unpacked(folder: Path, archive: bytes, limits: ArchiveLimits = UNPACK_LIMITS) -> dict[str, bytes]:
    place, to = folder / "archive", folder / "to"
    place.write_bytes(archive)
    to.mkdir(exist_ok=True)
    unpack_archive(place, to, limits)
    return {path.relative_to(to).as_posix(): path.read_bytes() for path in to.rglob("*") if path.is_file()}


def refusal(folder: Path, archive: bytes, limits: ArchiveLimits = UNPACK_LIMITS) -> str:
    with pytest.raises(ListingError) as caught:
        unpacked(folder, archive, limits)
    return caught.value.code


@pytest.mark.parametrize(
    "pack", [zipped, tarred, lambda f: gzip.compress(tarred(f)), lambda f: zstd.compress(tarred(f))]
)
def test_every_kind_of_archive_is_unpacked(tmp_path: Path, pack: object) -> None:
    assert unpacked(tmp_path, pack(FILES)) == FILES  # type: ignore[operator]


@pytest.mark.parametrize("name", ["inner.zip", "a/inner.TAR.gz", "inner.tar.zst"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_in_an_archive_is_refused(tmp_path: Path, name: str, pack: object) -> None:
    assert refusal(tmp_path, pack({"a.txt": b"x", name: zipped(FILES)})) == "ARCHIVE_NESTED"  # type: ignore[operator]


def test_archives_nested_in_many_layers_cost_nothing(tmp_path: Path) -> None:
    layer = zipped({"zeros": b"\0" * 100_000})
    for _ in range(6):
        layer = zipped({f"layer{number}.zip": layer for number in range(10)})
    assert refusal(tmp_path, layer) == "ARCHIVE_NESTED"
    assert not list((tmp_path / "to").iterdir())


@pytest.mark.parametrize("path", ["../up.txt", "/etc/up.txt", "a/../../up.txt", "C:/up.txt", "a\\up.txt"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_nothing_is_written_out_of_the_folder(tmp_path: Path, path: str, pack: object) -> None:
    assert refusal(tmp_path, pack({path: b"x"})) == "ARCHIVE_UNSAFE_PATH"  # type: ignore[operator]
    assert not list(tmp_path.rglob("up.txt"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    assert refusal(tmp_path, tarred({"link": b""}, kind)) == "ARCHIVE_UNSAFE_PATH"


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert refusal(tmp_path, packed.getvalue()) == "ARCHIVE_UNSAFE_PATH"


def test_a_file_where_a_folder_is_wanted_is_damage(tmp_path: Path) -> None:
    assert refusal(tmp_path, zipped({"a": b"x", "a/b": b"y"})) == "ARCHIVE_DAMAGED"


def test_a_bomb_stops_long_before_it_fills_the_disk(tmp_path: Path) -> None:
    bomb = zipped({"zeros": b"\0" * 20_000_000})
    assert len(bomb) < 30_000
    limits = ArchiveLimits(unpacked_bytes=2**30, ratio=100, free_bytes=2**20)
    assert refusal(tmp_path, bomb, limits) == "ARCHIVE_TOO_LARGE"
    for lie in (100, 1_000_000):
        lying = bomb.replace((20_000_000).to_bytes(4, "little"), lie.to_bytes(4, "little"))
        assert refusal(tmp_path / str(lie) if (tmp_path / str(lie)).mkdir() is None else tmp_path, lying, limits) in {
            "ARCHIVE_LIES",
            "ARCHIVE_TOO_LARGE",
        }
    written = sum(path.stat().st_size for path in tmp_path.rglob("zeros"))
    assert written <= 4 * 2**20


def test_archives_are_told_by_their_names() -> None:
    assert is_archive("a.TGZ") and is_archive("a.tar.zst") and is_archive("b.zip")
    assert not is_archive("a.jsonl.gz") and not is_archive("zip") and not is_archive("a.zst")
