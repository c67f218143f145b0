"""Taking away what shows that a dataset may be traded: the evidence pack, verified; and where a listing stands."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli.console import CommandError, as_json_text, say, show, table
from api.cli.options import HERE, AsJson, Assayer, Key, Symbol, Url, operating, product_of, public, signed
from exchange.assay.certificate import verify_certificate
from exchange.delivery.evidence_pack import EvidencePack, read_pack

_KEY: Final = re.compile(r"[0-9a-f]{64}")


def evidence_command(
    symbol: Annotated[str, typer.Argument(help="A product, as GSM8K-CNY; with --offline not needed")] = "",
    to: Annotated[Path | None, typer.Option("--to", help="The zip's place; SYMBOL-evidence.zip if absent")] = None,
    offline: Annotated[Path | None, typer.Option(help="Verify this pack; nothing is asked")] = None,
    assayer: Assayer = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Download a dataset's evidence pack as far as the key may see it, and verify its hashes and its certificate."""
    if offline is not None:
        _tell(read_pack(offline.read_bytes()), assayer)
        return
    product = product_of(symbol)
    place = to or Path(f"{product}-evidence.zip")
    with signed(url, credentials) if credentials else public(url) as client:
        content = client.download(f"/datasets/{product}/evidence-pack")
        trusted = assayer or str(client.get("/assayer")["public_key"])
    pack = read_pack(content)
    place.write_bytes(content)
    say(f"{place}:")
    _tell(pack, trusted)


def _tell(pack: EvidencePack, assayer: str | None) -> None:
    signer = assayer or str(_json(pack, "certificate.json")["body"]["assayer"])
    if not _KEY.fullmatch(signer):
        raise CommandError("BAD_KEY", "an assayer's key is 64 hex digits, in lower case")
    certificate = verify_certificate(pack.files["certificate.json"], trusted_assayers=[bytes.fromhex(signer)], now_s=0)
    show(table("", ("file", "bytes>", "SHA-256"), _rows(pack)))
    for path, why in pack.about["left_out"].items():
        say(f"Left out: {path}: {why}.")
    say(f"Verified {len(pack.files)} files of {pack.about['code']}, grade {certificate.assay['grade']},")
    say(f"certified by {signer}{'' if assayer else '; name the key you trust with --assayer'}.")


def _rows(pack: EvidencePack) -> list[list[str]]:
    stated = pack.about["files"]
    return [[path, f"{len(content):,}", stated[path][:12]] for path, content in sorted(pack.files.items())]


def _json(pack: EvidencePack, path: str) -> Any:
    try:
        return json.loads(pack.files[path])
    except (KeyError, ValueError):
        raise CommandError("PACK_MALFORMED", f"the pack has no {path}") from None


def lifecycle_command(
    symbol: Symbol,
    move: Annotated[str, typer.Option(help="As an operator: recall, reinstate or withdraw")] = "",
    reason: Annotated[str, typer.Option(help="operator, recall, regulator, technical, conduct or risk")] = "recall",
    note: Annotated[str, typer.Option(help="Why, in words that holders read")] = "",
    as_json: AsJson = False,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """A listing's life from collection on, with the evidence of each state; and taking it off the market."""
    path = f"/datasets/{product_of(symbol)}/lifecycle"
    if move:
        with operating(url, credentials) as client:
            told = client.post(path, {"move": move, "reason": reason, "note": note})
    else:
        with public(url) as client:
            told = client.get(path)
    if as_json:
        typer.echo(as_json_text(told))
        return
    rows = [
        [
            stage["state"],
            (stage["at"] or "as stated")[:19],
            stage["by"][:24],
            stage["told"][:60],
            len(stage["evidence"]),
        ]
        for stage in told["stages"]
    ]
    show(table("", ("state", "at", "by", "told", "evidence>"), rows))
    say(f"{told['product_id']} is {told['state']}.")


def notices_command(as_json: AsJson = False, url: Url = HERE, credentials: Key = None) -> None:
    """What you hold or took delivery of, and was recalled or withdrawn."""
    with signed(url, credentials) as client:
        told = client.get("/notices")
    if as_json:
        typer.echo(as_json_text(told))
        return
    for each in told:
        say(f"{each['product_id']} is {each['state']} since {each['since'][:19]} ({each['reason']}): {each['note']}")
        say(f"  {each['claims']} claims, {each['lots_delivered']} lots delivered. {each['told']}")
    if not told:
        say("Nothing that you hold was recalled.")
