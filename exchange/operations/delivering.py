"""Taking delivery of lots, and opening them: the gate's `deliver` decision first, then the machine's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exchange.compliance.decisions import Action, Decision
from exchange.compliance.facts import CONTRACT_TERMS, RequestFacts
from exchange.delivery.access import Access, AccessError, AccessRule, authorise
from exchange.delivery.vault import VaultError
from exchange.ledger.accounts import Bucket
from exchange.operations.admission import profile_of
from exchange.operations.asking import ask
from exchange.operations.dossier import Dossier, read_dossier
from exchange.operations.entries import AccountEntry, BaseEntry
from exchange.operations.facts import account_of, listed_facts, participant_facts
from exchange.operations.refusals import OperationRefused, gate_refused
from exchange.operations.verdicts import approvals_for
from exchange.runtime import Exchange
from exchange.vocabulary import commands, events
from exchange.vocabulary.instruments import Purpose
from exchange.vocabulary.participants import VENUE

PROJECTION_TIMEOUT_S = 30.0
LotPart = Literal["manifest", "blob"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """`delivery` is the sequence that delivered; `replayed` where the same key had delivered before."""

    delivery: int
    base: int
    lots: tuple[int, ...]
    decision: bytes
    replayed: bool


@dataclass(frozen=True, slots=True)
class OpenedLot:
    """A document that was found whole, by its SHA-256 and where it lies; documents in the vault never change."""

    sha256: str
    path: Path


def base_named(exchange: Exchange, base: int) -> BaseEntry:
    entry = exchange.directory.bases.get(base)
    if entry is None:
        raise OperationRefused("UNKNOWN_PRODUCT", f"there is no base {base}")
    return entry


def take_delivery(
    exchange: Exchange, actor: int, account: int, base: int, lots: int, purpose: Purpose, key: str
) -> Delivered:
    """Burn `lots` claims and get as many lots; the same key gets the first answer. Raises OperationRefused."""
    holder, entry = account_of(exchange, account), base_named(exchange, base)
    first, decision = exchange.directory.delivery_keys.get((account, key), (None, b""))
    if first is None:
        decided = _decide(exchange, holder, entry, lots, purpose)
        exchange.vault.put(decided.document())
        if not decided.permitted:
            _record_denial(exchange, account, entry, decided)
            raise gate_refused(f"delivery of {entry.code}", decided.reasons, decided.digest)
        decision = decided.digest
    command = commands.TakeDelivery(actor=actor, account=account, base=base, lots=lots, decision=decision, key=key)
    (answer,) = ask(exchange, command)
    delivered = [event for event in answer if isinstance(event, events.LotDelivered)]
    return Delivered(
        delivery=first or delivered[0].sequence,
        base=base,
        lots=tuple(event.lot for event in delivered),
        decision=decision,
        replayed=bool(delivered[0].flags & events.REPLAYED),
    )


def open_lot(exchange: Exchange, participant: int, base: int, lot: int, which: LotPart) -> OpenedLot:
    """A document of a lot delivered to the participant; each access, granted or not, is on record before this returns.

    OperationRefused: NOT_DELIVERED, UNKNOWN_DOCUMENT, CORRUPT.
    """
    entry = base_named(exchange, base)
    documents = read_dossier(exchange.vault, entry.listing).lot(lot)
    digest = getattr(documents, which) if documents else ""
    rule = AccessRule()
    if documents:
        rule.define_lot(base, lot, documents.manifest, documents.blob)
    for held in exchange.directory.delivered.get((participant, base), ()):
        rule.grant(participant, base, held)
    access = Access(participant, base, lot, digest, exchange.now_ns(), "")
    try:
        with exchange.access_lock:
            authorise(rule, exchange.access_log, access)
        with exchange.vault.open(digest):
            return OpenedLot(digest, exchange.vault.path(digest))
    except (AccessError, VaultError) as error:
        raise OperationRefused(error.code, error.detail) from None


def _decide(exchange: Exchange, holder: AccountEntry, entry: BaseEntry, lots: int, purpose: Purpose) -> Decision:
    at_ns = exchange.now_ns()
    dossier = read_dossier(exchange.vault, entry.listing)
    dataset = listed_facts(exchange, entry, dossier)
    participant = participant_facts(exchange, holder, at_ns)
    request = RequestFacts(
        approvals=approvals_for(exchange, dataset.dataset, participant.participant, at_ns),
        purposes=purpose,
        territory=participant.jurisdiction,
        recalled=False,
        contract=CONTRACT_TERMS & set(profile_of(exchange, holder.participant).contract_terms),
        paid=free_claims(exchange, holder.account, entry.base) >= lots,
        hashes_match=_hashes_match(exchange, holder.participant, entry, dossier),
    )
    return exchange.gate.decide(Action.DELIVER, participant, dataset, request, decided_at_ns=at_ns)


def free_claims(exchange: Exchange, account: int, base: int) -> int:
    """Claims that the account owns and holds for no order. Only issue and settled trades, paid by rule, make them."""
    exchange.projector.wait_for(exchange.sequence, PROJECTION_TIMEOUT_S)
    rows = exchange.history.balances(account)
    return sum(row["amount"] for row in rows if row["asset"] == base and row["bucket"] == Bucket.AVAILABLE)


def _hashes_match(exchange: Exchange, participant: int, entry: BaseEntry, dossier: Dossier) -> bool:
    """Whether every lot that might be assigned lies whole in the vault. What was read once is not read again:

    when it is opened, the vault checks it once more.
    """
    held = exchange.directory.delivered.get((participant, entry.base), frozenset())
    for lot in dossier.lots:
        if lot.lot in held or (entry.base, lot.lot) in exchange.whole_lots:
            continue
        try:
            for digest in (lot.manifest, lot.blob):
                with exchange.vault.open(digest):
                    pass
        except VaultError:
            return False
        exchange.whole_lots.add((entry.base, lot.lot))
    return True


def _record_denial(exchange: Exchange, account: int, entry: BaseEntry, decided: Decision) -> None:
    command = commands.RecordDecision(
        actor=VENUE, account=account, permitted=0, subject=entry.listing, decision=decided.digest
    )
    ask(exchange, command)
