"""What a vendor hands in to list a dataset, and the folder of such datasets where there is one."""

import json
from collections.abc import Iterator, Mapping
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


def folder_submissions(folder: Path, listings: Path = LISTINGS) -> Iterator[Submission]:
    """Each listing whose dataset is in `folder`, the smallest first, so that a market is alive early; read when asked
    for.
    """
    known = [path for path in listings.glob(f"*{SUFFIX}") if (folder / path.name.removesuffix(SUFFIX)).is_dir()]
    for path in sorted(known, key=lambda path: (_stated_bytes(path), path.name)):
        yield read_submission(path, folder / path.name.removesuffix(SUFFIX))


def read_submission(listing: Path, folder: Path) -> Submission:
    """The files that the listing names; what it names as evidence goes with it where the folder has it."""
    croissant = listing.read_bytes()
    metadata: dict[str, Any] = json.loads(croissant)
    stated = [str(node["@id"]) for node in metadata["distribution"] if node["@type"] == "cr:FileObject"]
    shown = {path for key in ("rai:dataLicenseEvidence",) if isinstance(path := metadata.get(key), str)}
    files = {path: (folder / path).read_bytes() for path in stated if path not in shown}
    evidence = {path: (folder / path).read_bytes() for path in sorted(shown) if (folder / path).is_file()}
    return Submission(str(metadata["name"]), croissant, files, evidence)


def _stated_bytes(listing: Path) -> int:
    metadata: dict[str, Any] = json.loads(listing.read_bytes())
    sizes = [str(node.get("contentSize", "0")) for node in metadata["distribution"]]
    return sum(int(size.removesuffix(" B")) for size in sizes)
