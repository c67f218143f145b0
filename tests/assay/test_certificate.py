import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.certificate import body_digest, canonical_json, sign_certificate, verify_certificate
from exchange.assay.errors import CertificateError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
TRUSTED = [KEY.public_key().public_bytes_raw()]
ASSAY = {"name": "法律", "rtu": 1_355_910, "languages": {"zh": 3}, "hard_failures": ["SECRET_FOUND"]}
ISSUED, EXPIRES = 1_800_000_000, 1_900_000_000
CONTENT = sign_certificate(ASSAY, KEY, issued_at_s=ISSUED, expires_at_s=EXPIRES)
canonical_values = st.recursive(
    st.integers() | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner)
    ),
    max_leaves=20,
)


def refusal(content: bytes, *, now_s: int = ISSUED) -> str:
    with pytest.raises(CertificateError) as caught:
        verify_certificate(content, trusted_assayers=TRUSTED, now_s=now_s)
    return caught.value.code


def respelled(change: dict[str, Any]) -> bytes:
    return canonical_json(json.loads(CONTENT) | change)


def test_a_certificate_is_read_back_as_it_was_signed() -> None:
    certificate = verify_certificate(CONTENT, trusted_assayers=TRUSTED, now_s=ISSUED)
    assert certificate.assay == ASSAY
    assert certificate.assayer == TRUSTED[0]
    assert (certificate.issued_at_s, certificate.expires_at_s) == (ISSUED, EXPIRES)
    assert certificate.digest == body_digest(json.loads(CONTENT)["body"])


def test_signing_twice_gives_the_same_bytes() -> None:
    assert sign_certificate(dict(reversed(ASSAY.items())), KEY, issued_at_s=ISSUED, expires_at_s=EXPIRES) == CONTENT


def test_a_changed_body_is_refused() -> None:
    body = json.loads(CONTENT)["body"]
    body["assay"]["rtu"] += 1
    assert refusal(respelled({"body": body})) == "CERTIFICATE_ALTERED"
    assert refusal(respelled({"body": body, "digest": body_digest(body)})) == "CERTIFICATE_FORGED"


def test_another_signers_certificate_is_refused() -> None:
    foreign = sign_certificate(ASSAY, OTHER_KEY, issued_at_s=ISSUED, expires_at_s=EXPIRES)
    assert refusal(foreign) == "CERTIFICATE_UNTRUSTED"


def test_another_signers_signature_under_a_trusted_name_is_refused() -> None:
    foreign = json.loads(sign_certificate(ASSAY, OTHER_KEY, issued_at_s=ISSUED, expires_at_s=EXPIRES))
    assert refusal(respelled({"signature": foreign["signature"]})) == "CERTIFICATE_FORGED"


def test_a_certificate_ends_at_its_expiry() -> None:
    assert verify_certificate(CONTENT, trusted_assayers=TRUSTED, now_s=EXPIRES - 1)
    assert refusal(CONTENT, now_s=EXPIRES) == "CERTIFICATE_EXPIRED"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"[" * 200_000,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"body":1,"digest":"","signature":""}',
        b'{"body":{"format":"tlx-certificate-1"},"digest":"","signature":""}',
        b'"' + b"x" * 2_000_000 + b'"',
        respelled({"signature": "00"}),
        respelled({"signature": "zz" * 64}),
        respelled({"signature": json.loads(CONTENT)["signature"].upper()}),
        respelled({"digest": 5}),
        respelled({"more": 5}),
    ],
    ids=range(15),
)
def test_what_is_no_certificate_is_refused_by_name(content: bytes) -> None:
    assert refusal(content) in {"CERTIFICATE_MALFORMED", "CERTIFICATE_NOT_CANONICAL"}


def test_another_spelling_of_the_same_certificate_is_refused() -> None:
    assert refusal(json.dumps(json.loads(CONTENT)).encode()) == "CERTIFICATE_NOT_CANONICAL"
    assert refusal(CONTENT + b"\n") == "CERTIFICATE_NOT_CANONICAL"


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_no_single_changed_byte_is_accepted(place: int, difference: int) -> None:
    changed = bytearray(CONTENT)
    changed[place] ^= difference
    assert refusal(bytes(changed)).startswith("CERTIFICATE_")


@pytest.mark.parametrize("value", [1.0, True, None, [0.5], {"a": {"b": None}}, {1: 2}, b"x", ("a",), "\ud800"])
def test_values_with_more_than_one_spelling_are_refused(value: object) -> None:
    with pytest.raises(CertificateError) as caught:
        canonical_json(value)
    assert caught.value.code == "CERTIFICATE_NOT_CANONICAL"


@given(canonical_values)
def test_canonical_json_is_json_and_a_fixed_point(value: object) -> None:
    spelled = canonical_json(value)
    assert json.loads(spelled) == value
    assert canonical_json(json.loads(spelled)) == spelled
