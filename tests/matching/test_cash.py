"""Deposits and withdrawals, in two phases."""

import pytest
from venue import kinds, refusal

from exchange.vocabulary import commands
from exchange.vocabulary.instruments import Cause
from exchange.vocabulary.units import MAX_BALANCE
from simulations.sandbox import digest


def begin(venue, kind, amount=100, key="k", account=None, asset=None):
    return venue.does(kind(account=account or venue.ann, asset=asset or venue.asset, amount=amount, key=key))


def test_a_deposit_is_credited_only_when_confirmed(venue):
    total = venue.balance(venue.ann)[0]
    begin(venue, commands.BeginDeposit)
    assert venue.balance(venue.ann) == (total, 0)
    venue.does(commands.ConfirmTransfer(transfer=venue.sequence))
    assert venue.balance(venue.ann) == (total + 100, 0)


def test_a_withdrawal_is_held_first_and_leaves_when_confirmed(venue):
    total = venue.balance(venue.ann)[0]
    begin(venue, commands.BeginWithdrawal)
    assert venue.balance(venue.ann) == (total, 100)
    venue.does(commands.ConfirmTransfer(transfer=venue.sequence))
    assert venue.balance(venue.ann) == (total - 100, 0)


def test_an_aborted_withdrawal_is_free_again(venue):
    total = venue.balance(venue.ann)[0]
    begin(venue, commands.BeginWithdrawal)
    transfer = venue.sequence
    venue.does(commands.AbortTransfer(transfer=transfer))
    assert venue.balance(venue.ann) == (total, 0)
    assert refusal(venue.does(commands.ConfirmTransfer(transfer=transfer))) == "BAD_STATE"


@pytest.mark.parametrize("kind", [commands.ConfirmTransfer, commands.AbortTransfer])
def test_the_end_of_a_transfer_tells_why(venue, kind):
    begin(venue, commands.BeginWithdrawal)
    (told,) = venue.does(kind(transfer=venue.sequence, reason=Cause.TECHNICAL, evidence=digest("a slip")))
    assert (told.reason, told.evidence) == (Cause.TECHNICAL, digest("a slip"))


def test_the_same_key_and_content_is_answered_again_without_effect(venue):
    begin(venue, commands.BeginWithdrawal)
    first = venue.sequence
    answers = begin(venue, commands.BeginWithdrawal)
    assert (kinds(answers), answers[0].transfer) == (["TransferBegun"], first)
    assert venue.balance(venue.ann)[1] == 100
    assert refusal(begin(venue, commands.BeginWithdrawal, amount=101)) == "DUPLICATE_TRANSFER_KEY"


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"account": 9_999}, "UNKNOWN_ACCOUNT"),
        ({"asset": 9_999}, "UNKNOWN_ASSET"),
        ({"amount": 0}, "BAD_AMOUNT"),
        ({"amount": -5}, "BAD_AMOUNT"),
        ({"key": ""}, "BAD_VALUE"),
    ],
)
def test_what_is_no_transfer_is_refused_by_name(venue, more, answer):
    for kind in (commands.BeginDeposit, commands.BeginWithdrawal):
        assert refusal(begin(venue, kind, **more)) == answer


def test_claims_are_no_cash(venue):
    assert refusal(begin(venue, commands.BeginDeposit, asset=venue.base)) == "UNKNOWN_ASSET"


def test_more_than_is_free_cannot_be_withdrawn(venue):
    total = venue.balance(venue.ann)[0]
    venue.buy(venue.ann, 1_000, 1)
    assert refusal(begin(venue, commands.BeginWithdrawal, amount=total - 1_000)) == "INSUFFICIENT_FUNDS"
    assert not refusal(begin(venue, commands.BeginWithdrawal, amount=total - 1_001))


def test_no_deposit_takes_the_supply_over_its_bound(venue):
    assert refusal(begin(venue, commands.BeginDeposit, amount=MAX_BALANCE)) == "BALANCE_TOO_LARGE"


def test_only_an_operator_confirms(venue):
    begin(venue, commands.BeginWithdrawal)
    assert refusal(venue.does(commands.ConfirmTransfer(actor=777, transfer=venue.sequence))) == "NOT_PERMITTED"
    assert refusal(venue.does(commands.ConfirmTransfer(transfer=777_777))) == "UNKNOWN_TRANSFER"
