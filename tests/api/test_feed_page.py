"""The reference page of the feed against the code: channels, codes, bounds."""

import re
from pathlib import Path

from api.feed_requests import ALIASES, CHANNELS
from api.feed_settings import FeedSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/feed.md").read_text()
SOURCES = [path.read_text() for path in sorted((ROOT / "api").glob("feed*.py"))]
OF_SIGNING = {"INVALID_SIGNATURE", "INVALID_TIMESTAMP", "CLOCK_SKEW", "INVALID_PASSPHRASE", "MISSING_SCOPE"}
"""Codes that come from authentication, which all of the API shares."""

OF_THE_EXCHANGE = {"STORAGE_FULL"}
"""What the exchange says of a command that it does not take."""


def section(title):
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_channel_is_on_the_page():
    rows = re.findall(r"^\| `(\w+)`(?: \(also `(\w+)`\))?", section("Channels"), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(CHANNELS)
    assert {alias: name for name, alias in rows if alias} == ALIASES


def test_every_code_of_an_error_is_on_the_page():
    raised = {code for source in SOURCES for code in re.findall(r'"([A-Z]+_[A-Z_]*[A-Z])"', source)}
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)`", section("Errors"))) == raised | OF_SIGNING | OF_THE_EXCHANGE


def test_the_bounds_on_the_page_are_the_defaults():
    settings, told = FeedSettings(), section("Bounds")
    for bound in (
        f"| connections | {settings.max_connections:,} |",
        f"| subscriptions of one connection | {settings.max_subscriptions} |",
        f"| {settings.max_message_bytes >> 10} KiB |",
        f"| {settings.message_rate} a second, {settings.message_burst} at once |",
        f"| {settings.max_refused_in_a_row} |",
        f"| {settings.max_waiting_bytes >> 20} MiB, or {settings.max_waiting_s:.0f} s ",
    ):
        assert bound in told
    assert "after two seconds" in told and settings.cut_grace_s == 2
    for window_s in (settings.conflation_s, settings.auction_s):
        assert f"window of {window_s * 1000:.0f} ms" in section("Channels")
