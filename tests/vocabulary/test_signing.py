"""The signature against one computed by hand, in the scheme that clients of the dialect use."""

import base64
import hashlib
import hmac

from exchange.vocabulary.signing import headers, signature


def test_a_signature_is_over_timestamp_method_path_and_body():
    secret, body = b"secret", b'{"side":"buy"}'
    by_hand = hmac.new(secret, b'1795509000.5POST/orders?dry_run=1{"side":"buy"}', hashlib.sha256).digest()
    assert signature(secret, "1795509000.5", "post", "/orders?dry_run=1", body) == base64.b64encode(by_hand).decode()


def test_a_signature_is_the_one_that_other_programs_compute():
    # printf '1795509000.5POST/orders?dry_run=1{"side":"buy"}' | openssl dgst -sha256 -hmac secret -binary | base64
    signed = signature(b"secret", "1795509000.5", "post", "/orders?dry_run=1", b'{"side":"buy"}')
    assert signed == "XpLpiLfJIyXlT9sEsVpdWoY82/IRE9KpLIfbYYq8pEE="


def test_the_headers_are_those_of_the_dialect():
    made = headers("key", b"secret", "phrase", "1", "GET", "/time")
    assert made == {
        "CB-ACCESS-KEY": "key",
        "CB-ACCESS-SIGN": signature(b"secret", "1", "GET", "/time"),
        "CB-ACCESS-TIMESTAMP": "1",
        "CB-ACCESS-PASSPHRASE": "phrase",
    }
