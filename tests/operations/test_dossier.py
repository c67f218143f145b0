import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.delivery.vault import Vault, VaultError
from exchange.operations.dossier import Dossier, LotDocuments, read_dossier

DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
PATHS = st.dictionaries(st.text(min_size=1, max_size=12), DIGESTS, max_size=3)
LOTS = st.lists(st.builds(LotDocuments, st.integers(0, 99), st.integers(1, 10**9), DIGESTS, DIGESTS), max_size=3)
DOSSIERS = st.builds(
    Dossier,
    account=st.integers(1, 2**53),
    submitted_by=st.integers(0, 2**53),
    croissant=DIGESTS,
    certificate=DIGESTS,
    files=PATHS,
    evidence=PATHS,
    code=st.text(max_size=16),
    copies=st.integers(0, 10**9),
    lot_rtu=st.integers(0, 10**9),
    tick_minor=st.integers(0, 10**9),
    lots=LOTS.map(tuple),
)


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    return Vault(tmp_path_factory.mktemp("vault"))


@given(dossier=DOSSIERS)
def test_a_dossier_reads_back_as_it_was_written(vault, dossier):
    digest = bytes.fromhex(vault.put(dossier.document()))
    read = read_dossier(vault, digest)
    assert read == dossier
    assert hashlib.sha256(read.document()).digest() == digest


@given(dossier=DOSSIERS)
def test_any_other_dossier_has_another_digest(dossier):
    assert dossier.document() != replace(dossier, account=dossier.account + 1).document()


def test_a_lot_is_found_by_its_number():
    lots = (LotDocuments(0, 5, "aa", "bb"), LotDocuments(1, 6, "cc", "dd"))
    dossier = Dossier(account=1, submitted_by=1, croissant="", certificate="", files={}, evidence={}, lots=lots)
    assert dossier.lot(1) == lots[1]
    assert dossier.lot(2) is None


def test_another_kind_of_document_is_no_dossier(vault):
    digest = vault.put(json.dumps({"format": "tlx-participant/1"}).encode())
    with pytest.raises(AssertionError):
        read_dossier(vault, bytes.fromhex(digest))
    with pytest.raises(VaultError):
        read_dossier(vault, bytes(32))
