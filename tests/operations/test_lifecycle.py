"""Recalls while phases move: what was recalled is halted, whatever somebody else does to the product meanwhile."""

import threading

import pytest
from open_venue import market, refusal

from exchange.catalogue.lifecycle import ListingState, Move
from exchange.operations import lifecycle
from exchange.operations.asking import ask
from exchange.operations.lifecycle import move_listing, open_product
from exchange.vocabulary import commands
from exchange.vocabulary.instruments import Cause, Phase
from exchange.vocabulary.participants import VENUE


@pytest.fixture
def listed(exchange):
    there = market(exchange)
    there.exchange, there.instrument = exchange, there.listed.instrument
    there.entry = exchange.directory.bases[there.listed.base]
    return there


def phase(there, new, **more):
    return commands.SetPhase(actor=VENUE, instrument=there.instrument, phase=new, reason=Cause.TECHNICAL, **more)


def recall(there):
    return move_listing(there.exchange, VENUE, there.entry, Move.RECALL, Cause.RECALL, "consent was withdrawn")


@pytest.mark.parametrize("meanwhile", [Phase.HALTED, Phase.CANCEL_ONLY, Phase.CLOSED])
def test_a_recall_halts_a_product_whose_phase_moves_at_the_same_time(listed, monkeypatch, meanwhile):
    exchange = listed.exchange

    def late(*arguments):
        ask(exchange, phase(listed, meanwhile))
        monkeypatch.setattr(lifecycle, "ask", ask)
        return ask(*arguments)

    monkeypatch.setattr(lifecycle, "ask", late)
    assert recall(listed).state is ListingState.RECALLED
    product = exchange.directory.instruments[listed.instrument]
    assert (product.phase, product.cause) == (Phase.HALTED, Cause.RECALL)
    assert lifecycle.state_of(exchange, listed.entry) is ListingState.RECALLED


def test_a_recall_by_a_key_that_may_not_changes_nothing(listed):
    refusal("NOT_PERMITTED", move_listing, listed.exchange, 10**6, listed.entry, Move.RECALL, Cause.RECALL, "")
    assert lifecycle.state_of(listed.exchange, listed.entry) is ListingState.TRADING


def test_what_is_opened_while_it_is_being_recalled_is_not_opened(listed, monkeypatch):
    exchange, opened = listed.exchange, []
    ask(exchange, phase(listed, Phase.CANCEL_ONLY))

    def opens():
        opened.append(refusal("RECALLED", open_product, exchange, phase(listed, Phase.CONTINUOUS)))

    opening = threading.Thread(target=opens)

    def slow(*arguments):
        monkeypatch.setattr(lifecycle, "ask", ask)
        opening.start()
        opening.join(0.2)
        return ask(*arguments)

    monkeypatch.setattr(lifecycle, "ask", slow)
    recall(listed)
    opening.join(10)
    assert len(opened) == 1
    assert exchange.directory.instruments[listed.instrument].phase == Phase.HALTED
