"""Listing a dataset: read, verify, assay, certify, ask the gate; then refuse on record, or issue claims on its lots."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exchange.assay.account import Account
from exchange.assay.certificate import sign_certificate
from exchange.assay.documents import read_documents
from exchange.assay.errors import AssayError
from exchange.assay.pipeline import AssayResult, ReferenceFiles, Way, assay_documents
from exchange.assay.recipe import DocumentError
from exchange.assay.scan import scannable
from exchange.assay.streams import VENUE_LIMITS
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import LICENCE_EVIDENCE, Listing, ListingError, verify_files
from exchange.catalogue.lots import LotError, LotSpan, pack_lots, propose_lot_rtu, propose_tick_minor
from exchange.catalogue.provenance import provenance
from exchange.catalogue.sources import UploadSource
from exchange.compliance.decisions import Action, Decision
from exchange.compliance.facts import DatasetFacts, RequestFacts
from exchange.delivery.lot_table import lot_statements, lots_certified
from exchange.delivery.manifest import build_lots
from exchange.operations.admission import profile_of
from exchange.operations.asking import ask_one
from exchange.operations.dossier import INVENTORY, Dossier, LotDocuments
from exchange.operations.facts import account_of, dataset_facts, keep_evidence, participant_facts
from exchange.operations.issuing import base_code, issue
from exchange.operations.refusals import OperationRefused, gate_refused
from exchange.operations.sketching import keep_sketches, sketch_lots
from exchange.operations.verdicts import approvals_for
from exchange.runtime import Exchange
from exchange.store.secrets import subject_of
from exchange.vocabulary import commands, events
from exchange.vocabulary.documents import Document
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import MAX_LOTS, NS_PER_SECOND

Progress = Callable[[int, int], None]
DATASET_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class ListingOutcome:
    """An admitted listing. `listing` is the digest of its dossier, `dataset` the SHA-256 of its metadata in hex.

    `entitlement` is the vendor's to sell, None where the gate would not let it: the claims are issued all the same.
    """

    dataset: str
    listing: bytes
    certificate: bytes
    decision: Decision
    base: int
    instrument: int
    symbol: str
    lots: int
    copies: int
    lot_rtu: int
    tick_minor: int
    entitlement: int | None


@dataclass(frozen=True, slots=True)
class _Assayed:
    """A submission after the assay: all that the gate is told, and all that lots are made of."""

    listing: Listing
    documents: list[Document]
    result: AssayResult
    secret: bytes
    certificate: bytes
    facts: DatasetFacts
    lot_rtu: int
    spans: list[LotSpan]


def submit_listing(
    exchange: Exchange,
    actor: int,
    account: int,
    croissant: bytes,
    files: Mapping[str, bytes],
    evidence: Mapping[str, bytes],
    *,
    copies: int | None = None,
    progress: Progress | None = None,
) -> ListingOutcome:
    """List a dataset for the vendor's account. OperationRefused: what is wrong, or the gate's reasons, on record.

    `files` are the dataset's by path, `evidence` likewise. Data that is refused is not kept, its evidence is.
    """
    holder = account_of(exchange, account)
    profile_of(exchange, holder.participant)
    try:
        listing = read_listing(croissant)
        _refuse_repeat(exchange, listing)
        shown = _shown(listing, {**files, **evidence})
        verified = verify_files(_without_absent_evidence(listing, shown), shown)
        assayed = _assay(exchange, croissant, listing, verified, progress)
    except (ListingError, DocumentError, AssayError, LotError) as error:
        raise OperationRefused(error.code, error.detail) from None
    stated = {each.path: verified[each.path] for each in listing.evidence if each.path in verified}
    dossier = Dossier(
        account=account,
        submitted_by=actor,
        croissant=exchange.vault.put(croissant),
        certificate=exchange.vault.put(assayed.certificate),
        files={entry.path: entry.sha256 for entry in listing.files},
        evidence=keep_evidence(exchange, listing, stated),
    )
    decision = _decide(exchange, account, assayed)
    exchange.vault.put(decision.document())
    if not decision.permitted:
        _record_refusal(exchange, dossier, decision)
        raise gate_refused(f"listing {listing.name}", decision.reasons, decision.digest)
    asked = next(c for c in (copies, listing.copies, exchange.settings.default_copies) if c is not None)
    wanted = _copies(asked, len(assayed.spans))
    for entry in listing.files:
        exchange.vault.put(verified[entry.path])
    dossier = replace(
        dossier,
        copies=wanted,
        lot_rtu=assayed.lot_rtu,
        tick_minor=propose_tick_minor(assayed.lot_rtu, exchange.settings.least_tick_minor),
    )
    return _admit(exchange, dossier, assayed, decision)


def _refuse_repeat(exchange: Exchange, listing: Listing) -> None:
    known = exchange.listed.get(listing.sha256)
    if known is not None:
        raise OperationRefused("ALREADY_LISTED", f"this listing was admitted as base {known}", {"base": str(known)})


def _shown(listing: Listing, given: Mapping[str, bytes]) -> dict[str, bytes]:
    """An empty file is a document like others, but no evidence of anything."""
    evidence = {each.path for each in listing.evidence}
    return {path: content for path, content in given.items() if content or path not in evidence}


def _without_absent_evidence(listing: Listing, shown: Mapping[str, bytes]) -> Listing:
    """Evidence that is named but not given is not shown: the gate's matter, with a rule and an article."""
    return replace(listing, evidence=tuple(each for each in listing.evidence if each.path in shown))


def _assay(
    exchange: Exchange, croissant: bytes, listing: Listing, verified: Mapping[str, bytes], progress: Progress | None
) -> _Assayed:
    account = Account(listing.recipe)
    source = UploadSource(verified)
    read = read_documents(source, listing.recipe, VENUE_LIMITS, account.encodings, account.kinds)
    taken = list(scannable(read))
    secret = dataset_secret(exchange, listing.sha256)
    result = assay_documents(
        taken,
        name=listing.name,
        version=listing.version,
        secret=secret,
        declared=declaration(listing, verified),
        way=Way(exchange.settings.assay_workers),
        progress=progress,
        reference=ReferenceFiles(words=exchange.settings.assay_words),
        account=account,
    )
    documents = [document for document in taken if isinstance(document, Document)]
    lot_rtu, spans = _lots(listing, result)
    issued_at_s = exchange.now_ns() // NS_PER_SECOND
    certificate = sign_certificate(
        result.body,
        exchange.assayer_key,
        issued_at_s=issued_at_s,
        expires_at_s=issued_at_s + exchange.settings.certificate_days * 86_400,
        lots=lots_certified(lot_rtu, lot_statements(result.documents, result.leaves, spans)),
    )
    facts = dataset_facts(croissant, listing, result.body, verified)
    return _Assayed(listing, documents, result, secret, certificate, facts, lot_rtu, spans)


def dataset_secret(exchange: Exchange, sha256: str) -> bytes:
    """What salts the documents of the dataset with this metadata: made once, and kept from then on."""
    subject = subject_of("dataset", sha256)
    return exchange.secrets.get_or_make(subject, "salts", lambda: os.urandom(DATASET_SECRET_BYTES))


def declaration(listing: Listing, shown: Mapping[str, bytes]) -> dict[str, Any]:
    """What the listing tells the assay; documentation counts the fields asked for and those missing."""
    kinds = {each.kind for each in listing.evidence if each.path in shown}
    missing_content = sum(1 for field in (listing.sector, listing.profile) if field is None)
    declared: dict[str, Any] = {
        "language": listing.languages[0],
        "licence_evidence": LICENCE_EVIDENCE in kinds,
        "files_verified": True,
        "source_stated": bool(listing.sources),
        "personal_data_consent": any(kind.endswith("consent") for kind in kinds),
        "provenance": provenance(listing, shown),
        "documentation": {
            "0101": (9, 0 if listing.keywords else 1),
            "0102": (4, missing_content),
            "0103": (2, 0 if listing.sources and listing.sources[0].licence else 1),
            "0104": (2, 0 if listing.terms.territory else 1),
        },
    }
    return declared | ({"class": listing.profile} if listing.profile else {})


def _lots(listing: Listing, result: AssayResult) -> tuple[int, list[LotSpan]]:
    rtus = [document.rtu for document in result.documents]
    lot_rtu = listing.lot_rtu or propose_lot_rtu(rtus)
    spans = pack_lots(rtus, lot_rtu)
    if not spans:
        raise LotError("TOO_SMALL", f"{sum(rtus)} RTU make no lot of {lot_rtu}")
    return lot_rtu, spans


def _copies(copies: int, lots: int) -> int:
    if copies <= 0 or copies * lots > MAX_LOTS:
        raise OperationRefused("BAD_COPIES", f"{copies} copies of {lots} lots")
    return copies


def _decide(exchange: Exchange, account: int, assayed: _Assayed) -> Decision:
    at_ns = exchange.now_ns()
    vendor = participant_facts(exchange, account_of(exchange, account), at_ns)
    approvals = approvals_for(exchange, assayed.facts.dataset, vendor.participant, at_ns)
    request = RequestFacts(approvals=approvals)
    return exchange.gate.decide(Action.LIST, vendor, assayed.facts, request, decided_at_ns=at_ns)


def _record_refusal(exchange: Exchange, dossier: Dossier, decision: Decision) -> None:
    subject = bytes.fromhex(exchange.vault.put(dossier.document()))
    command = commands.RecordDecision(
        actor=VENUE, account=dossier.account, permitted=0, subject=subject, decision=decision.digest
    )
    ask_one(exchange, command, events.DecisionRecorded)


def _admit(exchange: Exchange, dossier: Dossier, assayed: _Assayed, decision: Decision) -> ListingOutcome:
    """One admission at a time: two of the same name would both take the same code, and each is new beside the other."""
    sketched = sketch_lots(exchange, assayed.documents, assayed.result.documents, assayed.spans)
    with exchange.listing_lock:
        _refuse_repeat(exchange, assayed.listing)
        code = base_code(exchange, assayed.listing.name)
        whole = replace(
            dossier,
            code=code,
            lots=tuple(_store_lots(exchange, code, assayed)),
            sketches=keep_sketches(exchange, sketched, dossier.certificate),
        )
        listing = bytes.fromhex(exchange.vault.put(whole.document()))
        command = commands.DefineBase(
            actor=VENUE,
            account=dossier.account,
            lots=len(assayed.spans),
            copies=dossier.copies,
            lot_rtu=dossier.lot_rtu,
            code=code,
            listing=listing,
            certificate=bytes.fromhex(dossier.certificate),
            decision=decision.digest,
        )
        base = ask_one(exchange, command, events.BaseDefined).base
        exchange.listed[dossier.croissant] = base
        exchange.inventory[base] = whole.sketches[INVENTORY]
        instrument, entitlement = issue(exchange, base)
    return ListingOutcome(
        dataset=assayed.listing.sha256,
        listing=listing,
        certificate=assayed.certificate,
        decision=decision,
        base=base,
        instrument=instrument.instrument,
        symbol=instrument.symbol,
        lots=len(assayed.spans),
        copies=dossier.copies,
        lot_rtu=dossier.lot_rtu,
        tick_minor=dossier.tick_minor,
        entitlement=entitlement,
    )


def _store_lots(exchange: Exchange, code: str, assayed: _Assayed) -> list[LotDocuments]:
    result, spans = assayed.result, assayed.spans
    built = build_lots(code, assayed.lot_rtu, assayed.documents, result.documents, result.leaves, assayed.secret, spans)
    return [
        LotDocuments(
            span.number, span.rtu, exchange.vault.put(manifest), exchange.vault.put(blob), span.end - span.first
        )
        for span, (manifest, blob) in zip(spans, built, strict=True)
    ]
