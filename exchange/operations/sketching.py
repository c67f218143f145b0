"""The sketches of a listing: made once, kept in the vault, named by its dossier.

Two keys. A dataset's own is drawn here, when its bytes are fixed, so no vendor can choose texts by what will be
sampled; it is told to whoever asks about the dataset. The inventory's is the venue's for ever and told to nobody: what
is listed later is compared under it with all that was listed before.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from exchange.assay.duplicates import minhash_digests, shingles
from exchange.assay.novelty import held_share
from exchange.assay.novelty_statement import sign_novelty
from exchange.assay.pipeline import AssayedDocument
from exchange.assay.sketches import KEY_BYTES, DatasetSketcher, ListedSketch, Sketch, read_listed
from exchange.assay.tracing import DocumentSketches
from exchange.catalogue.lots import LotSpan
from exchange.compliance.decisions import canonical_json
from exchange.operations.dossier import DOCUMENTS, INVENTORY, NOVELTY, QUERY
from exchange.runtime import Exchange
from exchange.store.secrets import VENUE_SUBJECT
from exchange.vocabulary.documents import Document
from exchange.vocabulary.units import NS_PER_SECOND

INVENTORY_FORMAT: Final = "tlx-inventory/1"
INVENTORY_RATE_LOG2: Final = 4
"""Every sixteenth shingle: a fixed rate, since what is listed later may be of any size."""
_INVENTORY_KEY: Final = "inventory-sketch-key"
_DOCUMENTS_AT_ONCE: Final = 512


class Sketched(NamedTuple):
    """All sketches of the documents in lots, and their tokens."""

    query: ListedSketch
    inventory: ListedSketch
    documents: DocumentSketches
    rtu: int


def sketch_lots(
    exchange: Exchange, documents: Sequence[Document], rows: Sequence[AssayedDocument], spans: Sequence[LotSpan]
) -> Sketched:
    """`rows` are the assay's of the dataset's documents; those after the last lot are left out."""
    sold = range(spans[0].first, spans[-1].end)
    venue_key = exchange.secrets.get_or_make(VENUE_SUBJECT, _INVENTORY_KEY, lambda: os.urandom(KEY_BYTES))
    query, inventory = DatasetSketcher(os.urandom(KEY_BYTES)), DatasetSketcher(venue_key, INVENTORY_RATE_LOG2)
    digests = bytearray()
    for first in range(sold.start, sold.stop, _DOCUMENTS_AT_ONCE):
        some = range(first, min(first + _DOCUMENTS_AT_ONCE, sold.stop))
        digests += minhash_digests([documents[index].text for index in some])
        for index in some:
            distinct = shingles(documents[index].text)
            query.add(distinct, rows[index].rtu)
            inventory.add(distinct, rows[index].rtu)
    sha256s = b"".join(rows[index].sha256 for index in sold)
    rtu = sum(rows[index].rtu for index in sold)
    return Sketched(query.sketch(), inventory.sketch(), DocumentSketches(sha256s, bytes(digests)), rtu)


def keep_sketches(exchange: Exchange, sketched: Sketched, certificate: str) -> Mapping[str, str]:
    """Digests by name, with that of the statement of what is new to the inventory. Hold the listing lock."""
    inventory = dict(sorted(exchange.inventory.items()))
    told = {"format": INVENTORY_FORMAT, "sketches": {str(base): digest for base, digest in inventory.items()}}
    held = held_share(sketched.inventory, (_sketch(exchange, digest) for digest in inventory.values()))
    statement = sign_novelty(
        exchange.assayer_key,
        certificate,
        exchange.vault.put(canonical_json(told)),
        len(inventory),
        sketched.rtu,
        held.rest(),
        exchange.now_ns() // NS_PER_SECOND,
    )
    return {
        QUERY: exchange.vault.put(sketched.query.document()),
        INVENTORY: exchange.vault.put(sketched.inventory.document()),
        DOCUMENTS: exchange.vault.put(sketched.documents.document()),
        NOVELTY: exchange.vault.put(statement),
    }


def _sketch(exchange: Exchange, digest: str) -> Sketch:
    return read_listed(exchange.vault.get(digest)).sketch
