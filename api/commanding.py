"""Asking the machine: a command in, its events out, after the market has followed them."""

import asyncio

from api.refusals import engine_refusal
from api.settings import ApiSettings
from exchange.runtime import Exchange
from exchange.vocabulary.codec import EVENTS, Record
from exchange.vocabulary.commands import Command
from exchange.vocabulary.events import CommandRefused


async def ask(exchange: Exchange, settings: ApiSettings, command: Command) -> list[Record]:
    """The command's events; ApiError where the machine refused."""
    reply = asyncio.wrap_future(exchange.submit(command.encode()))
    async with asyncio.timeout(settings.answer_timeout_s):
        (encoded,) = (await reply).events
    events = list(EVENTS.decode_all(encoded))
    for event in events:
        if isinstance(event, CommandRefused):
            raise engine_refusal(event)
    return events
