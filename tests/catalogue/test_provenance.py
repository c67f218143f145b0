"""What a certificate repeats of a listing's origin."""

import hashlib
import json

from exchange.assay.certificate import canonical_json
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.provenance import MAXIMUM_CHARS, MAXIMUM_ROWS, provenance


def test_licence_sources_and_given_evidence_are_told_with_their_hashes(metadata, files):
    received = json.dumps(metadata).encode()
    listing = read_listing(received)
    told = provenance(listing, files)
    assert told["metadata_sha256"] == hashlib.sha256(received).hexdigest()
    assert told["licence"] == "MIT"
    assert [source["id"] for source in told["sources"]] == [source.id for source in listing.sources]
    assert told["evidence"] == [
        {"kind": "licence-file", "path": "LICENSE", "sha256": hashlib.sha256(files["LICENSE"]).hexdigest()}
    ]
    assert told["evidence_missing"] == []
    assert canonical_json(told)


def test_evidence_that_was_named_and_not_given_is_told_as_missing(metadata):
    told = provenance(read_listing(json.dumps(metadata).encode()), {})
    assert (told["evidence"], told["evidence_missing"], told["evidence_given"]) == ([], ["LICENSE"], 0)


def test_the_hash_over_the_files_changes_with_any_file(metadata, files):
    before = provenance(read_listing(json.dumps(metadata).encode()), files)
    entry = next(node for node in metadata["distribution"] if node["@id"] == "train.jsonl")
    entry["sha256"] = "0" * 64
    after = provenance(read_listing(json.dumps(metadata).encode()), files)
    assert before["files_sha256"] != after["files_sha256"]
    assert before["files"] == after["files"] == 2


def test_long_statements_are_cut(metadata, files):
    metadata["rai:dataCollection"] = "long " * MAXIMUM_CHARS
    source = metadata["prov:wasDerivedFrom"]
    source = source[0] if isinstance(source, list) else source
    metadata["prov:wasDerivedFrom"] = [source | {"@id": f"https://example.org/{n}"} for n in range(MAXIMUM_ROWS + 9)]
    told = provenance(read_listing(json.dumps(metadata).encode()), files)
    assert len(told["collection"]) == MAXIMUM_CHARS + 1
    assert len(told["sources"]) == MAXIMUM_ROWS
    assert told["sources_stated"] == MAXIMUM_ROWS + 9
