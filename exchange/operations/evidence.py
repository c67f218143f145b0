"""What was listed, as documents to take away: the metadata with the certificate's facts, and the evidence pack."""

import json
from collections.abc import Iterator
from typing import Any, Final

from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import LICENCE_EVIDENCE
from exchange.compliance.decisions import canonical_json
from exchange.compliance.facts import LegalBasis
from exchange.delivery.evidence_pack import build_pack
from exchange.delivery.vault import VaultError
from exchange.operations.dossier import NOVELTY, Dossier, read_dossier
from exchange.operations.entries import BaseEntry
from exchange.operations.lifecycle import history, state_of
from exchange.runtime import Exchange
from exchange.vocabulary.wire import iso_time

CONSENT: Final = "it shows people; an operator shows it where the law asks for it"
PRIVATE: Final = "only for its vendor, operators and auditors"
DECISION: Final = "only for its vendor, for who may trade it or took delivery of it, and for operators and auditors"
_CONSENT_KINDS: Final = frozenset(str(basis) for basis in LegalBasis)


def exported_croissant(exchange: Exchange, entry: BaseEntry) -> bytes:
    """The metadata as it was listed, and beside it under `tex:listed…` what assay, gate and market added."""
    dossier = read_dossier(exchange.vault, entry.listing)
    metadata: dict[str, Any] = json.loads(exchange.vault.get(dossier.croissant))
    assay = json.loads(exchange.vault.get(dossier.certificate))["body"]["assay"]
    product = exchange.directory.instrument_of(entry.base)
    listed = {
        "AsSha256": dossier.croissant,
        "At": iso_time(entry.defined_ns),
        "Base": str(entry.base),
        "Product": product.symbol if product else entry.code,
        "State": str(state_of(exchange, entry)),
        "Dossier": entry.listing.hex(),
        "Decision": entry.decision.hex(),
        "Certificate": dossier.certificate,
        "MerkleRoot": assay["merkle_root"],
        "Grade": assay["grade"],
        "Profile": assay["profile"],
        "Documents": assay["documents"],
        "Rtu": assay["rtu"],
        "Lots": entry.lots,
        "LotRtu": entry.lot_rtu,
        "Copies": entry.copies,
    }
    told = metadata | {f"tex:listed{name}": value for name, value in listed.items()}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def evidence_pack(exchange: Exchange, entry: BaseEntry, *, sees_decision: bool, sees_all: bool) -> bytes:
    """The pack as a caller may have it: what is withheld from it is named with the reason."""
    dossier = read_dossier(exchange.vault, entry.listing)
    files = dict(_public(exchange, entry, dossier))
    left_out: dict[str, str] = {}
    decision = f"decisions/{entry.decision.hex()}.json"
    if sees_decision:
        files[decision] = exchange.vault.get(entry.decision.hex())
    else:
        left_out[decision] = DECISION
    for path, digest, kinds in _evidence(exchange, dossier):
        place = f"{'licences' if LICENCE_EVIDENCE in kinds else 'evidence'}/{path}"
        if kinds & _CONSENT_KINDS:
            left_out[place] = CONSENT
        elif LICENCE_EVIDENCE in kinds or sees_all:
            try:
                files[place] = exchange.vault.get(digest)
            except VaultError as error:
                left_out[place] = error.code
        else:
            left_out[place] = PRIVATE
    of = {
        "base": str(entry.base),
        "code": entry.code,
        "listing": entry.listing.hex(),
        "dataset": dossier.croissant,
        "certificate": dossier.certificate,
        "decision": entry.decision.hex(),
    }
    return build_pack(of, files, left_out)


def _public(exchange: Exchange, entry: BaseEntry, dossier: Dossier) -> Iterator[tuple[str, bytes]]:
    yield "croissant.json", exchange.vault.get(dossier.croissant)
    yield "certificate.json", exchange.vault.get(dossier.certificate)
    yield "assayer.json", canonical_json({"algorithm": "Ed25519", "public_key": exchange.assayer.hex()})
    yield "dossier.json", exchange.vault.get(entry.listing.hex())
    if (novelty := dossier.sketches.get(NOVELTY)) is not None:
        yield "novelty.json", exchange.vault.get(novelty)
    yield "rules.json", canonical_json(_rules(exchange))
    stages = [
        {"state": str(each.state), "at_ns": each.at_ns, "by": each.by, "told": each.told, "evidence": each.evidence}
        for each in history(exchange, entry)
    ]
    yield "lifecycle.json", canonical_json({"state": str(state_of(exchange, entry)), "stages": stages})


def _rules(exchange: Exchange) -> dict[str, Any]:
    """Every rule in force with its text; a decision names the hash of the policies that it was made under."""
    rules = [
        {
            "rule": rule.rule_id,
            "actions": [str(action) for action in rule.actions],
            "law": rule.law,
            "outcome": rule.outcome,
            "text": rule.text,
        }
        for rule in exchange.gate.rules
    ]
    return {"policy_set_sha256": exchange.gate.policy_set_sha256, "profile": exchange.gate.profile.name, "rules": rules}


def _evidence(exchange: Exchange, dossier: Dossier) -> Iterator[tuple[str, str, set[str]]]:
    """Each file of evidence: its path, its SHA-256, and what kinds of evidence it is."""
    listing = read_listing(exchange.vault.get(dossier.croissant))
    for path, digest in dossier.evidence.items():
        yield path, digest, {each.kind for each in listing.evidence if each.path == path}
