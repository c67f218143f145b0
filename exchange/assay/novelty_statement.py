"""What of a dataset was new to the exchange when it was listed: canonical JSON, signed with the certificate's key.

It is no part of the certificate, since it depends on what else was listed; it names the certificate, and by a digest
the inventory that the dataset was compared with.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange.assay.certificate import canonical_json
from exchange.assay.errors import CertificateError
from exchange.assay.novelty import CONFIDENCE_PPM, Share

FORMAT: Final = "tlx-novelty/1"
_SIGNED_PREFIX: Final = b"TLX novelty 1\x00"


def sign_novelty(
    key: Ed25519PrivateKey, certificate: str, inventory: str, datasets: int, rtu: int, new: Share, issued_at_s: int
) -> bytes:
    """`new` is the share of `rtu` tokens, those in lots, that none of the inventory's `datasets` holds."""
    body = {
        "assayer": key.public_key().public_bytes_raw().hex(),
        "certificate": certificate,
        "confidence_ppm": CONFIDENCE_PPM,
        "datasets": datasets,
        "format": FORMAT,
        "inventory": inventory,
        "issued_at_s": issued_at_s,
        "new_ppm": {"estimate": new.estimate_ppm, "high": new.high_ppm, "low": new.low_ppm},
        "new_rtu": new.of(rtu),
        "rtu": rtu,
        "sampled": new.sampled,
    }
    signature = key.sign(_SIGNED_PREFIX + canonical_json(body))
    return canonical_json({"body": body, "signature": signature.hex()})


def verify_novelty(content: bytes, trusted_assayers: Collection[bytes]) -> Mapping[str, Any]:
    """The body of a statement that one of these keys signed; CertificateError otherwise."""
    try:
        envelope = json.loads(content)
        body, signature = envelope["body"], bytes.fromhex(envelope["signature"])
        assayer, stated = bytes.fromhex(body["assayer"]), body["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CertificateError("CERTIFICATE_MALFORMED", "no statement of novelty") from None
    if stated != FORMAT or canonical_json(envelope) != content:
        raise CertificateError("CERTIFICATE_MALFORMED", f"not the form of {FORMAT}")
    if assayer not in trusted_assayers:
        raise CertificateError("CERTIFICATE_UNTRUSTED", f"assayer {assayer.hex()} is not trusted")
    try:
        Ed25519PublicKey.from_public_bytes(assayer).verify(signature, _SIGNED_PREFIX + canonical_json(body))
    except InvalidSignature:
        raise CertificateError("CERTIFICATE_FORGED", "the signature does not fit body and key") from None
    return dict(body)
