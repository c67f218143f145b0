"""The dead-man timer, from a command line."""

import re
from typing import Annotated, Final

import typer

from api.cli.console import as_json_text, say
from api.cli.options import HERE, AsJson, Key, Url, signed

_SPAN: Final = re.compile(r"(\d{1,6})(s|m|h)")
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600}


def cancel_after_command(
    span: Annotated[str, typer.Argument(help="60s, 5m or 2h, up to a day; off takes the timer away")],
    as_json: AsJson = False,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """End all orders of the account after a time, unless this is said again before."""
    timeout = seconds_of(span)
    with signed(url, credentials) as client:
        told = client.post("/orders/cancel-after", {"timeout": timeout})
    if as_json:
        typer.echo(as_json_text(told))
    elif told["fires_at"]:
        say(f"All orders of account {told['profile_id']} end at {told['fires_at']}, unless this is said again.")
    else:
        say(f"Orders of account {told['profile_id']} end by no timer.")


def seconds_of(span: str) -> int:
    """Zero for `off`; BadParameter where it is no time."""
    found = _SPAN.fullmatch(span.strip().lower())
    if span.strip().lower() == "off":
        return 0
    if not found or not int(found[1]):
        raise typer.BadParameter(f"{span!r} is no time such as 60s, 5m or 2h, and not off", param_hint="SPAN")
    return int(found[1]) * _UNITS_S[found[2]]
