from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_ledger import BUYER, VENDOR, trade

from exchange.ledger.accounts import ENTRY_TYPES, TITLES, Bucket, Entry, account_code
from exchange.ledger.postings import LedgerError
from exchange.ledger.statements import Asset, Line, Terms, contract_note, statement, trial_balance, utc_text
from exchange.vocabulary.instruments import MatchType, Side
from exchange.vocabulary.units import parse_scaled

CNY = Asset(1, "CNY", 2)
DATA = Asset(2, "DATA", 0)
TERMS = Terms("DATA-CNY", "DATA", CNY, tick_minor=10, lot_rtu=450_000)


def lines(*movements):
    balance, made = 0, []
    for n, (entry, amount) in enumerate(movements):
        balance += amount
        made.append(Line(n + 1, 0, 0, 1_700_000_000_000_000_005 + n, entry, amount, balance))
    return made


def test_a_statement_reads_in_the_assets_own_places():
    told = statement(7, CNY, 0, lines((Entry.DEPOSIT, 100_000), (Entry.MATCH, -20_005), (Entry.FEE, -1)))
    assert (told.opening, told.closing) == ("0.00", "799.94")
    assert [(line.type, line.amount, line.balance) for line in told.lines] == [
        ("transfer", "1000.00", "1000.00"),
        ("match", "-200.05", "799.95"),
        ("fee", "-0.01", "799.94"),
    ]
    assert told.lines[0].time == "2023-11-14T22:13:20.000000005Z"
    assert told.lines[0].reference == "1-0-0"


def test_a_line_that_does_not_follow_from_the_one_before_is_refused():
    made = lines((Entry.DEPOSIT, 100), (Entry.FEE, -1))
    with pytest.raises(LedgerError, match="does not follow"):
        statement(7, CNY, 0, [made[0], replace(made[1], balance=98)])


@given(st.lists(st.integers(-(2**50), 2**50)), st.integers(0, 2**50))
def test_opening_and_lines_add_up_to_closing(amounts, opening):
    balance, made = opening, []
    for n, amount in enumerate(amounts):
        balance += amount
        made.append(Line(n, 0, 0, 0, Entry.MATCH, amount, balance))
    told = statement(7, CNY, opening, made)
    parts = [told.opening, *(line.amount for line in told.lines)]
    assert sum(parse_scaled(part, 2) for part in parts) == parse_scaled(told.closing, 2)


def notes(**fields):
    ids = {
        "trade_id": 8,
        "taker_order_id": 32,
        "maker_order_id": 16,
        "taker_decision": 5,
        "maker_decision": 4,
    }
    made = trade(9, price_ticks=1234, match_type=MatchType.CONTINUOUS, **ids, **fields)
    return contract_note(made, TERMS, BUYER), contract_note(made, TERMS, VENDOR)


def test_both_sides_get_a_note_of_the_same_trade():
    bought, sold = notes()
    assert (bought.side, bought.liquidity, bought.fee, bought.net) == ("buy", "T", "0.02", "6.02")
    assert (sold.side, sold.liquidity, sold.fee, sold.net) == ("sell", "M", "0.01", "5.99")
    for name in (
        "trade_id",
        "symbol",
        "settled_at",
        "price",
        "lots",
        "size",
        "quote",
        "notional",
        "sequence",
    ):
        assert getattr(bought, name) == getattr(sold, name)
    assert (bought.price, bought.size, bought.notional) == ("123.40", "1.350000", "6.00")
    assert (bought.order_id, bought.decision) == (32, 5)
    assert (sold.order_id, sold.decision) == (16, 4)


def test_what_the_buyer_paid_the_seller_and_the_venue_received():
    bought, sold = notes(taker_side=Side.BUY, maker_fee_minor=17, taker_fee_minor=23)
    paid, received = parse_scaled(bought.net, 2), parse_scaled(sold.net, 2)
    assert paid - received == 17 + 23


def test_a_note_does_not_name_the_other_side():
    bought, sold = notes()
    assert VENDOR not in asdict(bought).values()
    assert 16 not in asdict(bought).values()
    assert BUYER not in asdict(sold).values()
    assert 32 not in asdict(sold).values()


def test_an_uncross_has_no_maker():
    made = trade(9, match_type=MatchType.AUCTION)
    assert {contract_note(made, TERMS, account).liquidity for account in (BUYER, VENDOR)} == {""}


def test_a_note_is_for_the_sides_alone():
    with pytest.raises(AssertionError):
        contract_note(trade(9), TERMS, 99)


def test_a_trial_balance_a_bookkeeper_can_read():
    made = trial_balance(
        [(1, Bucket.AVAILABLE, 700), (1, Bucket.AVAILABLE, 250), (1, Bucket.HELD, 47), (1, Bucket.FEES, 3),
         (1, Bucket.DEPOSITS, -1000), (2, Bucket.AVAILABLE, 8), (2, Bucket.ISSUED, -10), (2, Bucket.DELIVERED, 2)],
        {1: CNY, 2: DATA},
    )  # fmt: skip
    assert [(line.code, line.debit, line.credit) for line in made.lines] == [
        ("110-CNY", "0.00", "9.50"),
        ("120-CNY", "0.00", "0.47"),
        ("210-CNY", "0.00", "0.03"),
        ("310-CNY", "10.00", "0.00"),
        ("110-DATA", "0", "8"),
        ("410-DATA", "10", "0"),
        ("420-DATA", "0", "2"),
    ]
    assert made.differences == {}


def test_a_trial_balance_names_the_asset_that_is_out():
    made = trial_balance(
        [(1, Bucket.AVAILABLE, 700), (1, Bucket.DEPOSITS, -699), (2, Bucket.ISSUED, 0)], {1: CNY, 2: DATA}
    )
    assert made.differences == {"CNY": "0.01"}


def test_every_bucket_has_a_title_and_every_entry_a_type():
    assert set(TITLES) == set(Bucket)
    assert set(ENTRY_TYPES) == set(Entry)
    assert account_code(Bucket.HELD, 42, "CNY") == "120-42-CNY"


def test_times_are_exact_to_the_nanosecond():
    assert utc_text(0) == "1970-01-01T00:00:00.000000000Z"
    assert utc_text(1_700_000_000_123_456_789) == "2023-11-14T22:13:20.123456789Z"
