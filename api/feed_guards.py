"""Cancel-on-disconnect: guards that connections have on accounts, and what breaks with a connection (rule 10)."""

import asyncio
from typing import Final

from api.auth import Caller
from api.errors import as_api_error
from api.feed_connection import Connection
from api.feed_outbox import as_text
from api.feed_requests import FeedError, Request
from exchange.runtime import Exchange
from exchange.spine.errors import Busy, Refusal
from exchange.vocabulary.commands import ArmDisconnect, Command, DisarmDisconnect, Disconnect
from exchange.vocabulary.participants import VENUE, Scope

_FAILED: Final = "Failed to guard"
_AGAIN_S: Final = 0.05
"""How long a venue that is too busy to be told of a broken connection is left alone."""


class Guards:
    """Used on the loop's thread alone."""

    def __init__(self, exchange: Exchange, answer_timeout_s: float) -> None:
        self._exchange = exchange
        self._answer_timeout_s = answer_timeout_s
        self._armed: dict[Connection, dict[int, int]] = {}
        """Guards of each connection that is open, by account."""
        self._arming: dict[tuple[Connection, int], asyncio.Task[None]] = {}
        """Guards that were asked for and are not in the journal yet."""

    def connect(self, connection: Connection) -> None:
        self._armed[connection] = {}

    def disconnect(self, connection: Connection) -> None:
        """The connection is gone, in whatever way: its guards have work to do."""
        for account, guard in self._armed.pop(connection).items():
            self._break(account, guard)

    async def set(self, connection: Connection, request: Request, caller: Caller | None) -> None:
        """Arm or disarm, and answer. FeedError where that may not be, or the venue takes nothing now."""
        caller = caller or connection.caller
        account = _account(connection, request, caller)
        assert caller is not None
        try:
            if request.enabled:
                await self._arm(connection, caller.key, account)
            else:
                await self._disarm(connection, caller.key, account)
        except (Refusal, TimeoutError) as error:
            told = as_api_error(error)
            assert told is not None, "what the exchange does not take is no bug"
            raise FeedError(_FAILED, told.message, told.code) from None
        answer = {"type": request.type, "enabled": request.enabled, "profile_id": str(account)}
        connection.send(as_text(answer))

    async def _arm(self, connection: Connection, key: int, account: int) -> None:
        which = connection, account
        if which not in self._arming and account not in self._armed[connection]:
            # A task of its own: who waits for it goes with the connection, and then its guard must be known to break.
            self._arming[which] = asyncio.create_task(self._hold(connection, key, account))
            self._arming[which].add_done_callback(lambda _: self._arming.pop(which))
        await self._armed_by_now(which)

    async def _armed_by_now(self, which: tuple[Connection, int]) -> None:
        """Wait for a guard that was asked for, now or in a message before that was not answered in time."""
        arming = self._arming.get(which)
        if arming is not None:
            async with asyncio.timeout(self._answer_timeout_s):
                await asyncio.shield(arming)

    async def _hold(self, connection: Connection, key: int, account: int) -> None:
        guard = await self._ask(ArmDisconnect(actor=key, account=account))
        if connection in self._armed:
            self._armed[connection][account] = guard
        else:
            self._break(account, guard)

    async def _disarm(self, connection: Connection, key: int, account: int) -> None:
        await self._armed_by_now((connection, account))
        guard = self._armed[connection].get(account)
        if guard is not None:
            async with asyncio.timeout(self._answer_timeout_s):
                await self._ask(DisarmDisconnect(actor=key, account=account, guard=guard))
            self._armed.get(connection, {}).pop(account, None)

    async def _ask(self, command: Command) -> int:
        """Submit it; its sequence, once it is durable. The machine refuses nothing of an account that there is."""
        reply = await asyncio.wrap_future(self._exchange.submit(command.encode()))
        return reply.first_sequence

    def _break(self, account: int, guard: int) -> None:
        """Have the account's orders cancelled. What a stopping exchange does not take any more, its next start does."""
        broken = Disconnect(actor=VENUE, account=account, guard=guard)
        try:
            self._exchange.submit(broken.encode())
        except Busy:
            asyncio.get_running_loop().call_later(_AGAIN_S, self._break, account, guard)
        except Refusal:
            return


def _account(connection: Connection, request: Request, caller: Caller | None) -> int:
    """The account that is meant, out of those of whoever signed, which takes a key that may trade."""
    if caller is None:
        raise FeedError("Authentication Failed", "a guard needs a signed message", "NOT_SIGNED")
    if connection.caller and connection.caller.key != caller.key:
        raise FeedError(_FAILED, "this connection is signed with another key", "OTHER_KEY")
    if Scope.TRADE not in caller.scopes:
        raise FeedError(_FAILED, "the key lacks the scope trade", "MISSING_SCOPE", scope="trade")
    named = {str(account): account for account in caller.accounts}
    account = named.get(request.profile_id) if request.profile_id else caller.account
    if not account:
        raise FeedError(_FAILED, "no such account of the key's", "UNKNOWN_ACCOUNT", profile_id=request.profile_id[:64])
    return account
