"""Planted secrets; each is put together here, so that this file itself holds none."""

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.assay.secrets import SECRET_PATTERNS, SecretPattern, find_secrets, has_long_run

RANDOM = "q7Rw2LzX9vKbT4mNcY8eHs5JdPfG3aUo6iBt"
KEY_BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"


def dashes(words: str) -> str:
    return f"-----BEGIN {words}-----"


def web_token(header: bytes) -> str:
    encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (header, b'{"sub":"12345"}')]
    return ".".join([*encoded, RANDOM])


PLANTED = [
    (dashes("PRIVATE KEY") + "\n" + KEY_BODY + "\n", "private_key"),
    (dashes("RSA PRIVATE KEY") + "\\n" + KEY_BODY, "private_key"),
    (dashes("PGP PRIVATE KEY BLOCK") + "\nVersion: GnuPG v2\n\n" + KEY_BODY, "private_key"),
    ("aws = AKIA" + "QWERTY27UIOPASDF", "aws_access_key"),
    ("token: ghp_" + RANDOM, "github_token"),
    ("github_pat_" + RANDOM[:22] + "_" + (RANDOM * 2)[:59], "github_token"),
    ("xoxb-" + "298374650192-" + RANDOM[:24], "slack_token"),
    ("AIza" + RANDOM[:35], "google_api_key"),
    ("sk_live_" + RANDOM[:24], "stripe_key"),
    ("Authorization: Bearer " + web_token(b'{"alg":"HS256","typ":"JWT"}'), "web_token"),
    (f'api_key = "{RANDOM}"', "assigned_secret"),
    (f"'client_secret': '{RANDOM}'", "assigned_secret"),
    (f'OPENAI_API_KEY="{RANDOM}"', "assigned_secret"),
]
HARMLESS = [
    dashes("PRIVATE KEY"),
    f'if line == "{dashes("RSA PRIVATE KEY")}":\n    continue',
    dashes("PUBLIC KEY") + "\n" + KEY_BODY,
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "x" * 36,
    'api_key = "your-api-key-goes-here-1"',
    'api_key = "aaaaaaaaaaaaaaaaaaaaaaaa1"',
    'password = "correct horse battery staple"',
    'api_key = os.environ["SOME_LONG_VARIABLE_NAME_2"]',
    "keys = {'secretary': 'Ms. Jones of the second floor 22'}",
    web_token(b"not json at all"),
    f"sha256: {RANDOM}",
]


@pytest.mark.parametrize(("text", "kind"), PLANTED, ids=[f"{kind}-{i}" for i, (_, kind) in enumerate(PLANTED)])
def test_planted_secrets_are_found(text: str, kind: str) -> None:
    (finding,) = find_secrets(text, 3)
    assert (finding.kind, finding.document, finding.category, finding.sensitive) == (kind, 3, "secret", True)
    clear = text[finding.offset : finding.offset + finding.length]
    assert clear not in finding.masked
    assert len(finding.masked.strip("*")) <= 4


@pytest.mark.parametrize(("text", "kind"), PLANTED, ids=[f"{kind}-{i}" for i, (_, kind) in enumerate(PLANTED)])
def test_a_secret_within_chinese_text_is_found(text: str, kind: str) -> None:
    assert [finding.kind for finding in find_secrets(f"密钥是{text}请保密", 0)] == [kind]


@pytest.mark.parametrize("text", HARMLESS, ids=range(len(HARMLESS)))
def test_placeholders_and_mentions_are_not(text: str) -> None:
    assert find_secrets(text, 0) == []


@pytest.mark.parametrize(
    "piece", ["api_key = ", "password=", "eyJ", dashes("PRIVATE KEY"), "a_", "secret  ", "xoxb-1-"]
)
def test_hostile_repetition_does_not_slow_the_search(piece: str) -> None:
    text = piece * (400_000 // len(piece)) + "secret"
    started = time.process_time()
    find_secrets(text, 0)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("secret", SECRET_PATTERNS, ids=lambda each: each.kind)
@settings(max_examples=15)
@given(st.data())
def test_what_a_pattern_matches_holds_a_long_run(secret: SecretPattern, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(secret.pattern))
    assert has_long_run(text)
    assert any(hint in text.casefold() for hint in secret.hints)
