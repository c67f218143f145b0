"""Questions of novelty and traces, below the API."""

from dataclasses import replace

import pytest
from open_venue import dataset, documents, member, opened, refusal

from exchange.assay.sketches import read_listed, sketch_corpus
from exchange.assay.tracing import sketch_documents
from exchange.catalogue.lifecycle import Move
from exchange.operations import novelty, tracing
from exchange.operations.admission import set_participant_state
from exchange.operations.dossier import INVENTORY, QUERY, read_dossier
from exchange.operations.lifecycle import move_listing
from exchange.operations.listing import submit_listing
from exchange.operations.novelty import answer_query, query_parameters
from exchange.operations.tracing import trace
from exchange.vocabulary.instruments import Cause
from exchange.vocabulary.participants import VENUE, ParticipantState

TEXTS = [f"{row['question']}\n{row['answer']}" for row in documents()]


def sketches_of(exchange, base):
    stored = read_dossier(exchange.vault, exchange.directory.bases[base].listing).sketches
    return [read_listed(exchange.vault.get(stored[name])) for name in (QUERY, INVENTORY)]


def sketched(exchange, participant, base, texts=TEXTS):
    told = query_parameters(exchange, participant, base)
    return sketch_corpus(bytes.fromhex(told.key), told.rate_log2, texts).document()


def test_each_dataset_has_a_key_of_its_own_and_the_inventory_one_for_all(exchange):
    _, vendor = member(exchange, "Vendor")
    bases = [submit_listing(exchange, VENUE, vendor, *dataset(name)).base for name in ("riddles", "riddles again")]
    (first, one), (second, two) = (sketches_of(exchange, base) for base in bases)
    assert first.sketch.key != second.sketch.key
    assert one.sketch.key == two.sketch.key
    assert one.sketch.hashes.tolist() == two.sketch.hashes.tolist()
    assert one.sketch.key.hex() not in repr(query_parameters(exchange, vendor, bases[0]))


def test_an_inventory_outlives_the_process(exchange):
    _, vendor = member(exchange, "Vendor")
    listed = submit_listing(exchange, VENUE, vendor, *dataset())
    before = dict(exchange.inventory)
    exchange.close()
    again = opened(exchange.settings.data_folder)
    assert again.inventory == before == {listed.base: before[listed.base]}
    again.close()


def test_a_dataset_that_was_listed_before_sketches_is_not_asked_about_and_not_traced(standing, monkeypatch):
    def unsketched(vault, digest):
        return replace(read_dossier(vault, digest), sketches={})

    sketch = sketched(standing.exchange, standing.buyer, standing.listed.base)
    monkeypatch.setattr(novelty, "read_dossier", unsketched)
    monkeypatch.setattr(tracing, "read_dossier", unsketched)
    base = standing.listed.base
    refusal("NOT_SKETCHED", query_parameters, standing.exchange, standing.buyer, base)
    refusal("NOT_SKETCHED", answer_query, standing.exchange, standing.buyer, 1, base, sketch, {})
    assert trace(standing.exchange, sketch_documents(TEXTS[:5]).document()).lots == []


def test_who_is_suspended_does_not_ask(standing):
    exchange, base = standing.exchange, standing.listed.base
    participant, _ = member(exchange, "Suspended")
    sketch = sketched(exchange, participant, base)
    set_participant_state(exchange, VENUE, participant, ParticipantState.SUSPENDED)
    refusal("NOT_ACTIVE", answer_query, exchange, participant, 1, base, sketch, {})
    assert exchange.query_log.asked(participant, base) == 0


def test_a_recalled_dataset_is_not_asked_about(exchange):
    _, vendor = member(exchange, "Vendor")
    participant, _ = member(exchange, "Buyer")
    base = submit_listing(exchange, VENUE, vendor, *dataset()).base
    sketch = sketched(exchange, participant, base)
    move_listing(exchange, VENUE, exchange.directory.bases[base], Move.RECALL, Cause.RECALL, "consent was withdrawn")
    refusal("RECALLED", answer_query, exchange, participant, 1, base, sketch, {})


def test_refusals_come_in_their_documented_order(standing, monkeypatch):
    """Each of these questions is wrong in all that comes after, too."""
    exchange, base = standing.exchange, standing.listed.base
    many = {str(number): b"" for number in range(9)}
    participant, _ = member(exchange, "Wrong")
    suspended, _ = member(exchange, "Wrong and suspended")
    set_participant_state(exchange, VENUE, suspended, ParticipantState.SUSPENDED)
    refusal("UNKNOWN_PRODUCT", answer_query, exchange, suspended, 1, 999_999, b"", many)
    refusal("NOT_ACTIVE", answer_query, exchange, suspended, 1, base, b"", many)
    refusal("TOO_MANY_EVALUATIONS", answer_query, exchange, participant, 1, base, b"", many)
    refusal("SKETCH_MALFORMED", answer_query, exchange, participant, 1, base, b"", {})
    other = sketch_corpus(bytes(16), 9, TEXTS[:1]).document()
    refusal("SKETCH_KEY", answer_query, exchange, participant, 1, base, other, {})
    monkeypatch.setattr(novelty, "MOST_HASHES", 0)
    small, large = (sketched(exchange, participant, base, texts) for texts in (TEXTS[:1], TEXTS))
    refusal("SKETCH_TOO_SMALL", answer_query, exchange, participant, 1, base, small, {})
    refusal("SKETCH_TOO_LARGE", answer_query, exchange, participant, 1, base, large, {})
    assert exchange.query_log.asked(participant, base) == 0


def test_a_refusal_names_the_sketch_that_it_is_about(standing):
    exchange, base = standing.exchange, standing.listed.base
    participant, _ = member(exchange, "Wrong in one")
    good, small = (sketched(exchange, participant, base, texts) for texts in (TEXTS, TEXTS[:1]))
    sets = {"exam": good, "quiz": small}
    assert refusal("SKETCH_TOO_SMALL", answer_query, exchange, participant, 1, base, good, sets).message.startswith(
        "quiz: "
    )
    told = refusal("SKETCH_MALFORMED", answer_query, exchange, participant, 1, base, b"", sets)
    assert told.message.startswith("the corpus: ")


def test_a_limit_of_none_leaves_no_question(tmp_path):
    exchange = opened(tmp_path / "closed", novelty_queries=0)
    _, vendor = member(exchange, "Vendor")
    base = submit_listing(exchange, VENUE, vendor, *dataset()).base
    participant, _ = member(exchange, "Buyer")
    assert query_parameters(exchange, participant, base).queries_left == 0
    told = refusal("QUERY_LIMIT", answer_query, exchange, participant, 1, base, b"", {})
    assert told.details == {"limit": 0}
    exchange.close()


@pytest.mark.parametrize("first", [0, 100])
def test_a_trace_counts_documents_in_the_lots_they_are_in(standing, first):
    exchange = standing.exchange
    dossier = read_dossier(exchange.vault, exchange.directory.bases[standing.listed.base].listing)
    found = trace(exchange, sketch_documents(TEXTS[first : first + 60]).document())
    exact = {lot.lot: lot.exact for lot in found.lots if lot.base == standing.listed.base}
    start, expected = 0, {}
    for lot in dossier.lots:
        inside = len(set(range(start, start + lot.documents)) & set(range(first, first + 60)))
        expected |= {lot.lot: inside} if inside else {}
        start += lot.documents
    assert exact == expected
