"""Lots that were bought and delivered for the tests of `tlx verify`, and the command run without any connection."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from served import CONTRACT_TERMS, admit_firm, entitle, small_dataset, submit

from exchange.assay.pipeline import rtu1_counter
from exchange.catalogue.lots import pack_lots

REPOSITORY = Path(__file__).parents[3]
OFFLINE = """
import os, sys
def refuse(event, details):
    # A library asks the kernel for a loopback address when it is imported, to know whether there is IPv6.
    asks = event == "socket.__new__" or (event == "socket.bind" and details[1][0] == "::1")
    if event.startswith("socket.") and not asks:
        os.write(2, event.encode())
        os._exit(77)
sys.addaudithook(refuse)
from api.cli.main import main
main()
"""
"""`tlx` on a machine where whoever looks up a name, connects or sends dies."""


def offline(*arguments):
    return tlx_outside(*arguments, program=OFFLINE)


def tlx_outside(*arguments, program="from api.cli.main import main; main()"):
    """`tlx` as a process of its own."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)


def whole_lots(content):
    """The size of at least three lots that leave none of the documents over."""
    rows = [json.loads(line) for line in content.splitlines()]
    count = rtu1_counter().count
    rtus = [count(f"{row['question']}\n{row['answer']}") for row in rows]
    sizes = range(sum(rtus) // 4, sum(rtus) // 3)
    return next(size for size in sizes if pack_lots(rtus, size)[-1].end == len(rtus))


@pytest.fixture(scope="session")
def bought(cli_server, tmp_path_factory):
    """`all` is a folder with every lot of a dataset, `one` a folder with a single one, as `tlx deliver` leaves them."""
    home = tmp_path_factory.mktemp("bought")
    croissant, files, evidence = small_dataset("verified riddles", seed=21)
    metadata = json.loads(croissant)
    metadata["tex:lotRtu"] = whole_lots(files["data.jsonl"])
    vendor = admit_firm(cli_server, "Verified Vendor")
    buyer, other = (admit_firm(cli_server, name, "1000000.00", terms=CONTRACT_TERMS) for name in ("V Buyer", "V Other"))
    croissant = json.dumps(metadata).encode()
    listed = submit(vendor, (croissant, files, evidence), copies=5)
    (home / "dataset").mkdir()
    for path, content in {"croissant.json": croissant, **files, **evidence}.items():
        (home / "dataset" / path).write_bytes(content)
    product, lots = listed["product_id"], listed["lots"]
    assert lots >= 3
    for firm in (buyer, other):
        entitle(firm, product, "buy")
    price, size = listed["tick"], listed["lot_rtu"]
    vendor.order(product, "sell", price, f"{size * (lots + 1) / 10**6:.6f}")
    buyer.order(product, "buy", price, f"{size * lots / 10**6:.6f}")
    other.order(product, "buy", price, f"{size / 10**6:.6f}")
    firms = ("Verified-Vendor", "V-Buyer", "V-Other")
    return SimpleNamespace(
        all=home / "all",
        one=home / "one",
        dataset=home / "dataset",
        listed=listed,
        product=product,
        lots=lots,
        credentials={firm: cli_server.folder.with_name(f"{firm}.json") for firm in firms},
        url=cli_server.url,
        assayer=buyer.client.get("/assayer")["public_key"],
    )


@pytest.fixture(scope="session")
def delivered(bought):
    """The same, once both have taken delivery."""
    for firm, count, to in (("V-Buyer", bought.lots, bought.all), ("V-Other", 1, bought.one)):
        where = ["--to", to, "-c", bought.credentials[firm], "--url", bought.url]
        done = tlx_outside("deliver", bought.product, count, *where)
        assert done.returncode == 0, done.stdout + done.stderr
    return bought


@pytest.fixture
def lots(delivered, tmp_path):
    """A copy of all lots, to spoil."""
    return Path(shutil.copytree(delivered.all, tmp_path / "lots"))


def verified(tlx, *arguments):
    """What `tlx verify` tells machines, of a folder with nothing wrong."""
    result = tlx("verify", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def refused(tlx, *arguments):
    """Exit status 1, and the names of everything that is wrong, in order."""
    result = tlx(*arguments)
    assert result.exit_code == 1, result.stdout
    return [line.partition(":")[0] for line in result.stderr.splitlines() if not line.startswith(" ")]


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lines(lots, number):
    return (lots / f"lot-{number}.jsonl").read_bytes().splitlines(keepends=True)
