"""The operator's day over the API."""

import hashlib
import json

import pytest
from api_venue import refused

from exchange.operations.notes import read_note
from exchange.spine.journal import read_blocks
from exchange.vocabulary import commands as c
from exchange.vocabulary.codec import COMMAND_BYTES, COMMANDS
from exchange.vocabulary.instruments import Cause

WHY = {"reason": "risk", "note": "a valuation"}


def place(venue, **fields):
    terms = {"side": "sell", "type": "limit", "product_id": venue.product_id, "price": venue.price(500)}
    return venue.vendor.order(**(terms | {"size": venue.size(1)} | fields))


def test_cash_is_credited_once_for_each_key(venue):
    account, body = venue.buyer.account, {"currency": "CNY", "amount": "12.34", "key": "wire 7"}
    before = cash(venue)
    first = venue.operator.post(f"/accounts/{account}/deposits", body).json()
    again = venue.operator.post(f"/accounts/{account}/deposits", body).json()
    assert first == again
    assert cash(venue) == before + 1234
    refused(
        venue.operator.post(f"/accounts/{account}/deposits", body | {"amount": "9.99"}), 400, "DUPLICATE_TRANSFER_KEY"
    )


def cash(venue):
    exchange = venue.exchange
    assert exchange.projector.wait_for(exchange.sequence, 10)
    asset = exchange.directory.asset("CNY").asset
    rows = exchange.history.balances(venue.buyer.account)
    return sum(row["amount"] for row in rows if row["asset"] == asset)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount": "-1.00"}, 400, "BAD_AMOUNT"),
        ({"amount": "0"}, 400, "BAD_AMOUNT"),
        ({"amount": "1e5"}, 400, "BAD_AMOUNT"),
        ({"amount": "NaN"}, 400, "BAD_AMOUNT"),
        ({"amount": "1.001"}, 400, "BAD_AMOUNT"),
        ({"amount": "9" * 30}, 400, "BAD_AMOUNT"),
        ({"amount": 5}, 400, "BAD_REQUEST"),
        ({"currency": "XXX"}, 404, "UNKNOWN_ASSET"),
        ({"key": ""}, 400, "BAD_REQUEST"),
        ({"key": "schlüssel"}, 400, "BAD_REQUEST"),
    ],
)
def test_a_deposit_that_makes_no_sense_is_refused(shared, changes, status, code):
    body = {"currency": "CNY", "amount": "1.00", "key": "k"} | changes
    before = shared.digest()
    refused(shared.operator.post(f"/accounts/{shared.buyer.account}/deposits", body), status, code)
    assert shared.digest() == before


def test_a_blocked_account_trades_nothing_until_it_is_unblocked(venue):
    account = venue.vendor.account
    blocked = venue.operator.post(f"/accounts/{account}/block", {"reason": "conduct", "note": "an inquiry"})
    assert blocked.json() == {"id": str(account), "blocked": True}
    refused(place(venue), 400, "ACCOUNT_BLOCKED")
    refused(venue.operator.post(f"/accounts/{account}/block", {}), 400, "BAD_STATE")
    venue.operator.post(f"/accounts/{account}/unblock", {})
    assert place(venue).status_code == 200
    told = [(each["what"], each["account"], each["reason"], each["note"]) for each in interventions(venue)]
    assert told == [("unblock", str(account), "operator", ""), ("block", str(account), "conduct", "an inquiry")]


def interventions(venue):
    return venue.operator.get("/interventions").json()


def test_a_halt_holds_at_once_and_trading_returns(venue):
    phase = f"/products/{venue.product_id}/phase"
    halted = venue.operator.post(phase, {"phase": "halted", "reason": "regulator", "note": "an inquiry"}).json()
    assert (halted["phase"], halted["reason"]) == ("halted", "regulator")
    shown = venue.public.get(f"/products/{venue.product_id}").json()
    assert (shown["status"], shown["status_message"]) == ("offline", "halted: regulator")
    refused(place(venue), 400, "INSTRUMENT_HALTED")
    told = refused(venue.operator.post(phase, {"phase": "halted"}), 400, "BAD_PHASE")
    assert "no legal move" in told["message"]
    venue.operator.post(phase, {"phase": "continuous"})
    assert place(venue).status_code == 200
    resumed, stopped = interventions(venue)[:2]
    assert [each["what"] for each in (resumed, stopped)] == ["resume", "halt"]
    assert (stopped["product_id"], stopped["phase"]) == (venue.product_id, "halted")
    assert (stopped["reason"], stopped["note"]) == ("regulator", "an inquiry")
    assert stopped["by"] == resumed["by"] != "0"
    shown = venue.public.get(f"/products/{venue.product_id}").json()
    assert (shown["phase_cause"], shown["status_message"]) == ("operator", "")
    refused(venue.operator.post(phase, {"phase": "halted", "reason": "a hunch"}), 400, "BAD_REQUEST")
    refused(venue.operator.post("/products/GOLD-CNY/phase", {"phase": "halted"}), 404, "UNKNOWN_INSTRUMENT")
    refused(venue.operator.post(phase, {"phase": "lunch"}), 400, "BAD_REQUEST")


def test_what_an_operator_does_alone_is_in_the_journal_with_actor_reason_and_note(venue):
    product, after = f"/products/{venue.product_id}", venue.exchange.sequence
    withdrawals = [
        venue.buyer.post("/withdrawals", {"currency": "CNY", "amount": "1.00", "key": key}).json()["id"]
        for key in ("left", "stays")
    ]
    done = [
        venue.operator.post(f"{product}/reference-price", {"price": venue.price(500)} | WHY),
        venue.operator.request("PUT", f"{product}/schedule", {"calendar": "24/7"} | WHY),
        venue.operator.delete(f"{product}/schedule", **WHY),
        venue.operator.post(f"/transfers/{withdrawals[0]}/confirm", WHY),
        venue.operator.post(f"/transfers/{withdrawals[1]}/abort", WHY),
    ]
    assert [each.status_code for each in done] == [200] * len(done), [each.text for each in done]
    asked = [each for each in journalled(venue.exchange, after) if hasattr(each, "reason") and each.actor]
    kinds = [c.SetReferencePrice, c.AssignSchedule, c.AssignSchedule, c.ConfirmTransfer, c.AbortTransfer]
    assert [type(each) for each in asked] == kinds
    for command in asked:
        assert venue.exchange.directory.keys[command.actor].user
        assert command.reason == Cause.RISK
        assert read_note(venue.exchange.vault, command.evidence) == WHY["note"]


def journalled(exchange, after):
    for block in read_blocks(exchange.settings.data_folder / "journal", after):
        for offset in range(0, len(block.commands), COMMAND_BYTES):
            command = COMMANDS.decode(block.commands, offset)
            if command.sequence > after:
                yield command


def test_books_and_machine_agree_while_orders_rest_and_trade(venue):
    place(venue)
    terms = {"side": "buy", "type": "limit", "product_id": venue.product_id, "price": venue.price(500)}
    assert venue.buyer.order(**terms, size=venue.size(1)).status_code == 200
    place(venue)
    told = venue.operator.get("/reconciliation").json()
    assert told["agrees"] and told["compared"] > 3 and told["differences"] == []
    trial = venue.operator.get("/trial-balance").json()
    assert trial["balanced"] and trial["lines"]


def test_evidence_is_attached_by_the_name_that_the_rules_give_it(shared):
    form = {"dataset": hashlib.sha256(b"metadata").hexdigest(), "evidence": "personal-data-impact-assessment"}
    files = [("document", "assessment.txt", b"The assessment")]
    told = shared.operator.upload("/approvals", form, files).json()
    assert len(told["approval"]) == 64
    refused(shared.operator.upload("/approvals", form | {"evidence": "horoscope"}, files), 400, "EVIDENCE_UNKNOWN")
    refused(shared.operator.upload("/approvals", form, []), 400, "MISSING_FIELD")


def test_metrics_tell_where_the_venue_stands(shared):
    text = shared.public.get("/metrics").text
    assert f'tlx_last_trade_id{{product_id="{shared.product_id}"}}' in text
    assert f"tlx_sequence {float(shared.exchange.sequence)}" in text


@pytest.mark.parametrize("path", ["/reconciliation", "/trial-balance"])
def test_the_books_are_for_operators_and_auditors(shared, path):
    refused(shared.buyer.get(path), 400, "MISSING_ROLE")
    assert json.loads(shared.operator.get(path).text)


def test_a_call_gathers_orders_and_uncrosses_at_one_price(venue):
    phase = f"/products/{venue.product_id}/phase"
    told = venue.operator.post(f"/products/{venue.product_id}/reference-price", {"price": venue.price(500)} | WHY)
    assert told.json()["price"] == venue.price(500)
    for step in ("closed", "pre_open", "opening_auction"):
        assert venue.operator.post(phase, {"phase": step}).json()["phase"] == step
    place(venue, price=venue.price(480))
    bid = {"side": "buy", "type": "limit", "product_id": venue.product_id, "price": venue.price(520)}
    order = venue.buyer.order(**bid, size=venue.size(1)).json()
    assert order["status"] == "open"
    refused(venue.operator.post(f"/products/{venue.product_id}/reference-price", {"price": "1.00"}), 400, "BAD_PHASE")
    venue.operator.post(phase, {"phase": "continuous"})
    done = venue.buyer.get(f"/orders/{order['id']}").json()
    assert (done["done_reason"], done["executed_value"]) == ("filled", venue.buyer.get("/fills").json()[0]["funds"])
    (trade,) = venue.public.get(f"/products/{venue.product_id}/trades").json()
    assert (trade["price"], trade["match_type"]) == (venue.price(500), "auction")


def test_a_call_that_would_end_before_it_froze_is_refused(venue):
    phase = f"/products/{venue.product_id}/phase"
    times = {"freezes_at": "2099-01-01T00:00:10Z", "ends_at": "2099-01-01T00:00:00Z"}
    refused(venue.operator.post(phase, {"phase": "closing_auction"} | times), 400, "BAD_VALUE")
    refused(venue.operator.post(phase, {"phase": "closing_auction", "ends_at": "soon"}), 400, "BAD_TIME")
