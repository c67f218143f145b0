"""Lots of a real dataset: listed, packed, built and verified, every document once; and held against its certificate."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange.assay.certificate import sign_certificate
from exchange.assay.documents import read_documents
from exchange.assay.pipeline import assay_documents, rtu1_counter
from exchange.assay.remeasure import differences, remeasure, reproduce
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import verify_files
from exchange.catalogue.lots import pack_lots
from exchange.delivery.lot_table import lot_statements, lots_certified, read_lot_table
from exchange.delivery.manifest import build_lots
from exchange.delivery.proof import prove_document, verify_proof
from exchange.delivery.verify import LotMismatchError, verify_lot

LISTINGS = Path(__file__).parents[2] / "simulations" / "listings"
DATASETS = Path(__file__).parents[3] / "shared" / "data" / "datasets"
SECRET = b"the dataset's secret"
LOT_RTU = 10_000


@pytest.mark.parametrize("name", ["agri-plant-ontology", "industry-maintnorm"])
def test_lots_of_a_real_dataset_prove_every_document_and_bear_out_its_certificate(name: str) -> None:
    folder = DATASETS / name
    if not folder.is_dir():
        pytest.skip("the reference sets are not beside the repository")
    listing = read_listing((LISTINGS / f"{name}.croissant.json").read_bytes())
    documents = list(read_documents(verify_files(listing, folder), listing.recipe))
    declared = {"language": listing.languages[0], "licence_evidence": True, "source_stated": True}
    assayed = assay_documents(documents, name=name, version=listing.version, secret=SECRET, declared=declared)
    spans = pack_lots([row.rtu for row in assayed.documents], LOT_RTU)
    stated = lots_certified(LOT_RTU, lot_statements(assayed.documents, assayed.leaves, spans))
    key = Ed25519PrivateKey.generate()
    certificate = sign_certificate(assayed.body, key, issued_at_s=1, expires_at_s=2, lots=stated)
    root, table = bytes.fromhex(assayed.body["merkle_root"]), read_lot_table(stated)

    built = list(build_lots("REAL", LOT_RTU, documents, assayed.documents, assayed.leaves, SECRET, spans))
    lots = [verify_lot(*lot, root, certified=table) for lot in built]
    assert len(lots) > 1
    assert [document for lot in lots for document in lot.documents] == documents[: spans[-1].end]
    assert verify_lot(*built[0], root, certified=table, count_rtu=rtu1_counter().count)
    with pytest.raises(LotMismatchError, match="HASH_MISMATCH"):
        verify_lot(built[0][0], built[1][1], root)

    for lot in lots[:3]:
        assert not remeasure(assayed.body, lot.documents).contradictions
    assert differences(assayed.body, reproduce(assayed.body, documents, SECRET)) == []
    proof = prove_document(lots[1], lots[1].first_index, certificate)
    text = lots[1].documents[0].text.encode()
    shown = verify_proof(proof, text, trusted_assayers=[key.public_key().public_bytes_raw()])
    assert (shown.index, shown.lot) == (spans[1].first, lots[1].statement)
