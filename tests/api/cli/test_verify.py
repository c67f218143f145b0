"""Lots of a real delivery, verified without any connection, and spoiled in every way."""

import json
from pathlib import Path

import pytest
from served import admit_firm, entitle, small_dataset, submit

from exchange.assay.pipeline import rtu1_counter
from exchange.catalogue.lots import pack_lots

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).parents[3]
OFFLINE = """
import os, sys
def refuse(event, details):
    if event.startswith("socket."):
        os.write(2, event.encode())
        os._exit(77)
sys.addaudithook(refuse)
from api.cli.main import main
main()
"""
"""`tlx` on a machine where whoever asks for a socket dies."""


def whole_lots(content):
    """The size of at least three lots that leave none of the documents over."""
    rows = [json.loads(line) for line in content.splitlines()]
    count = rtu1_counter().count
    rtus = [count(f"{row['question']}\n{row['answer']}") for row in rows]
    for size in range(sum(rtus) // 4, sum(rtus) // 3):
        spans = pack_lots(rtus, size)
        if spans[-1].end == len(rtus):
            return size
    raise AssertionError("no size leaves nothing over")


@pytest.fixture(scope="module")
def bought(cli_server, tmp_path_factory):
    """A folder with every lot of a dataset, as `tlx deliver` leaves it; `two` holds two of them."""
    croissant, files, evidence = small_dataset("verified-riddles", seed=21)
    metadata = json.loads(croissant)
    metadata["tex:lotRtu"] = whole_lots(files["data.jsonl"])
    home = tmp_path_factory.mktemp("bought")
    vendor, buyer = (
        admit_firm(cli_server, "Verified Vendor"),
        admit_firm(cli_server, "Verified Buyer", "1000000.00", terms="purpose,method,scope,security-duties"),
    )
    listed = submit(vendor, (json.dumps(metadata).encode(), files, evidence), copies=5)
    entitle(buyer, listed["product_id"], "buy", "sell")
    return home, listed, vendor, buyer
