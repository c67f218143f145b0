"""Verifying what was bought, on a machine without any connection: a folder of lots, or one document by its proof."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli.console import REFUSED, CommandError, as_json_text, say, show, tell_refusal
from api.cli.options import AsJson, Assayer, key_of
from api.cli.verification import Verification, check_secret, open_delivery, open_lot, verify_folder
from api.cli.verified_report import as_told, evidence_lines, facts_table, lots_table
from exchange.assay.pipeline import ReferenceFiles, rtu1_counter
from exchange.delivery.folder import read_plain
from exchange.delivery.proof import MAXIMUM_BYTES, assayer_of, prove_document, verify_proof
from exchange.vocabulary.printing import printable

DOCUMENT_BYTES: Final = 256 * 2**20
"""The most that a document has whose proof is verified."""


def verify_command(
    place: Annotated[Path, typer.Argument(help="Folder that `tlx deliver` filled; with --proof, the document's file")],
    assayer: Assayer = None,
    proof: Annotated[
        Path | None, typer.Option(help="A proof of `tlx prove`: verify that the document is of the lot it names")
    ] = None,
    evidence: Annotated[
        list[Path] | None, typer.Option(help="Evidence pack to open; else those in the folder. May be repeated")
    ] = None,
    secret: Annotated[
        Path | None, typer.Option(help="File with the dataset's secret: make salts and the whole certificate again")
    ] = None,
    dataset: Annotated[
        Path | None, typer.Option(help="With --secret: the dataset itself, where documents of it are in no lot")
    ] = None,
    words: Annotated[Path | None, typer.Option(help="The venue's list of sensitive words, if it has one")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify delivered lots from their bytes alone; nothing is sent or asked, so it works without any connection.

    Checks the certificate's signature; every document's salted leaf and proof; each lot against the certificate's root
    over lots; counts every token again; runs the assay over the documents and holds the certificate against it; opens
    the evidence pack. Each thing that is wrong is named, the first one for each lot, and the exit status is 1.
    """
    if proof is not None:
        _verify_proof(proof, place, assayer, as_json)
        return
    reference = ReferenceFiles(words=words)
    found = verify_folder(place, assayer, evidence or [], reference)
    if secret is not None:
        check_secret(found, secret, dataset, reference)
    if as_json:
        typer.echo(as_json_text(as_told(found)))
    else:
        _tell(found, assayer)
    for complaint in found.complaints:
        tell_refusal(CommandError(complaint.code, printable(f"{complaint.where}: {complaint.detail}")))
    if found.complaints:
        raise typer.Exit(REFUSED)


def prove_command(
    folder: Annotated[Path, typer.Argument(help="Folder that `tlx deliver` filled")],
    document: Annotated[int, typer.Argument(min=0, help="The document's index in its dataset, as the lot has it")],
    to: Annotated[Path | None, typer.Option("--to", help="The proof's file; document-N.proof.json if absent")] = None,
    text: Annotated[Path | None, typer.Option(help="Write the document's text to this file, to hand over")] = None,
    assayer: Assayer = None,
) -> None:
    """Write a proof that one document belongs to a lot, which tells nothing of the lot's other documents.

    Whoever gets the proof and the text verifies them with `tlx verify --proof`, without any server.
    """
    delivery = open_delivery(folder, assayer)
    for number in sorted(delivery.receipt.manifests, key=int):
        lot = open_lot(delivery, number)
        place = document - lot.first_index
        if 0 <= place < len(lot.documents):
            written = to or Path(f"document-{document}.proof.json")
            written.write_bytes(prove_document(lot, document, delivery.certified))
            if text is not None:
                text.write_bytes(lot.documents[place].text.encode())
            say(f"{written} proves document {document} to be of lot {lot.lot}.")
            return
    raise CommandError("NO_SUCH_DOCUMENT", f"no lot in {folder} has the document {document}")


def _verify_proof(proof: Path, document: Path, assayer: str | None, as_json: bool) -> None:
    content = read_plain(proof, MAXIMUM_BYTES)
    signer = assayer or assayer_of(content)
    proved = verify_proof(
        content,
        read_plain(document, DOCUMENT_BYTES),
        trusted_assayers=[key_of(signer)],
        count_rtu=rtu1_counter().count,
    )
    assay, lot = proved.certificate.assay, proved.lot
    if as_json:
        told: dict[str, Any] = {
            "document": {"index": proved.index, "rtu": proved.rtu},
            "lot": {**lot._asdict(), "lot_rtu": proved.lot_rtu},
            "dataset": {name: assay.get(name) for name in ("name", "version", "merkle_root")},
            "certificate": proved.certificate.digest,
            "assayer": signer,
        }
        typer.echo(as_json_text(told))
        return
    name = printable(f"{assay.get('name')} {assay.get('version')}")
    say(f"Document {proved.index} of {name}, {proved.rtu:,} RTU, is of lot {lot.lot}:")
    say(f"documents {lot.first} to {lot.end - 1}, {lot.rtu:,} RTU.")
    say(f"Verified against certificate {proved.certificate.digest},")
    say(_signed_by(signer, assayer))


def _tell(found: Verification, assayer: str | None) -> None:
    show(lots_table(found))
    if found.measured is not None:
        show(facts_table(found.measured))
        if not found.measured.same_code:
            say("The certificate was made by another version of the assay, so what does not fit proves nothing.")
    if not found.packs:
        say("No evidence pack lies beside the lots: of licence, purposes and the gate's decision nothing was seen.")
    for pack in found.packs:
        for line in evidence_lines(pack):
            say(printable(line))
    if found.different == []:
        say("Reproduced: all documents and the secret give the certificate's body again, byte for byte.")
    if not found.complaints:
        assay = found.delivery.certificate.assay
        say(f"Verified {len(found.lots)} lots against Merkle root {assay['merkle_root']},")
        say(_signed_by(found.delivery.signer, assayer))


def _signed_by(signer: str, assayer: str | None) -> str:
    return f"certified by {signer}{'' if assayer else '; name the key you trust with --assayer'}."
