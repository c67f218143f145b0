"""Taking delivery of lots, and opening them: the gate's `deliver` decision first, then the machine's."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from exchange.compliance.decisions import Action, Decision, canonical_json
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
from exchange.vocabulary.reasons import Reason, message

PROJECTION_TIMEOUT_S = 30.0
POOL_DELIVERY_FORMAT: Final = "tlx-pool-delivery/1"
LotPart = Literal["manifest", "blob"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """`delivery` is the sequence that delivered; `replayed` where the same key had delivered before.

    `base` is what the claims were on, a pool maybe, and `drawn` each lot as (base, lot).
    """

    delivery: int
    base: int
    drawn: tuple[tuple[int, int], ...]
    decision: bytes
    replayed: bool

    @property
    def lots(self) -> tuple[int, ...]:
        return tuple(lot for _, lot in self.drawn)


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
    holder, directory = account_of(exchange, account), exchange.directory
    if base not in directory.pools:
        base_named(exchange, base)
    with exchange.pool_lock if base in directory.pools else nullcontext():
        first, decision = directory.delivery_keys.get((account, key), (None, b""))
        if first is None:
            decision = _permit(exchange, holder, base, lots, purpose)
        command = commands.TakeDelivery(actor=actor, account=account, base=base, lots=lots, decision=decision, key=key)
        (answer,) = ask(exchange, command)
    delivered = [event for event in answer if isinstance(event, events.LotDelivered)]
    return Delivered(
        delivery=first or delivered[0].sequence,
        base=base,
        drawn=tuple((event.base, event.lot) for event in delivered),
        decision=decision,
        replayed=bool(delivered[0].flags & events.REPLAYED),
    )


def _permit(exchange: Exchange, holder: AccountEntry, base: int, lots: int, purpose: Purpose) -> bytes:
    """The digest of the gate's permission; a denial is recorded and raised.

    A pool may draw on any base that it has claims on and that is not withheld, so the gate must permit all of these.
    """
    pool = exchange.directory.pools.get(base)
    if pool is None:
        return _decided(exchange, holder, exchange.directory.bases[base], base, lots, purpose).digest
    behind = [each for each, claims in exchange.directory.pooled.get(base, {}).items() if claims]
    if not behind:
        raise OperationRefused(Reason.INSUFFICIENT_CLAIMS.name, message(Reason.INSUFFICIENT_CLAIMS))
    bases = [entry for entry in map(exchange.directory.bases.__getitem__, behind) if not entry.withheld]
    if not bases:
        raise OperationRefused(Reason.WITHHELD.name, "every dataset in the pool is recalled or withdrawn")
    decisions = [_decided(exchange, holder, entry, base, lots, purpose).record() for entry in bases]
    told = {"format": POOL_DELIVERY_FORMAT, "permitted": True, "pool": base, "class": pool.listing.hex()}
    return bytes.fromhex(exchange.vault.put(canonical_json({**told, "decisions": decisions})))


def _decided(
    exchange: Exchange, holder: AccountEntry, entry: BaseEntry, claims: int, lots: int, purpose: Purpose
) -> Decision:
    """The gate's permission to deliver lots of a base for claims of the asset `claims`."""
    decided = _decide(exchange, holder, entry, claims, lots, purpose)
    exchange.vault.put(decided.document())
    if not decided.permitted:
        _record_denial(exchange, holder.account, entry, decided)
        raise gate_refused(f"delivery of {entry.code}", decided.reasons, decided.digest)
    return decided


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


def _decide(
    exchange: Exchange, holder: AccountEntry, entry: BaseEntry, claims: int, lots: int, purpose: Purpose
) -> Decision:
    at_ns = exchange.now_ns()
    dossier = read_dossier(exchange.vault, entry.listing)
    dataset = listed_facts(exchange, entry, dossier)
    participant = participant_facts(exchange, holder, at_ns)
    request = RequestFacts(
        approvals=approvals_for(exchange, dataset.dataset, participant.participant, at_ns),
        purposes=purpose,
        territory=participant.jurisdiction,
        recalled=entry.base in exchange.recalled,
        contract=CONTRACT_TERMS & set(profile_of(exchange, holder.participant).contract_terms),
        paid=free_claims(exchange, holder.account, claims) >= lots,
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
