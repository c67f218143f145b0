"""The eleven reference sets, through their listings: documents, bytes and hashes as the reference table has them."""

import csv
import hashlib
from pathlib import Path

import pytest

from exchange.assay.documents import read_documents
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import verify_files

LISTINGS = Path(__file__).parents[2] / "simulations" / "listings"
DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the reference sets are not beside the repository")
NAMES = sorted(path.name.removesuffix(".croissant.json") for path in LISTINGS.glob("*.croissant.json"))


def reference() -> dict[str, dict[str, str]]:
    with (DATA / "rtu1_counts.tsv").open(encoding="utf-8", newline="") as table:
        return {row["dataset"]: row for row in csv.DictReader(table, delimiter="\t")}


@needs_data
def test_every_reference_set_has_a_listing() -> None:
    assert sorted(reference()) == NAMES


@needs_data
@pytest.mark.parametrize("name", NAMES)
def test_the_listing_reproduces_the_reference_documents(name: str) -> None:
    listing = read_listing((LISTINGS / f"{name}.croissant.json").read_bytes())
    contents = [
        document.text.encode()
        for document in read_documents(verify_files(listing, DATA / "datasets" / name), listing.recipe)
    ]
    hashes = [hashlib.sha256(content).digest() for content in contents]
    expected = reference()[name]
    assert len(contents) == int(expected["documents"])
    assert len(set(hashes)) == int(expected["distinct_documents"])
    assert sum(map(len, contents)) == int(expected["canonical_utf8_bytes"])
    assert hashlib.sha256(b"".join(hashes)).hexdigest() == expected["sha256_of_document_sha256s"]


@pytest.mark.parametrize("name", NAMES)
def test_the_listing_is_valid_without_the_data(name: str) -> None:
    assert read_listing((LISTINGS / f"{name}.croissant.json").read_bytes()).name == name


def test_the_sets_that_the_gate_is_to_refuse_say_why_themselves() -> None:
    shakespeare = read_listing((LISTINGS / "tiny-shakespeare.croissant.json").read_bytes())
    assert shakespeare.evidence == ()
    relations = read_listing((LISTINGS / "agri-kg-relations.croissant.json").read_bytes())
    assert relations.licence == "GPL-3.0-only"
    assert [source.licence for source in relations.sources] == ["GPL-3.0-only", "CC-BY-SA-4.0"]
    dialogue = read_listing((LISTINGS / "cn-medical-dialogue.croissant.json").read_bytes())
    assert dialogue.declares_personal_data
    assert dialogue.evidence_of("separate-consent") == ()
