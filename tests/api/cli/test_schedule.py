"""The trading day at the command line."""

import json

import pytest

SYMBOL = "RIDDLES-CNY"


@pytest.fixture
def operate(tlx, cli_server, dataset_folder, tmp_path):
    """Calls a command against a venue that lists a product, with the operator's key where it signs."""
    own, url = ("-c", cli_server.folder / "operator.json"), ("--url", cli_server.url)

    def call(*arguments, signed=True):
        return tlx(*arguments, *url, *(own if signed else ()))

    if call("schedule", SYMBOL, signed=False).stderr.startswith("UNKNOWN_INSTRUMENT"):
        evidence, key = tmp_path / "licence.txt", tmp_path / "vendor.json"
        evidence.write_text("Business licence of a firm that the test made up")
        assert call("operator", "enrol", "Vendor", "--to", key, "--evidence", evidence).exit_code == 0
        listed = tlx("list", dataset_folder, *url, "-c", key)
        assert f"Admitted as {SYMBOL}." in listed.stdout, listed.stderr
    return call


def test_a_product_is_given_a_day_that_everyone_can_see_and_is_freed_of_it_again(operate):
    assert operate("schedule", SYMBOL, signed=False).stderr.startswith("NO_SCHEDULE: ")
    given = operate("operator", "schedule", SYMBOL, "--calendar", "24/7", "--closing-auction-minutes", "1",
                    "--closing-freeze-seconds", "10")  # fmt: skip
    assert given.exit_code == 0, given.stderr
    seen = operate("schedule", SYMBOL, signed=False)
    assert seen.stdout == given.stdout
    for told in (
        f"{SYMBOL} follows 24/7 (UTC).",
        "closing_auction  23:59:00",
        "23:59:50",
        "The calendar is known until",
    ):
        assert told in seen.stdout
    told = json.loads(operate("schedule", SYMBOL, "--json", signed=False).stdout)
    assert told["schedule"]["closing_freeze_seconds"] == 10
    assert operate("operator", "unschedule", SYMBOL).stdout == f"{SYMBOL} follows no schedule.\n"
    assert operate("operator", "unschedule", SYMBOL).stderr.startswith("NO_SCHEDULE: ")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--calendar", "XMOON"), "UNKNOWN_CALENDAR"),
        (("--calendar", "XSHG", "--lunch-break", "trade_through", "--reopening-auction-minutes", "5"), "BAD_SCHEDULE"),
        (("--calendar", "XSHG", "--pre-open-minutes", "9999"), "BAD_REQUEST"),
    ],
)
def test_a_day_that_makes_no_sense_is_refused_by_name(operate, options, code):
    assert operate("operator", "schedule", SYMBOL, *options).stderr.startswith(f"{code}: ")
