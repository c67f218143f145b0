"""The certificate of an assay: a canonical body, its SHA-256, and the assayer's Ed25519 signature over the body.

Canonical means: JSON of integers, strings, lists and objects only, keys sorted, no spaces, UTF-8. Floats, booleans and
nulls have more than one spelling somewhere, so there are none. Whoever has the documents can assay them again and must
get the same `assay` part, byte for byte.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange.assay.errors import CertificateError

FORMAT = "tlx-certificate-1"
MAXIMUM_BYTES = 1 << 20
MAXIMUM_DEPTH = 32
_SIGNED_PREFIX = b"TLX certificate 1\x00"


class Certificate(NamedTuple):
    """A verified certificate. `assay` is the assay's body, `assayer` the signer's public key, times in Unix seconds.

    `lots` is the statement of the lots that the dataset was cut into, empty where it was cut into none.
    """

    assay: dict[str, Any]
    assayer: bytes
    issued_at_s: int
    expires_at_s: int
    digest: str
    lots: dict[str, Any]


def canonical_json(value: Any) -> bytes:
    """The one spelling of `value`; raises CertificateError where it has none."""
    _refuse_unspellable(value, "body")
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise CertificateError("CERTIFICATE_NOT_CANONICAL", f"text without a UTF-8 form: {error.reason}") from None


def body_digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(body)).hexdigest()


def sign_certificate(
    assay: Mapping[str, Any],
    key: Ed25519PrivateKey,
    *,
    issued_at_s: int,
    expires_at_s: int,
    lots: Mapping[str, Any] | None = None,
) -> bytes:
    """The certificate's file, canonical itself, so that its own SHA-256 names it.

    `lots` says how the dataset was cut, so that a lot's place and tokens have the signature too.
    """
    body: dict[str, Any] = {
        "assay": assay,
        "assayer": key.public_key().public_bytes_raw().hex(),
        "expires_at_s": expires_at_s,
        "format": FORMAT,
        "issued_at_s": issued_at_s,
    } | ({"lots": lots} if lots else {})
    signature = key.sign(_SIGNED_PREFIX + canonical_json(body))
    return canonical_json({"body": body, "digest": body_digest(body), "signature": signature.hex()})


def verify_certificate(content: bytes, *, trusted_assayers: Collection[bytes], now_s: int) -> Certificate:
    """The certificate in `content`, or CertificateError. `trusted_assayers` are raw Ed25519 public keys."""
    envelope = _parse(content)
    body = _member(envelope, "body", dict)
    assayer = _hex(body, "assayer", 32)
    certificate = Certificate(
        _member(body, "assay", dict),
        assayer,
        _member(body, "issued_at_s", int),
        _member(body, "expires_at_s", int),
        _member(envelope, "digest", str),
        _member({"lots": {}, **body}, "lots", dict),
    )
    if body_digest(body) != certificate.digest:
        raise CertificateError("CERTIFICATE_ALTERED", "the digest is not that of the body")
    if assayer not in trusted_assayers:
        raise CertificateError("CERTIFICATE_UNTRUSTED", f"assayer {assayer.hex()} is not trusted")
    _check_signature(assayer, _hex(envelope, "signature", 64), canonical_json(body))
    if now_s >= certificate.expires_at_s:
        raise CertificateError("CERTIFICATE_EXPIRED", f"expired at {certificate.expires_at_s}, now {now_s}")
    return certificate


def _refuse_unspellable(value: Any, place: str, depth: int = 0) -> None:
    if depth > MAXIMUM_DEPTH:
        raise CertificateError("CERTIFICATE_NOT_CANONICAL", f"nested deeper than {MAXIMUM_DEPTH}")
    if isinstance(value, dict):
        for name, member in value.items():
            if not isinstance(name, str):
                raise CertificateError("CERTIFICATE_NOT_CANONICAL", f"{place} has a name that is no string")
            _refuse_unspellable(member, f"{place}.{name}", depth + 1)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            _refuse_unspellable(member, f"{place}[{index}]", depth + 1)
    elif isinstance(value, bool) or not isinstance(value, int | str):
        raise CertificateError("CERTIFICATE_NOT_CANONICAL", f"{place} is neither an integer nor a string")


def _parse(content: bytes) -> dict[str, Any]:
    if len(content) > MAXIMUM_BYTES:
        raise CertificateError("CERTIFICATE_MALFORMED", f"{len(content)} bytes; at most {MAXIMUM_BYTES}")
    try:
        envelope = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CertificateError("CERTIFICATE_MALFORMED", f"not JSON: {error}") from None
    if not isinstance(envelope, dict):
        raise CertificateError("CERTIFICATE_MALFORMED", "not an object")
    if canonical_json(envelope) != content:
        raise CertificateError("CERTIFICATE_NOT_CANONICAL", "the same content has another spelling")
    if set(envelope) != {"body", "digest", "signature"} or not _has_format(envelope["body"]):
        raise CertificateError("CERTIFICATE_MALFORMED", f"not the shape of {FORMAT}")
    return envelope


def _member(holder: Mapping[str, Any], name: str, kind: type) -> Any:
    value = holder.get(name)
    if not isinstance(value, kind):
        raise CertificateError("CERTIFICATE_MALFORMED", f"{name} is missing or of the wrong kind")
    return value


def _hex(holder: Mapping[str, Any], name: str, size: int) -> bytes:
    text = _member(holder, name, str)
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != size or value.hex() != text:
        raise CertificateError("CERTIFICATE_MALFORMED", f"{name} is not {size} bytes in hex")
    return value


def _check_signature(assayer: bytes, signature: bytes, body: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(assayer).verify(signature, _SIGNED_PREFIX + body)
    except InvalidSignature:
        raise CertificateError("CERTIFICATE_FORGED", "the signature does not fit body and key") from None


def _has_format(body: Any) -> bool:
    return isinstance(body, dict) and body.get("format") == FORMAT
