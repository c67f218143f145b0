import json

import pytest
from open_venue import dataset, documents, member, opened, order, refusal

from exchange.operations.admission import set_participant_state
from exchange.operations.asking import ask
from exchange.operations.issuing import base_code, finish_issues, trading_day
from exchange.operations.listing import submit_listing
from exchange.runtime import Exchange, Settings
from exchange.vocabulary.codec import COMMANDS
from exchange.vocabulary.commands import BlockAccount, DefineInstrument, Issue
from exchange.vocabulary.instruments import Mode, Phase, Side
from exchange.vocabulary.participants import VENUE, ParticipantState

DAY_S, SECOND_NS = 86_400, 10**9
SAMPLING = json.dumps(
    {
        "manual_items": 240,
        "manual_pass_bp": 9_900,
        "technical_share_bp": 10_000,
        "technical_pass_bp": 9_900,
        "illegal_content_bp": 0,
    }
).encode()


class PulledPlug(Exception):  # noqa: N818
    """The process died here."""


def dying_at(exchange, kind, monkeypatch):
    """Let the exchange die when a command of this kind comes."""
    submit = exchange.submit

    def until_then(commands, blobs=()):
        if isinstance(COMMANDS.decode(commands), kind):
            raise PulledPlug
        return submit(commands, blobs)

    monkeypatch.setattr(exchange, "submit", until_then)


@pytest.mark.parametrize("kind", [DefineInstrument, Issue])
def test_a_listing_that_was_interrupted_is_finished_at_the_next_start(exchange, monkeypatch, kind):
    _, vendor = member(exchange, "Vendor")
    dying_at(exchange, kind, monkeypatch)
    with pytest.raises(PulledPlug):
        submit_listing(exchange, VENUE, vendor, *dataset())
    (base,) = exchange.directory.bases
    exchange.close()
    again = Exchange.open(Settings(data_folder=exchange.settings.data_folder))
    again.start()
    assert finish_issues(again) == [base]
    entry, instrument = again.directory.bases[base], again.directory.instrument_of(base)
    assert (entry.issued_claims, instrument.phase) == (entry.lots * entry.copies, Phase.CONTINUOUS)
    assert (vendor, instrument.instrument, Side.SELL) in again.directory.entitlements
    assert len(again.directory.instruments) == 1
    assert finish_issues(again) == []
    refusal("ALREADY_LISTED", submit_listing, again, VENUE, vendor, *dataset())
    again.close()


def test_a_vendor_who_may_not_sell_meanwhile_gets_its_claims_and_no_right(exchange, monkeypatch):
    vendor, account = member(exchange, "Vendor")
    with monkeypatch.context() as patched:
        dying_at(exchange, Issue, patched)
        with pytest.raises(PulledPlug):
            submit_listing(exchange, VENUE, account, *dataset())
    ask(exchange, BlockAccount(actor=VENUE, account=account))
    set_participant_state(exchange, VENUE, vendor, ParticipantState.SUSPENDED)
    (base,) = exchange.directory.bases
    assert finish_issues(exchange) == [base]
    assert not exchange.directory.entitlements
    assert exchange.directory.bases[base].issued_claims


def test_what_cannot_be_issued_keeps_nothing_else_from_it(exchange, monkeypatch):
    _, vendor = member(exchange, "Vendor")
    with monkeypatch.context() as patched:
        dying_at(exchange, Issue, patched)
        for seed in (1, 2):
            with pytest.raises(PulledPlug):
                submit_listing(exchange, VENUE, vendor, *dataset(f"set {seed}", documents(seed=seed)))
    first, second = exchange.directory.bases
    # Issued by hand, and the answer lost: the second attempt is refused as ALREADY_ISSUED.
    ask(exchange, Issue(actor=VENUE, account=vendor, base=first))
    entry = exchange.directory.bases[first]
    monkeypatch.setitem(exchange.directory.bases, first, type(entry)(**{**fields_of(entry), "issued_claims": 0}))
    assert finish_issues(exchange) == [second]


def fields_of(entry):
    return {name: getattr(entry, name) for name in entry.__slots__}


def test_a_licence_without_continuous_trading_issues_and_opens_nothing(tmp_path):
    exchange = opened(tmp_path / "venue", licence_profile="cn-unapproved")
    assert not exchange.gate.profile.modes & Mode.CONTINUOUS
    _, vendor = member(exchange, "Vendor")
    croissant, files, evidence = dataset(**{"tex:evidence": {"sampling-report": "sampling.json"}})
    outcome = submit_listing(exchange, VENUE, vendor, croissant, files, {**evidence, "sampling.json": SAMPLING})
    instrument = exchange.directory.instruments[outcome.instrument]
    assert (instrument.phase, instrument.modes) == (Phase.CLOSED, exchange.gate.profile.modes)
    assert instrument.trading_day == trading_day(exchange.now_ns(), exchange.settings.utc_offset_hours)
    assert instrument.max_holders == exchange.gate.profile.max_holders > 0
    assert exchange.directory.bases[outcome.base].issued_claims == outcome.lots
    refusal("INSTRUMENT_CLOSED", order, exchange, vendor, outcome.instrument, Side.SELL, 500, 1)
    exchange.close()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("gsm 8k!", "GSM8K"),
        ("唐诗三百首", "DATASET"),
        ("", "DATASET"),
        ("cny", "CNY2"),
        ("riddles", "RIDDLES2"),
        ("x" * 40, "X" * 16),
    ],
)
def test_a_base_gets_a_free_code_of_its_name(venue, name, code):
    assert base_code(venue, name) == code


def test_trading_days_turn_at_the_venues_midnight():
    midnight_in_shanghai_s = 20_000 * DAY_S - 8 * 3600
    assert trading_day(midnight_in_shanghai_s * SECOND_NS, 8) == 20_000
    assert trading_day(midnight_in_shanghai_s * SECOND_NS - 1, 8) == 19_999
    assert trading_day(midnight_in_shanghai_s * SECOND_NS, 0) == 19_999
