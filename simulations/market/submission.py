"""What a vendor hands in to list a dataset, and the folder of such datasets where there is one."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

LISTINGS: Final = Path(__file__).parents[1] / "listings"
SUFFIX: Final = ".croissant.json"


class Submission(NamedTuple):
    """Metadata, and files and evidence by their path in the dataset's folder."""

    name: str
    croissant: bytes
    files: Mapping[str, bytes]
    evidence: Mapping[str, bytes]

    @property
    def size_bytes(self) -> int:
        return sum(map(len, self.files.values()))


def known_listings(folder: Path, listings: Path = LISTINGS) -> list[Path]:
    """The listings whose dataset is in `folder`, the smallest first, so that a market is alive early."""
    known = [path for path in listings.glob(f"*{SUFFIX}") if (folder / path.name.removesuffix(SUFFIX)).is_dir()]
    return sorted(known, key=lambda path: (_stated_bytes(path), path.name))


def folder_submissions(folder: Path, listings: Iterable[Path]) -> Iterator[Submission]:
    """The datasets of these listings, each read when asked for."""
    for path in listings:
        yield read_submission(path, folder / path.name.removesuffix(SUFFIX))


def read_submission(listing: Path, folder: Path) -> Submission:
    """The files that the listing names; the licence goes with them where it names one and the folder has it."""
    croissant = listing.read_bytes()
    metadata: dict[str, Any] = json.loads(croissant)
    stated = [str(node["@id"]) for node in metadata["distribution"] if node["@type"] == "cr:FileObject"]
    shown = metadata.get("rai:dataLicenseEvidence", "")
    files = {path: (folder / path).read_bytes() for path in stated if path != shown}
    evidence = {shown: (folder / shown).read_bytes()} if shown and (folder / shown).is_file() else {}
    return Submission(str(metadata["name"]), croissant, files, evidence)


def _stated_bytes(listing: Path) -> int:
    metadata: dict[str, Any] = json.loads(listing.read_bytes())
    sizes = [str(node.get("contentSize", "0")) for node in metadata["distribution"]]
    return sum(int(size.removesuffix(" B")) for size in sizes)
