"""Credentials left in a document: formats that issuers made to be found, and assignments that leave little doubt.

Entropy alone is no evidence: on a third of a megabyte of code it gives tens of thousands of false hits.
"""

import base64
import binascii
import json
import re
import string
from collections.abc import Callable, Iterator
from typing import NamedTuple

from exchange.assay.privacy import Finding, without_overlaps

_PLACEHOLDER = re.compile(
    r"example|sample|placeholder|dummy|changeme|your|insert|replace|redacted|secret|xxxx|\*\*\*|\.\.\.|0000|1234567|abcdef",
    re.IGNORECASE,
)
DISTINCT_CHARS = 10
MASKED_CHARS = 12
# Every secret holds a run of at least twenty of these; most text has none, which is seen at once when each is an `a`.
_RUN_CHARS = f"{string.ascii_letters}{string.digits}+/_=.-".encode()
_SHAPES = bytes.maketrans(_RUN_CHARS, b"a" * len(_RUN_CHARS))
_LONG_RUN = b"a" * 20


class SecretPattern(NamedTuple):
    """`hints`: one must occur in the folded text for the pattern to be tried. The last group is the secret itself."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    accepts: Callable[[str], bool]


def _is_random(value: str) -> bool:
    """Letters and digits, many of them different, and none of the words that stand in for a secret."""
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return mixed and len(set(value)) >= DISTINCT_CHARS and not _PLACEHOLDER.search(value)


def _is_issued(value: str) -> bool:
    return not _PLACEHOLDER.search(value) and len(set(value)) >= DISTINCT_CHARS


def _is_key_block(_value: str) -> bool:
    return True


def _is_web_token(value: str) -> bool:
    """A JSON Web Token (RFC 7519): the first part is a JSON object that names an algorithm."""
    header = value.partition(".")[0]
    try:
        fields = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(fields, dict) and "alg" in fields


SECRET_PATTERNS: tuple[SecretPattern, ...] = (
    SecretPattern(
        "private_key",
        ("private key",),
        # The header alone stands in every parser of keys; a body of base64 makes it a key.
        re.compile(
            r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:\\n|\s|[A-Z][\w-]+: [^\n]*\n){1,8}([A-Za-z0-9+/=]{40})"
        ),
        _is_key_block,
    ),
    SecretPattern(
        "aws_access_key",
        ("akia", "asia"),
        re.compile(r"(?<![A-Za-z0-9])((?:AKIA|ASIA)[A-Z2-7]{16})(?![A-Za-z0-9])"),
        _is_issued,
    ),
    SecretPattern(
        "github_token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        re.compile(
            r"(?<![A-Za-z0-9])(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})(?!\w)", re.ASCII
        ),
        _is_issued,
    ),
    SecretPattern(
        "slack_token",
        ("xox",),
        re.compile(r"(?<![A-Za-z0-9])(xox[abprs]-[0-9]{8,14}-[A-Za-z0-9-]{16,80})(?!\w)", re.ASCII),
        _is_issued,
    ),
    SecretPattern("google_api_key", ("aiza",), re.compile(r"(?<!\w)(AIza[\w-]{35})(?![\w-])", re.ASCII), _is_issued),
    SecretPattern(
        "stripe_key", ("k_live_",), re.compile(r"(?<!\w)([sr]k_live_[A-Za-z0-9]{20,99})(?!\w)", re.ASCII), _is_issued
    ),
    SecretPattern(
        "web_token",
        ("eyj",),
        re.compile(r"(?<![\w-])(eyJ[\w-]{10,2000}\.eyJ[\w-]{10,8000}\.[\w-]{20,1000})(?![\w-])", re.ASCII),
        _is_web_token,
    ),
    SecretPattern(
        "assigned_secret",
        ("key", "secret", "token", "passw"),
        re.compile(
            r"(?i:(?<![A-Za-z])(?:[a-z0-9]{1,20}[_-]){0,3}(?:api[_-]?key|secret[_-]?key|access[_-]?key|access[_-]?token"
            r"|auth[_-]?token|client[_-]?secret|secret|password|passwd))[\"']?\s{0,4}(?:=|:|=>|:=)\s{0,4}[\"']"
            r"([A-Za-z0-9+/_=.-]{20,200})[\"']"
        ),
        _is_random,
    ),
    SecretPattern(
        "environment_secret",
        ("key=", "secret=", "token=", "password=", "passwd="),
        # Without quotes only a line of a settings file leaves no doubt: a name in capitals, the value, and the end.
        re.compile(
            r"^[ \t]*(?:export |set |ENV )?(?:[A-Z0-9]{1,20}_){0,4}(?:API_?KEY|SECRET_KEY|ACCESS_KEY|ACCESS_TOKEN"
            r"|AUTH_TOKEN|CLIENT_SECRET|SECRET|TOKEN|PASSWORD|PASSWD)=([A-Za-z0-9+/_=.-]{20,200})[ \t]*$",
            re.MULTILINE,
        ),
        _is_random,
    ),
)


def find_secrets(text: str, document: int) -> list[Finding]:
    """Secrets in one document, in order of place."""
    if not has_long_run(text):
        return []
    folded = text.casefold()
    findings: list[Finding] = []
    for secret in SECRET_PATTERNS:
        if any(hint in folded for hint in secret.hints):
            findings += _hits(secret, text, document)
    return without_overlaps(findings)


def has_long_run(text: str) -> bool:
    return _LONG_RUN in text.encode().translate(_SHAPES)


def _hits(secret: SecretPattern, text: str, document: int) -> Iterator[Finding]:
    for match in secret.pattern.finditer(text):
        value = match[1]
        if secret.accepts(value):
            masked = value[:4] + "*" * MASKED_CHARS if secret.kind != "private_key" else "*" * MASKED_CHARS
            yield Finding(secret.kind, document, match.start(1), len(value), masked, "secret", sensitive=True)
