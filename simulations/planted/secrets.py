"""Secrets made up by rule, in the forms in which they are left behind, and the placeholders that stand for them."""

import base64
import json
import string
from random import Random

from simulations.planted.kinds import Kind

_ALPHANUMERIC = string.ascii_letters + string.digits


def _run(random: Random, size: int, alphabet: str = _ALPHANUMERIC) -> str:
    return "".join(random.choice(alphabet) for _ in range(size))


def _private_key(random: Random) -> str:
    """Only the first 40 characters of the body are the value: it is by them that the key is found."""
    return _run(random, 40, _ALPHANUMERIC + "+/")


def _aws(random: Random) -> str:
    return random.choice(("AKIA", "ASIA")) + _run(random, 16, string.ascii_uppercase + "234567")


def _github(random: Random) -> str:
    if random.random() < 0.3:
        return f"github_pat_{_run(random, 22)}_{_run(random, 59)}"
    return f"gh{random.choice('pousr')}_{_run(random, 36)}"


def _slack(random: Random) -> str:
    return f"xox{random.choice('bp')}-{random.randrange(10**11, 10**12)}-{_run(random, 24)}"


def _google(random: Random) -> str:
    return "AIza" + _run(random, 35, _ALPHANUMERIC + "-_")


def _stripe(random: Random) -> str:
    return f"{random.choice('sr')}k_live_{_run(random, 24)}"


def _web_token(random: Random) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": str(random.randrange(10**9)), "iat": random.randrange(10**9)})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join((*encoded, _run(random, 43, _ALPHANUMERIC + "-_")))


def _password(random: Random) -> str:
    return _run(random, random.randrange(20, 41)) + str(random.randrange(10, 100))


def _unissued(prefix: str, size: int) -> str:
    return prefix + "X" * size


_KEY_BLOCK = "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----"
_BLOCKS = {"en": _KEY_BLOCK, "zh": _KEY_BLOCK, "code": f'KEY = """{_KEY_BLOCK}"""'}
_TOKENS = {"en": "the token is {} until May", "zh": "令牌：{}。", "code": 'TOKEN = "{}"'}
_QUOTED = {"en": "api_key: '{}'", "zh": 'password = "{}"', "code": 'client_secret="{}",'}
_LINES = {"en": "\nAPI_KEY={}\n", "zh": "export DB_PASSWORD={}\n", "code": "AWS_SECRET_ACCESS_KEY={}\n"}
_PLACEHOLDERS = ("your-api-key-goes-here-1", "changeme-changeme-changeme", "${SECRET_FROM_THE_VAULT}", "example" * 4)


def _placeholder(random: Random) -> str:
    return random.choice(_PLACEHOLDERS)


SECRET_KINDS: tuple[Kind, ...] = (
    Kind("private_key", _private_key, lambda random: "... your key here ...", _BLOCKS),
    Kind("aws_access_key", _aws, lambda random: "AKIAIOSFODNN7EXAMPLE", _TOKENS),
    Kind("github_token", _github, lambda random: _unissued("ghp_", 36), _TOKENS),
    Kind("slack_token", _slack, lambda random: "xoxb-123456789012-your-slack-token-here", _TOKENS),
    Kind("google_api_key", _google, lambda random: _unissued("AIza", 35), _TOKENS),
    Kind("stripe_key", _stripe, lambda random: f"sk_test_{_run(random, 24)}", _TOKENS),
    Kind(
        "web_token",
        _web_token,
        lambda random: f"eyJ{_run(random, 20)}.eyJ{_run(random, 30)}.{_run(random, 43)}",
        _TOKENS,
    ),
    Kind("assigned_secret", _password, _placeholder, _QUOTED),
    Kind("environment_secret", _password, _placeholder, _LINES),
)
