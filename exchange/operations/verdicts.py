"""Evidence that operators attach to lift `approval:` outcomes, and how a decision enters the journal.

An attached evidence is a document in the vault, and its digest a recorded decision on the dataset, so that it comes
back from journal and vault like everything else.
"""

import json
from typing import Final

from exchange.compliance.approvals import Approval, checked, valid_evidence, valid_until_ns
from exchange.compliance.decisions import canonical_json
from exchange.compliance.errors import ApprovalError
from exchange.delivery.vault import VaultError
from exchange.operations.asking import ask_one
from exchange.operations.refusals import OperationRefused
from exchange.runtime import Exchange
from exchange.vocabulary import commands, events
from exchange.vocabulary.units import FOREVER_NS

APPROVAL_FORMAT: Final = "tlx-approval/1"


def attach_approval(
    exchange: Exchange,
    actor: int,
    dataset: str,
    evidence: str,
    content: bytes,
    *,
    participant: str = "",
    expires_at_ns: int = FOREVER_NS,
) -> bytes:
    """Attach `content` as the evidence of this id for a dataset (the SHA-256 of its metadata); the record's digest."""
    approval = Approval(
        evidence=evidence,
        dataset=dataset,
        document=bytes.fromhex(exchange.vault.put(content)),
        actor=actor,
        valid_from_ns=exchange.now_ns(),
        expires_at_ns=expires_at_ns,
        participant=participant,
    )
    try:
        checked(approval, exchange.gate.evidence_ids)
        subject = bytes.fromhex(dataset)
    except ApprovalError as error:
        raise OperationRefused(error.code, error.detail) from None
    except ValueError:
        raise OperationRefused("BAD_VALUE", "a dataset is named by the SHA-256 of its metadata") from None
    record = {
        "format": APPROVAL_FORMAT,
        "evidence": approval.evidence,
        "dataset": approval.dataset,
        "document": approval.document.hex(),
        "actor": actor,
        "valid_from_ns": approval.valid_from_ns,
        "expires_at_ns": expires_at_ns,
        "participant": participant,
    }
    digest = bytes.fromhex(exchange.vault.put(canonical_json(record)))
    command = commands.RecordDecision(actor=actor, permitted=1, subject=subject, decision=digest)
    ask_one(exchange, command, events.DecisionRecorded)
    return digest


def approvals_of(exchange: Exchange, dataset: str) -> list[Approval]:
    """What is attached to a dataset, valid or not."""
    found = []
    for digest in exchange.directory.permits.get(bytes.fromhex(dataset), ()):
        try:
            record = json.loads(exchange.vault.get(digest.hex()))
        except VaultError:
            continue  # Evidence that cannot be read lifts nothing.
        if record.pop("format", "") == APPROVAL_FORMAT:
            found.append(Approval(**{**record, "document": bytes.fromhex(record["document"])}))
    return found


def approvals_for(exchange: Exchange, dataset: str, participant: str, at_ns: int) -> frozenset[str]:
    return valid_evidence(approvals_of(exchange, dataset), dataset, participant, at_ns)


def approved_until_ns(exchange: Exchange, dataset: str, participant: str, at_ns: int) -> int:
    return valid_until_ns(approvals_of(exchange, dataset), dataset, participant, at_ns)
