"""An archive unpacked into a folder of its own, where it can be read like any folder."""

from pathlib import Path

from exchange.catalogue.archive import UNPACK_LIMITS, ArchiveLimits, archive_members
from exchange.catalogue.listing import ListingError

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst")


def is_archive(name: str) -> bool:
    """By its name; a compressed single file is none."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def unpack_archive(archive: Path, folder: Path, limits: ArchiveLimits = UNPACK_LIMITS) -> None:
    """Write an archive's files below `folder`. ListingError ARCHIVE_…; ARCHIVE_NESTED for an archive in it.

    Folders and files are made new, so a path can lead over nothing that was there before.
    """
    with archive.open("rb") as file:
        for path, pieces in archive_members(file, limits):
            if is_archive(path):
                raise ListingError(
                    "ARCHIVE_NESTED", f"{path[:200]} is an archive in an archive; unpack it, or leave it out"
                )
            place = folder / path
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("xb") as written:
                    for piece in pieces:
                        written.write(piece)
            except (FileExistsError, NotADirectoryError):
                raise ListingError("ARCHIVE_DAMAGED", f"{path[:200]} is there twice, as file and as folder") from None
