"""What of a dataset may be shown, document by document, and to whom the record of it leads."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from open_venue import market, opened, refusal

from exchange.assay.words import read_word_list
from exchange.delivery.sample import SHOWN
from exchange.operations import sampling
from exchange.operations.sampling import show_sample


def told(text, rtu=10, left_rtu=100, in_a_lot=True, words=None):
    entry = {"index": 3, "path": "set.jsonl", "record": 3, "rtu": rtu, "proof": [], "salt": "", "sha256": ""}
    lots = SimpleNamespace(entry=lambda _: entry if in_a_lot else None, text=lambda _: text, words=words)
    return sampling._told(lots, 3, left_rtu)


WORDS = read_word_list("[unfit]\n禁语\n".encode())


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        (SHOWN, {"text": "an honest line"}),
        ("personal_data", {"text": "write to a.person@sample-firm.org"}),
        ("secret", {"text": 'api_key: "9fK2mQ7xVt4Lz8Rb3Wn6"'}),
        ("sensitive_words", {"text": "这里有禁语。", "words": WORDS}),
        (SHOWN, {"text": "这里有禁语。"}),
        ("too_long", {"text": "an honest line", "rtu": 101}),
        ("not_in_a_lot", {"text": "", "in_a_lot": False}),
    ],
)
def test_a_document_is_shown_or_its_reason_is_told_and_nothing_else_of_it(status, asked):
    found = told(**asked)
    assert found["status"] == status
    assert (status == SHOWN) == ("text" in found)
    assert status == SHOWN or set(found) == {"index", "status"}


def test_a_sample_comes_back_the_same_after_a_start_anew(tmp_path):
    exchange = opened(tmp_path / "venue")
    there = market(exchange)
    entry = exchange.directory.bases[there.listed.base]
    first = show_sample(exchange, there.buyer_account, entry)
    exchange.close()
    again = opened(tmp_path / "venue")
    shown = show_sample(again, there.buyer_account, again.directory.bases[there.listed.base])
    assert shown.content == first.content
    again.close()


def test_who_is_not_verified_sees_no_sample_and_the_denial_is_on_record(exchange, monkeypatch):
    there = market(exchange)
    entry = exchange.directory.bases[there.listed.base]
    stranger = sampling.participant_facts
    monkeypatch.setattr(sampling, "participant_facts", lambda *asked: unverified(stranger(*asked)))
    refused = refusal("GATE_REFUSED", show_sample, exchange, there.buyer_account, entry)
    assert [reason.rule_id for reason in refused.reasons] == ["CN-01"]
    assert exchange.projector.wait_for(exchange.sequence, 30)
    (row,) = exchange.register.decision(bytes.fromhex(refused.details["decision"]))
    assert (row["permitted"], row["account"], row["subject"]) == (0, there.buyer_account, entry.certificate)


def unverified(facts):
    return replace(facts, identity_verified=False)


def test_a_list_of_words_that_is_gone_shows_nothing(exchange, monkeypatch, tmp_path):
    there = market(exchange)
    entry = exchange.directory.bases[there.listed.base]
    changed = exchange.settings.model_copy(update={"assay_words": tmp_path / "gone.txt"})
    monkeypatch.setattr(exchange, "settings", changed)
    refusal("WORDS_MISSING", show_sample, exchange, there.buyer_account, entry)
