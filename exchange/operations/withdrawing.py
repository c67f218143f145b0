"""Claims withdrawn with nothing delivered: an issuer's own at once, anyone's by an operator and a second one."""

from exchange.operations.asking import propose
from exchange.operations.facts import account_of
from exchange.operations.notes import keep_note
from exchange.runtime import Exchange
from exchange.vocabulary import commands, events
from exchange.vocabulary.instruments import Cause


def withdraw_claims(
    exchange: Exchange, actor: int, account: int, base: int, lots: int, key: str, reason: Cause, note: str
) -> events.ClaimsWithdrawn | events.Proposed:
    """Burn free claims on a base; the same key burns once. OperationRefused: UNKNOWN_ACCOUNT, or the machine's reasons.

    What an operator asks for is a proposal, of which the answer tells.
    """
    account_of(exchange, account)
    command = commands.WithdrawClaims(
        actor=actor,
        account=account,
        base=base,
        lots=lots,
        key=key,
        reason=reason,
        evidence=keep_note(exchange.vault, note),
    )
    return propose(exchange, command, events.ClaimsWithdrawn)
