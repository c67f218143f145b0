"""What everyone may see of a listed dataset: what its vendor states, what the assay found, what of it is in the market.

The documents behind a base are fixed once it is defined, so they are read once.
"""

import json
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.errors import ApiError
from api.prices import Price
from exchange.catalogue.croissant import read_terms
from exchange.catalogue.licences import spdx_id
from exchange.catalogue.metadata import text, texts
from exchange.catalogue.search import SearchEntry
from exchange.compliance.licences import purpose_names
from exchange.delivery.vault import Vault
from exchange.operations.admission import profile_of
from exchange.operations.dossier import NOVELTY, Dossier, read_dossier
from exchange.operations.entries import BaseEntry, InstrumentEntry
from exchange.operations.lifecycle import state_of
from exchange.runtime import Exchange
from exchange.vocabulary.instruments import Phase
from exchange.vocabulary.units import format_scaled
from exchange.vocabulary.wire import SIZE_SCALE, iso_time


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

    @property
    def licence(self) -> str:
        return spdx_id(texts(self.metadata["license"])[0])

    @property
    def languages(self) -> tuple[str, ...]:
        """As the vendor states them."""
        return texts(self.metadata.get("inLanguage"))

    @property
    def sector(self) -> str | None:
        return next(iter(texts(self.metadata.get("tex:sector"))), None)


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

    def entry(self, base: BaseEntry) -> SearchEntry:
        """What the dataset is found by; read and not kept, since most listings are never looked at."""
        view = self._views.get(base.base) or self._read(base)
        stated = [text(view.metadata, "name"), text(view.metadata, "description")]
        return SearchEntry(
            base=base.base,
            name=stated[0],
            texts=(base.code, *stated, view.label, *texts(view.metadata.get("keywords"))),
            sector=view.sector or "",
            languages=view.languages,
            kind=view.assay["profile"],
            dataset_class=text(view.metadata, "tex:datasetClass"),
            grade=view.assay["grade"],
            licence=view.licence,
            purposes=tuple(self._purposes(view)),
            rtu=view.assay["rtu"],
        )

    def _purposes(self, view: DatasetView) -> list[str]:
        """Those that are offered and that the licence permits."""
        offered = read_terms(view.metadata).purposes
        return purpose_names(self._exchange.gate.licences.permitted(view.licence, offered))

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

    def shown(self, view: DatasetView, price: Price | None) -> dict[str, Any]:
        """The summary; what changes is read now, but the price, which the loop's thread knows."""
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
            "licence": view.licence,
            "sector": view.sector,
            "language": list(view.languages),
            "purposes": self._purposes(view),
            "dataset_class": text(metadata, "tex:datasetClass"),
            "grade": assay["grade"],
            "profile": assay["profile"],
            "languages": assay["languages"],
            "documents": assay["documents"],
            "bad_documents": assay["bad_documents"],
            "rtu": assay["rtu"],
            "size": format_scaled(assay["rtu"], SIZE_SCALE),
            "lots": entry.lots,
            "copies": entry.copies,
            "exclusive": entry.copies == 1,
            "lot_rtu": entry.lot_rtu,
            "lot_size": format_scaled(entry.lot_rtu, SIZE_SCALE),
            "lots_delivered": delivered,
            "claims_withdrawn": entry.withdrawn_claims,
            "certificate": entry.certificate.hex(),
            "merkle_root": assay["merkle_root"],
            "listing": entry.listing.hex(),
            "decision": entry.decision.hex(),
            "dataset": view.dossier.croissant,
            "novelty": view.novelty,
            "state": str(state_of(self._exchange, entry)),
            "listed_at": iso_time(entry.defined_ns),
            "pools": self._pools(entry.base),
            **self._traded(product),
            **self._priced(product, price),
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

    def _priced(self, product: InstrumentEntry | None, price: Price | None) -> dict[str, Any]:
        if product is None or price is None:
            return {"price": None, "price_from": None}
        scale = self._exchange.directory.assets[product.quote].scale
        return {"price": format_scaled(price.minor, scale), "price_from": price.source}

    def _pools(self, base: int) -> list[str]:
        """Products of the pools that have claims on it and may deliver it."""
        directory = self._exchange.directory
        holding = [pool for pool, bases in list(directory.pooled.items()) if bases.get(base)]
        return [product.symbol for pool in holding if (product := directory.instrument_of(pool))]


def _stated_novelty(vault: Vault, dossier: Dossier) -> dict[str, Any] | None:
    """What was new to the exchange at listing; None of a dataset that was listed before there were sketches."""
    digest = dossier.sketches.get(NOVELTY)
    if digest is None:
        return None
    stated = json.loads(vault.get(digest))["body"]
    told = {name: stated[name] for name in ("rtu", "new_rtu", "new_ppm", "datasets", "inventory")}
    return {**told, "statement": digest}


async def _views(connection: HTTPConnection) -> DatasetViews:
    return cast(DatasetViews, connection.app.state.dataset_views)


TheDatasets = Annotated[DatasetViews, Depends(_views)]
