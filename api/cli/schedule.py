"""A product's trading day: looking at it, giving it one, and taking it away."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from api.cli.console import as_json_text, say, show, table
from api.cli.options import HERE, AsJson, Key, Symbol, Url, operating, product_of, public
from api.cli.reasons import Cause, Note, Reason, why


class Break(StrEnum):
    CANCEL_ONLY = "cancel_only"
    TRADE_THROUGH = "trade_through"


def schedule_command(symbol: Symbol, as_json: AsJson = False, url: Url = HERE) -> None:
    """A product's trading day: today's phases and those of the next session."""
    with public(url) as client:
        told = client.get(f"/products/{product_of(symbol)}/schedule")
    if as_json:
        typer.echo(as_json_text(told))
        return
    _show(told)


def assign(
    symbol: Symbol,
    calendar: Annotated[str, typer.Option(help="A real exchange's, as XSHG, XHKG, XNYS or 24/7")],
    pre_open_minutes: Annotated[int | None, typer.Option(min=0, help="Before the opening auction; usually 15")] = None,
    opening_auction_minutes: Annotated[int | None, typer.Option(min=0, help="Up to the open; usually 10")] = None,
    opening_freeze_seconds: Annotated[
        int | None, typer.Option(min=0, help="At the call's end, when nothing is taken back; usually 60, 0 is never")
    ] = None,
    closing_auction_minutes: Annotated[
        int | None, typer.Option(min=0, help="The last of the session; usually 5")
    ] = None,
    closing_freeze_seconds: Annotated[int | None, typer.Option(min=0, help="Usually 60")] = None,
    lunch_break: Annotated[Break | None, typer.Option(help="Where sessions have one; usually cancel_only")] = None,
    reopening_auction_minutes: Annotated[
        int | None, typer.Option(min=0, help="The last of the break; usually 0, none")
    ] = None,
    reopening_freeze_seconds: Annotated[int | None, typer.Option(min=0, help="Usually 0, never")] = None,
    reason: Reason = Cause.OPERATOR,
    note: Note = "",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Have a product follow a real exchange's calendar, from now on."""
    asked: dict[str, Any] = {
        "calendar": calendar,
        "pre_open_minutes": pre_open_minutes,
        "opening_auction_minutes": opening_auction_minutes,
        "opening_freeze_seconds": opening_freeze_seconds,
        "closing_auction_minutes": closing_auction_minutes,
        "closing_freeze_seconds": closing_freeze_seconds,
        "lunch_break": lunch_break.value if lunch_break else None,
        "reopening_auction_minutes": reopening_auction_minutes,
        "reopening_freeze_seconds": reopening_freeze_seconds,
    }
    body = {name: value for name, value in asked.items() if value is not None} | why(reason, note)
    with operating(url, credentials) as client:
        told = client.put(f"/products/{product_of(symbol)}/schedule", body)
    _show(told)


def remove(
    symbol: Symbol, reason: Reason = Cause.OPERATOR, note: Note = "", url: Url = HERE, credentials: Key = None
) -> None:
    """Take a product's schedule away; it stays in its phase until you move it."""
    with operating(url, credentials) as client:
        told = client.delete(f"/products/{product_of(symbol)}/schedule", **why(reason, note))
    say(f"{told['product_id']} follows no schedule.")


def _show(told: dict[str, Any]) -> None:
    say(f"{told['product_id']} follows {told['schedule']['calendar']} ({told['time_zone']}).")
    days = [("today", told["today"]), ("next", told["next"])]
    rows = [[name, day["date"], *_row(step)] for name, day in days if day for step in day["steps"]]
    show(table("", ("", "date", "phase", "from", "UTC", "freezes", "ends"), rows))
    if not told["today"]:
        say("There is no session today.")
    say(f"The calendar is known until {told['known_until']}.")


def _row(step: dict[str, Any]) -> list[str]:
    clock = [step["at"], step["freezes_at"], step["ends_at"]]
    at, freezes, ends = (time[11:19] if time else "" for time in clock)
    return [step["phase"], step["local"][11:19], at, freezes, ends]
