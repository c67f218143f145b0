"""Letting an account trade a side of an instrument: the gate's `order` and `settle` decisions, compiled."""

from contextlib import suppress
from dataclasses import dataclass

from exchange.compliance.entitlements import EntitlementVerdict, entitle
from exchange.compliance.facts import CONTRACT_TERMS, RequestFacts
from exchange.operations.admission import profile_of
from exchange.operations.asking import ask_one
from exchange.operations.entries import InstrumentEntry
from exchange.operations.facts import account_of, participant_facts, traded_facts
from exchange.operations.refusals import OperationRefused, gate_refused
from exchange.operations.verdicts import approvals_for, approved_until_ns
from exchange.runtime import Exchange
from exchange.vocabulary import commands, events
from exchange.vocabulary.instruments import Mode, Purpose, Side
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import FOREVER_NS, MAX_LOTS, NS_PER_SECOND

ALL_PURPOSES = Purpose(2 * max(Purpose) - 1)


@dataclass(frozen=True, slots=True)
class Entitled:
    """The grant's id, which orders carry as their decision, and the digest of the verdict's document."""

    entitlement: int
    decision: bytes
    position_limit_lots: int
    expires_at_ns: int


def instrument_named(exchange: Exchange, instrument: int) -> InstrumentEntry:
    entry = exchange.directory.instruments.get(instrument)
    if entry is None:
        raise OperationRefused("UNKNOWN_PRODUCT", f"there is no instrument {instrument}")
    return entry


def request_entitlement(
    exchange: Exchange,
    actor: int,
    account: int,
    instrument: int,
    side: Side,
    purpose: Purpose,
    position_limit_lots: int = MAX_LOTS,
) -> Entitled:
    """Ask the gate, and grant where it permits; a denial is recorded, ends a grant in force, and is raised.

    `actor` is who asked; the grant itself is the venue's, by its gate.
    """
    verdict = judge(exchange, account, instrument, side, purpose, position_limit_lots)
    exchange.vault.put(verdict.document())
    if not verdict.permitted:
        _record_denial(exchange, verdict)
        symbol = exchange.directory.instruments[instrument].symbol
        raise gate_refused(f"trading {symbol}", verdict.reasons, verdict.digest)
    exchange.log.info("entitled", account=account, instrument=instrument, side=side.name, asked_by=actor)
    granted = ask_one(exchange, verdict.grant(VENUE), events.EntitlementGranted)
    return Entitled(granted.sequence, verdict.digest, granted.position_limit_lots, granted.expires_at_ns)


def judge(
    exchange: Exchange, account: int, instrument: int, side: Side, purpose: Purpose, position_limit_lots: int
) -> EntitlementVerdict:
    """The verdict on an account, an instrument, a side and purposes; nothing is stored yet."""
    if not purpose or purpose not in ALL_PURPOSES or not 0 < position_limit_lots <= MAX_LOTS:
        raise OperationRefused("BAD_VALUE", "an entitlement has a purpose and a positive position limit in lots")
    at_ns = exchange.now_ns()
    holder, product = account_of(exchange, account), instrument_named(exchange, instrument)
    dataset = traded_facts(exchange, product.base)
    participant = participant_facts(exchange, holder, at_ns)
    request = RequestFacts(
        approvals=approvals_for(exchange, dataset.dataset, participant.participant, at_ns),
        side=side,
        purposes=purpose,
        territory=participant.jurisdiction,
        modes=Mode(product.modes),
        max_holders=product.max_holders,
        recalled=product.base in exchange.recalled,
        contract=CONTRACT_TERMS & set(profile_of(exchange, holder.participant).contract_terms),
    )
    return entitle(
        exchange.gate,
        participant,
        dataset,
        request,
        account=account,
        instrument=instrument,
        position_limit_lots=position_limit_lots,
        expires_at_ns=_expiry_ns(exchange, account, dataset.dataset, at_ns),
        decided_at_ns=at_ns,
    )


def _expiry_ns(exchange: Exchange, account: int, dataset: str, at_ns: int) -> int:
    """The first of: the entitlement's longest life, the end of the verification, the end of evidence relied on."""
    participant = exchange.directory.participants[account_of(exchange, account).participant]
    life_ns = exchange.settings.entitlement_days * 86_400 * NS_PER_SECOND
    ends = [
        at_ns + life_ns,
        participant.expires_at_ns or FOREVER_NS,
        approved_until_ns(exchange, dataset, str(participant.participant), at_ns),
    ]
    return max(min(ends), at_ns + 1)


def _record_denial(exchange: Exchange, verdict: EntitlementVerdict) -> None:
    """Into the journal: as a revocation where something stands to be revoked, else as a decision."""
    terms = verdict.terms
    if (terms.account, terms.instrument, int(terms.side)) in exchange.directory.entitlements:
        # Another denial may have revoked it in this very moment.
        with suppress(OperationRefused):
            ask_one(exchange, verdict.revoke(VENUE), events.EntitlementEnded)
            return
    traded = exchange.directory.claimed(exchange.directory.instruments[terms.instrument].base)
    command = commands.RecordDecision(
        actor=VENUE,
        account=terms.account,
        instrument=terms.instrument,
        permitted=0,
        subject=traded.listing,
        decision=verdict.digest,
    )
    ask_one(exchange, command, events.DecisionRecorded)
