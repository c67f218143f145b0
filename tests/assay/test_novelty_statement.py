"""The signed statement of what was new to the exchange."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange.assay.certificate import canonical_json
from exchange.assay.errors import CertificateError
from exchange.assay.novelty import Share
from exchange.assay.novelty_statement import sign_novelty, verify_novelty

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ASSAYER = KEY.public_key().public_bytes_raw()
CERTIFICATE, INVENTORY = "c" * 64, "1" * 64
STATEMENT = sign_novelty(KEY, CERTIFICATE, INVENTORY, 3, 999, Share(500_000, 480_000, 530_000, 77), 1_700_000_000)


def test_a_statement_names_certificate_and_inventory_and_rounds_outwards():
    body = verify_novelty(STATEMENT, [ASSAYER])
    assert (body["certificate"], body["inventory"], body["datasets"]) == (CERTIFICATE, INVENTORY, 3)
    assert body["new_rtu"] == {"estimate": 499, "low": 479, "high": 530}
    assert (
        sign_novelty(KEY, CERTIFICATE, INVENTORY, 3, 999, Share(500_000, 480_000, 530_000, 77), 1_700_000_000)
        == STATEMENT
    )


def altered(change):
    told = json.loads(STATEMENT)
    change(told)
    return canonical_json(told)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "CERTIFICATE_MALFORMED"),
        (b"[]", "CERTIFICATE_MALFORMED"),
        (b"[" * 100_000, "CERTIFICATE_MALFORMED"),
        (STATEMENT + b" ", "CERTIFICATE_MALFORMED"),
        (altered(lambda told: told["body"].update(format="tlx-novelty/2")), "CERTIFICATE_MALFORMED"),
        (altered(lambda told: told.update(signature="zz")), "CERTIFICATE_MALFORMED"),
        (altered(lambda told: told["body"].update(datasets=4)), "CERTIFICATE_FORGED"),
        (altered(lambda told: told["body"].update(assayer="00" * 32)), "CERTIFICATE_UNTRUSTED"),
    ],
)
def test_any_other_statement_is_refused(content, code):
    with pytest.raises(CertificateError, match=code):
        verify_novelty(content, [ASSAYER])
