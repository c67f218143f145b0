"""Deposits and withdrawals."""

from exchange.vocabulary.codec import COMMANDS, I64, NO_DIGEST, U16, U64, Digest, Text40
from exchange.vocabulary.commands.base import Command


@COMMANDS.register(30)
class BeginDeposit(Command):
    """Announce cash coming in for the header's account; credited when confirmed. `key` makes a repeat harmless."""

    asset: U64 = 0
    amount: I64 = 0
    key: Text40 = ""


@COMMANDS.register(31)
class BeginWithdrawal(Command):
    """Hold cash to leave the header's account; debited when confirmed, released when aborted."""

    asset: U64 = 0
    amount: I64 = 0
    key: Text40 = ""


@COMMANDS.register(32)
class ConfirmTransfer(Command):
    transfer: U64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(33)
class AbortTransfer(Command):
    transfer: U64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST
