"""The eleven reference sets, assayed: the table of docs/explanation/assayed-sets.md.

    python -m simulations.assayed_sets DATASETS PAGE

assays each set under DATASETS by its listing, one after another in one process, and writes the table into PAGE
between its two marks. The words round the table are people's; the numbers are not.
"""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from exchange.assay.account import Account
from exchange.assay.documents import read_documents
from exchange.assay.pipeline import AssayResult, assay_documents, rtu1_counter
from exchange.assay.report import percent
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import verify_files
from exchange.operations.listing import declaration

LISTINGS = Path(__file__).parent / "listings"
BEGIN, END = "<!-- measured -->\n", "<!-- end of measured -->\n"
# Salts decide on the Merkle root alone, which is not in the table.
_SECRET = bytes(32)
_HEAD = (
    "| Set | Profile | Documents | RTU | Grade | Weakest dimension | Not deliverable because | CPU s | MB per CPU s |",
    "|---|---|---|---|---|---|---|---|---|",
)


class Assayed(NamedTuple):
    """A set's body, and the CPU seconds of one process from its files to the body."""

    name: str
    body: dict[str, Any]
    seconds: float


def set_names() -> list[str]:
    return sorted(path.name.removesuffix(".croissant.json") for path in LISTINGS.glob("*.croissant.json"))


def assay_set(name: str, datasets: Path) -> AssayResult:
    """As a listing of it would be, with the evidence that stands in its folder."""
    listing = read_listing((LISTINGS / f"{name}.croissant.json").read_bytes())
    contents = verify_files(listing, datasets / name)
    account = Account(listing.recipe)
    return assay_documents(
        read_documents(contents, listing.recipe, encodings=account.encodings, kinds=account.kinds),
        name=listing.name,
        version=listing.version,
        secret=_SECRET,
        declared=declaration(listing, contents),
        account=account,
    )


def assayed_sets(datasets: Path) -> Iterator[Assayed]:
    rtu1_counter()  # The vocabulary is loaded once for all, so that no set pays for it.
    for name in set_names():
        started = time.process_time()
        body = assay_set(name, datasets).body
        yield Assayed(name, body, time.process_time() - started)


def row(assayed: Assayed) -> str:
    """One line of the table, whose last two cells alone are another one's on another machine."""
    megabytes = assayed.body["canonical_utf8_bytes"] / 1_000_000
    return f"{stable_cells(assayed.name, assayed.body)} {assayed.seconds:.1f} | {megabytes / assayed.seconds:.1f} |"


def stable_cells(name: str, body: dict[str, Any]) -> str:
    """What of a line is the same on every machine."""
    weakest, ppm = min(body["dimension_scores_ppm"].items(), key=lambda item: item[1])
    failures = ", ".join(f"`{code}`" for code in body["hard_failures"]) or "–"
    cells = (name, body["profile"], f"{body['documents']:,}", f"{body['rtu']:,}", body["grade"])
    return f"| {' | '.join(cells)} | {weakest} {percent(ppm)} | {failures} |"


def with_table(page: str, lines: list[str]) -> str:
    """The page with `lines` between its marks."""
    table = "\n".join((*_HEAD, *lines))
    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n{table}\n\n{END}", page, flags=re.DOTALL
    )


def main(datasets: Path, page: Path) -> None:
    lines = []
    for assayed in assayed_sets(datasets):
        lines.append(row(assayed))
        sys.stdout.write(lines[-1] + "\n")
    page.write_text(with_table(page.read_text(encoding="utf-8"), lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
