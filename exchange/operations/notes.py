"""What an operator writes down beside a command: a document in the vault, whose digest is the command's evidence."""

import json
from typing import Any, Final

from exchange.compliance.decisions import canonical_json
from exchange.delivery.vault import Vault
from exchange.vocabulary.codec import NO_DIGEST

FORMAT: Final = "tlx-note/1"


def keep_note(vault: Vault, note: str) -> bytes:
    """The digest to name in the command; the document is durable before it."""
    if not note.strip():
        return NO_DIGEST
    document: dict[str, Any] = {"format": FORMAT, "note": note.strip()}
    return bytes.fromhex(vault.put(canonical_json(document)))


def read_note(vault: Vault, digest: bytes) -> str:
    """What was written; empty where there is none, or where the evidence is another kind of document."""
    if digest == NO_DIGEST or not vault.has(digest.hex()):
        return ""
    try:
        document = json.loads(vault.get(digest.hex()))
    except ValueError:
        return ""
    return str(document["note"]) if isinstance(document, dict) and document.get("format") == FORMAT else ""
