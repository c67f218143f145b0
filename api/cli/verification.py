"""What `tlx verify` does with a folder of delivered lots: every check, each refusal by name, nothing sent anywhere."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.cli.assaying import run_assay, workers_worth
from api.cli.console import CommandError, progress_bar
from api.cli.evidence_check import CheckedPack, check_pack
from api.cli.measured import open_dataset
from api.cli.options import key_of
from exchange.assay.certificate import Certificate, verify_certificate
from exchange.assay.pipeline import ReferenceFiles, Way, rtu1_counter
from exchange.assay.privacy import Finding
from exchange.assay.remeasure import Remeasured, differences, remeasure, reproduce
from exchange.catalogue.layouts import Wishes
from exchange.delivery.folder import (
    FolderError,
    Receipt,
    evidence_packs,
    extra_files,
    read_certificate,
    read_lot,
    read_plain,
    read_receipt,
)
from exchange.delivery.lot_table import LotTable, read_lot_table
from exchange.delivery.verify import LotMismatchError, VerifiedLot, verify_lot
from exchange.vocabulary.documents import Document
from exchange.vocabulary.merkle import document_salt

_SECRET: Final = re.compile(r"(?:[0-9a-f]{2}){16,64}")
_SECRET_FILE_BYTES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that is wrong: `where` names a lot, a file or the certificate. Beside what lots, folders and packs are
    refused with, `code` is one of:

    CERTIFICATE_WITHOUT_LOTS    the certificate does not say how the dataset was cut
    CERTIFICATE_CONTRADICTED    the documents, assayed again, cannot be of a dataset with this certificate
    CERTIFICATE_NOT_REPRODUCED  all documents and the secret give another body than the certificate's
    DOCUMENTS_ABSENT            the certificate cannot be made again: not all documents are in the lots
    WRONG_SECRET                the salts are not those of this secret
    WRONG_LOT                   the manifest is that of another lot
    """

    where: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A folder with its receipt and the certificate, verified; nothing of its lots is, yet."""

    folder: Path
    receipt: Receipt
    signer: str
    certified: bytes
    certificate: Certificate
    lots: LotTable

    @property
    def root(self) -> bytes:
        return bytes.fromhex(str(self.certificate.assay["merkle_root"]))


@dataclass(slots=True)
class Verification:
    """What was found. `different` names the parts of the certificate's body that did not come out again.

    `different` is None where that was not asked, or not all documents are there.
    """

    delivery: Delivery
    lots: list[VerifiedLot] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    measured: Remeasured | None = None
    different: list[str] | None = None
    packs: list[CheckedPack] = field(default_factory=list)

    def complain(self, where: str, code: str, detail: str) -> None:
        self.complaints.append(Complaint(where, code, detail))


def open_delivery(folder: Path, assayer: str | None) -> Delivery:
    """Raises FolderError, CertificateError; a certificate is held to no time: what was delivered stays delivered."""
    if not folder.is_dir():
        raise CommandError("NO_FOLDER", f"{folder} is no folder")
    receipt, certified = read_receipt(folder), read_certificate(folder)
    signer = assayer or receipt.assayer
    certificate = verify_certificate(certified, trusted_assayers=[key_of(signer)], now_s=0)
    lots = read_lot_table(certificate.lots)
    if lots is None:
        raise CommandError("CERTIFICATE_WITHOUT_LOTS", "the certificate does not say how the dataset was cut")
    root = certificate.assay.get("merkle_root")
    if not isinstance(root, str) or not re.fullmatch("[0-9a-f]{64}", root):
        raise CommandError("CERTIFICATE_MALFORMED", "the certificate has no Merkle root")
    return Delivery(folder, receipt, signer, certified, certificate, lots)


def open_lot(delivery: Delivery, number: str) -> VerifiedLot:
    """A lot of the delivery, verified; LotMismatchError, FolderError, CommandError."""
    manifest, blob = read_lot(delivery.folder, number)
    lot = verify_lot(
        manifest,
        blob,
        delivery.root,
        manifest_sha256=delivery.receipt.manifests[number],
        count_rtu=rtu1_counter().count,
        certified=delivery.lots,
    )
    if str(lot.lot) != number:
        raise CommandError("WRONG_LOT", f"the manifest of lot {number} is that of lot {lot.lot}")
    if lot.dataset_documents != delivery.certificate.assay.get("documents"):
        raise CommandError("WRONG_ROOT", f"the manifest is of a dataset of {lot.dataset_documents} documents")
    return lot


def verify_folder(folder: Path, assayer: str | None, packs: list[Path], reference: ReferenceFiles) -> Verification:
    """Everything that the folder alone can show; with the packs named, or those that lie in it."""
    delivery = open_delivery(folder, assayer)
    found = Verification(delivery)
    for name in extra_files(folder, delivery.receipt):
        found.complain(name[:200], "EXTRA_FILE", "it belongs to no lot that was delivered")
    with progress_bar() as bar:
        for number in bar.track(sorted(delivery.receipt.manifests, key=int), description="Verifying"):
            try:
                found.lots.append(open_lot(delivery, number))
            except (LotMismatchError, FolderError) as error:
                found.complain(f"lot {number}", error.code, error.detail)
            except CommandError as error:
                found.complain(f"lot {number}", error.code, error.message)
    if found.lots:
        _remeasure(found, reference)
    for path in packs or evidence_packs(folder):
        pack = check_pack(path, delivery.certified, delivery.signer, found.lots, _manifests(delivery))
        found.packs.append(pack)
        for complaint in pack.complaints:
            found.complain(path.name, complaint.code, complaint.detail)
    return found


def documents_of(lots: list[VerifiedLot]) -> list[Document]:
    """In the dataset's order."""
    return [document for lot in sorted(lots, key=lambda lot: lot.first_index) for document in lot.documents]


def check_secret(found: Verification, secret_file: Path, dataset: Path | None, reference: ReferenceFiles) -> None:
    """Every salt made again, and the certificate's body too: from the dataset, or from the lots where they hold it all.

    Of a dataset in a folder the files, what was declared and what could not be read are measured again as well.
    """
    secret = _secret(secret_file)
    for lot in found.lots:
        made = (document_salt(secret, index) for index in range(lot.first_index, lot.statement.end))
        if any(salt != again for salt, again in zip(lot.salts, made, strict=True)):
            found.complain(f"lot {lot.lot}", "WRONG_SECRET", "its salts are not those of this secret")
            return
    assay = found.delivery.certificate.assay
    if dataset is not None:
        with open_dataset(dataset, None, Wishes()) as measured:
            again = run_assay(measured, Way(workers=0), secret_file, reference.words).body
    elif found.measured is not None and found.measured.is_whole:
        again = reproduce(assay, documents_of(found.lots), secret, reference)
    else:
        missing = int(assay["documents"]) - len(documents_of(found.lots))
        found.complain("certificate", "DOCUMENTS_ABSENT", f"{missing} documents are in no lot here; name --dataset")
        return
    found.different = differences(assay, again)
    if found.different:
        found.complain("certificate", "CERTIFICATE_NOT_REPRODUCED", f"other than certified: {_named(found.different)}")


def _remeasure(found: Verification, reference: ReferenceFiles) -> None:
    documents = documents_of(found.lots)
    way = Way(workers_worth(sum(len(document.text.encode()) for document in documents)))
    found.measured = remeasure(found.delivery.certificate.assay, documents, reference, way)
    if not found.measured.same_code:
        return
    for fact in found.measured.contradictions:
        detail = f"{fact.name}: {fact.found} of {fact.looked_at} here, {fact.certified} of {fact.certified_n} certified"
        found.complain("certificate", "CERTIFICATE_CONTRADICTED", detail)


def _manifests(delivery: Delivery) -> dict[int, str]:
    return {int(number): sha256 for number, sha256 in delivery.receipt.manifests.items()}


def _secret(path: Path) -> bytes:
    text = read_plain(path, _SECRET_FILE_BYTES).strip().decode(errors="replace")
    if not _SECRET.fullmatch(text):
        raise CommandError("BAD_SECRET", f"{path} holds no dataset's secret: 32 to 128 hex digits, in lower case")
    return bytes.fromhex(text)


def _named(names: list[str]) -> str:
    return ", ".join(names[:20])


def found_by_lot(found: Verification) -> Iterator[tuple[VerifiedLot, list[Finding]]]:
    """Each verified lot with what was found in its documents, these numbered as in the dataset.

    Of a great many findings only the first are placed; the facts count them all.
    """
    findings = found.measured.part.findings if found.measured else []
    at = [finding.document for finding in findings]
    start = 0
    for lot in sorted(found.lots, key=lambda lot: lot.first_index):
        end = start + len(lot.documents)
        within = findings[bisect_left(at, start) : bisect_left(at, end)]
        yield lot, [each._replace(document=each.document - start + lot.first_index) for each in within]
        start = end
