"""Showing a sample of a listed dataset: the gate's `sample` decision first, then the documents that the seed draws.

The sample of a dataset is the same for everyone and for ever, so asking again shows nobody more.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from exchange.assay.errors import WordListError
from exchange.assay.privacy import find_personal_data
from exchange.assay.secrets import find_secrets
from exchange.assay.words import SensitiveWords, read_word_list
from exchange.compliance.decisions import Action, Decision
from exchange.compliance.facts import RequestFacts
from exchange.delivery.sample import FORMAT, MOST_SHARE, SHOWN, draws, ends_with, seed_of, sign_sample
from exchange.operations.asking import ask_one
from exchange.operations.dossier import Dossier, read_dossier
from exchange.operations.entries import BaseEntry
from exchange.operations.facts import account_of, listed_facts, participant_facts
from exchange.operations.refusals import OperationRefused, gate_refused
from exchange.operations.verdicts import approvals_for
from exchange.runtime import Exchange
from exchange.vocabulary import commands, events
from exchange.vocabulary.participants import VENUE

EARLIER_LISTINGS: Final = 50
"""So many of the vendor's earlier listings, the newest first, are held against a sampled one."""
_MANIFESTS_KEPT: Final = 32


class Sample(NamedTuple):
    """The signed sample, and the digest of the decision that let it be shown."""

    content: bytes
    decision: bytes


def show_sample(exchange: Exchange, account: int, base: BaseEntry) -> Sample:
    """The dataset's sample for an account's eyes. A first look is on record; a denial is, and is raised."""
    dossier = read_dossier(exchange.vault, base.listing)
    decision = _decide(exchange, account, base, dossier)
    digest = _recorded(exchange, account, base, decision)
    if not decision.permitted:
        raise gate_refused(f"a sample of {base.code}", decision.reasons, digest)
    known = exchange.samples.get(base.base)
    if known is None:
        known = exchange.samples[base.base] = exchange.vault.put(_sample(exchange, base, dossier))
    return Sample(exchange.vault.get(known), digest)


def _decide(exchange: Exchange, account: int, base: BaseEntry, dossier: Dossier) -> Decision:
    at_ns = exchange.now_ns()
    dataset, participant = (
        listed_facts(exchange, base, dossier),
        participant_facts(exchange, account_of(exchange, account), at_ns),
    )
    request = RequestFacts(
        approvals=approvals_for(exchange, dataset.dataset, participant.participant, at_ns),
        territory=participant.jurisdiction,
        recalled=base.base in exchange.recalled,
    )
    return exchange.gate.decide(Action.SAMPLE, participant, dataset, request, decided_at_ns=at_ns)


def _recorded(exchange: Exchange, account: int, base: BaseEntry, decision: Decision) -> bytes:
    """The digest of the decision in the journal: this one's, or that of an earlier look which came out alike."""
    alike = (account, base.base, decision.policy_set_sha256, decision.reasons)
    known = exchange.sampled.get(alike)
    if known is None:
        exchange.vault.put(decision.document())
        command = commands.RecordDecision(
            actor=VENUE,
            account=account,
            permitted=int(decision.permitted),
            subject=base.certificate,
            decision=decision.digest,
        )
        ask_one(exchange, command, events.DecisionRecorded)
        known = exchange.sampled[alike] = decision.digest
    return known


def _sample(exchange: Exchange, base: BaseEntry, dossier: Dossier) -> bytes:
    assay = json.loads(exchange.vault.get(dossier.certificate))["body"]["assay"]
    seed = seed_of(bytes.fromhex(assay["merkle_root"]), base.base, base.defined_ns)
    lots = _Lots(exchange, dossier)
    drawn: list[dict[str, Any]] = []
    left_rtu, shown = assay["rtu"] // MOST_SHARE, 0
    for index in draws(seed, assay["documents"]):
        told = _told(lots, index, left_rtu)
        drawn.append(told)
        if told["status"] == SHOWN:
            left_rtu, shown = left_rtu - told["rtu"], shown + 1
        if ends_with(len(drawn), shown, assay["documents"]):
            break
    body = {
        "format": FORMAT,
        "base": base.code,
        "sequence": base.base,
        "at_ns": base.defined_ns,
        "root": assay["merkle_root"],
        "documents": assay["documents"],
        "draws": drawn,
        "earlier": {str(earlier): shared for earlier, shared in _earlier(exchange, base, lots)},
    }
    return sign_sample(body, exchange.assayer_key)


@cache
def _words(path: Path | None) -> SensitiveWords | None:
    """The venue's own list of sensitive words, where it has one; without it nothing is shown."""
    try:
        return read_word_list(path.read_bytes()) if path else None
    except OSError as error:
        raise OperationRefused("WORDS_MISSING", f"the venue's list of words: {error.strerror}") from None
    except WordListError as error:
        raise OperationRefused(error.code, error.detail) from None


def _told(lots: "_Lots", index: int, left_rtu: int) -> dict[str, Any]:
    """A document with all that proves it; or why it is not shown."""
    entry = lots.entry(index)
    if entry is None:
        return {"index": index, "status": "not_in_a_lot"}
    text = lots.text(index)
    if find_secrets(text, index):
        return {"index": index, "status": "secret"}
    if find_personal_data(text, index):
        return {"index": index, "status": "personal_data"}
    if lots.words is not None and lots.words.find(text, index):
        return {"index": index, "status": "sensitive_words"}
    if entry["rtu"] > left_rtu:
        return {"index": index, "status": "too_long"}
    return {**entry, "status": SHOWN, "text": text}


class _Lots:
    """The documents of a dataset's lots by their index, out of as few manifests as it takes."""

    def __init__(self, exchange: Exchange, dossier: Dossier) -> None:
        self.words = _words(exchange.settings.assay_words)
        self._vault = exchange.vault
        self._lots = dossier.lots
        self._entries = lru_cache(_MANIFESTS_KEPT)(self._read)

    def entry(self, index: int) -> dict[str, Any] | None:
        """What the manifest says of a document; None where it is in no lot."""
        entries = self._entries(self._number(index))
        place = index - entries[0]["index"]
        return entries[place] if place < len(entries) else None

    def text(self, index: int) -> str:
        number = self._number(index)
        lines = self._vault.get(self._lots[number].blob).splitlines()
        return str(json.loads(lines[index - self._entries(number)[0]["index"]])["text"])

    def digests(self) -> Iterator[str]:
        """SHA-256 of every document's text."""
        for number in range(len(self._lots)):
            yield from (entry["sha256"] for entry in self._entries(number))

    def _number(self, index: int) -> int:
        """The lot that the document is in, or the last one."""
        return bisect_right(range(len(self._lots)), index, key=lambda lot: self._entries(lot)[0]["index"]) - 1

    def _read(self, number: int) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = json.loads(self._vault.get(self._lots[number].manifest))["documents"]
        return entries


def _earlier(exchange: Exchange, base: BaseEntry, lots: _Lots) -> Iterator[tuple[int, int]]:
    """Earlier listings of the same vendor that hold documents of this one, and how many.

    Each listing is another draw, so a vendor who lists the same text again until its sample looks well shows it here.
    """
    directory, own = exchange.directory, frozenset(lots.digests())
    vendor = directory.accounts[base.issuer].participant
    before = [
        each
        for each in list(directory.bases.values())
        if each.base < base.base and directory.accounts[each.issuer].participant == vendor
    ]
    for each in before[-EARLIER_LISTINGS:]:
        others = _Lots(exchange, read_dossier(exchange.vault, each.listing))
        if shared := len(own.intersection(others.digests())):
            yield each.base, shared
