"""What everyone may see of a listed dataset: what its vendor states, what the assay found, what of it is in the market.

The documents behind a base are fixed once it is defined, so they are read once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.errors import ApiError
from api.state import exchange_of
from exchange.catalogue.licences import spdx_id
from exchange.catalogue.metadata import text, texts
from exchange.delivery.vault import Vault
from exchange.operations.admission import profile_of
from exchange.operations.dossier import NOVELTY, Dossier, read_dossier
from exchange.operations.entries import BaseEntry, InstrumentEntry
from exchange.runtime import Exchange
from exchange.vocabulary.instruments import Phase
from exchange.vocabulary.units import format_scaled
from exchange.vocabulary.wire import SIZE_SCALE


@dataclass(frozen=True, slots=True)
class DatasetView:
    """A base with its documents; `assay` is the body of its certificate, `novelty` that of its statement, if any."""

    entry: BaseEntry
    vendor: int
    label: str
    simulated: bool
    dossier: Dossier
    metadata: dict[str, Any]
    assay: dict[str, Any]
    novelty: dict[str, Any] | None

    def mentions(self, words: str) -> bool:
        """Whether code, name, description or a keyword holds the words, in any case."""
        stated = [text(self.metadata, "name"), text(self.metadata, "description")]
        places = [self.entry.code, *stated, *texts(self.metadata.get("keywords"))]
        return any(words.lower() in place.lower() for place in places)


class DatasetViews:
    """The datasets of one exchange; methods read files and belong into a thread."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._views: dict[int, DatasetView] = {}

    def find(self, name: str) -> DatasetView:
        """By product id, by the base's code or by its id."""
        directory = self._exchange.directory
        product = directory.by_symbol(name) or directory.by_symbol(name.replace("/", "-"))
        if product is not None and product.base in directory.bases:
            return self.of(directory.bases[product.base])
        for entry in list(directory.bases.values()):
            if name in (entry.code, str(entry.base)):
                return self.of(entry)
        raise ApiError(404, "Product not found", "UNKNOWN_PRODUCT", {"product_id": name[:64]})

    def of(self, entry: BaseEntry) -> DatasetView:
        known = self._views.get(entry.base)
        if known is None:
            known = self._views[entry.base] = self._read(entry)
        return known

    def after(self, base: int, words: str, grade: str, limit: int) -> Sequence[DatasetView]:
        """Datasets that match, by rising base id from the one after `base`."""
        found: list[DatasetView] = []
        for number, entry in sorted(self._exchange.directory.bases.items()):
            if number > base and len(found) < limit:
                view = self.of(entry)
                if grade in ("", view.assay["grade"]) and view.mentions(words):
                    found.append(view)
        return found

    def _read(self, entry: BaseEntry) -> DatasetView:
        vault = self._exchange.vault
        dossier = read_dossier(vault, entry.listing)
        vendor = self._exchange.directory.accounts[entry.issuer].participant
        profile = profile_of(self._exchange, vendor)
        return DatasetView(
            entry,
            vendor,
            profile.label,
            profile.simulated,
            dossier,
            json.loads(vault.get(dossier.croissant)),
            json.loads(vault.get(entry.certificate.hex()))["body"]["assay"],
            _stated_novelty(vault, dossier),
        )

    def shown(self, view: DatasetView) -> dict[str, Any]:
        """The summary; what changes is read now."""
        directory = self._exchange.directory
        entry = directory.bases[view.entry.base]
        product = directory.instrument_of(entry.base)
        delivered = sum(len(lots) for (_, base), lots in list(directory.delivered.items()) if base == entry.base)
        metadata, assay = view.metadata, view.assay
        return {
            "base": str(entry.base),
            "code": entry.code,
            "name": text(metadata, "name"),
            "version": text(metadata, "version"),
            "description": text(metadata, "description"),
            "vendor": {"id": str(view.vendor), "name": view.label, "simulated": view.simulated},
            "licence": spdx_id(texts(metadata["license"])[0]),
            "dataset_class": text(metadata, "tex:datasetClass"),
            "grade": assay["grade"],
            "profile": assay["profile"],
            "languages": assay["languages"],
            "documents": assay["documents"],
            "rtu": assay["rtu"],
            "lots": entry.lots,
            "copies": entry.copies,
            "lot_rtu": entry.lot_rtu,
            "lot_size": format_scaled(entry.lot_rtu, SIZE_SCALE),
            "lots_delivered": delivered,
            "certificate": entry.certificate.hex(),
            "merkle_root": assay["merkle_root"],
            "listing": entry.listing.hex(),
            "decision": entry.decision.hex(),
            "dataset": view.dossier.croissant,
            "novelty": view.novelty,
            **self._traded(product),
        }

    def _traded(self, product: InstrumentEntry | None) -> dict[str, Any]:
        """Of the instrument; a base whose issue was interrupted has none yet."""
        if product is None:
            return {"product_id": None, "phase": None, "tick": None, "quote": None}
        quote = self._exchange.directory.assets[product.quote]
        return {
            "product_id": product.symbol,
            "phase": Phase(product.phase).name.lower(),
            "tick": format_scaled(product.tick_minor, quote.scale),
            "quote": quote.code,
        }


def _stated_novelty(vault: Vault, dossier: Dossier) -> dict[str, Any] | None:
    """What was new to the exchange at listing; None of a dataset that was listed before there were sketches."""
    digest = dossier.sketches.get(NOVELTY)
    if digest is None:
        return None
    stated = json.loads(vault.get(digest))["body"]
    told = {name: stated[name] for name in ("rtu", "new_rtu", "new_ppm", "datasets", "inventory")}
    return {**told, "statement": digest}


def dataset_views_of(connection: HTTPConnection) -> DatasetViews:
    """The application's one, made when it is first asked for."""
    state = connection.app.state
    if not hasattr(state, "dataset_views"):
        state.dataset_views = DatasetViews(exchange_of(connection))
    return cast(DatasetViews, state.dataset_views)


TheDatasets = Annotated[DatasetViews, Depends(dataset_views_of)]
