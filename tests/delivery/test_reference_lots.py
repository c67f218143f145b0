"""Lots of a real dataset: listed, packed, built and verified, every document once."""

from pathlib import Path

import pytest

from exchange.assay.documents import read_documents
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import verify_files
from exchange.catalogue.lots import pack_lots
from exchange.delivery.verify import LotMismatchError, verify_lot

LISTING = Path(__file__).parents[2] / "simulations" / "listings" / "agri-plant-ontology.croissant.json"
FOLDER = Path(__file__).parents[3] / "shared" / "data" / "datasets" / "agri-plant-ontology"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the reference sets are not beside the repository")
def test_lots_of_a_real_dataset_prove_every_document_once(dataset_of) -> None:
    listing = read_listing(LISTING.read_bytes())
    documents = list(read_documents(verify_files(listing, FOLDER), listing.recipe))
    dataset = dataset_of([document.text for document in documents])
    spans = pack_lots([row.rtu for row in dataset.rows], 10_000)
    lots = dataset.lots(spans, 10_000)
    delivered = [document.text for lot in lots for document in verify_lot(*lot, dataset.root).documents]
    assert len(lots) > 1
    assert delivered == [document.text for document in documents[: spans[-1].end]]

    with pytest.raises(LotMismatchError, match="HASH_MISMATCH"):
        verify_lot(lots[0][0], lots[1][1], dataset.root)
