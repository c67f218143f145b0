"""A market from its settings: participants, then datasets one by one, trading from the first that is admitted."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog

from simulations.market.client import LEAST_WAIT_S, MOST_WAIT_S, AwayError, Pace, RefusedError, Venue
from simulations.market.credentials import Credentials, CredentialsError, read_credentials, read_private, write_private
from simulations.market.enrolment import Member, enlist, plans
from simulations.market.installation import installation_submissions
from simulations.market.listings import Register, entitle, product_named, submit
from simulations.market.settings import MarketSettings
from simulations.market.submission import Submission, folder_submissions, known_listings
from simulations.market.trading import Trading

REST_S: Final = 0.02
VENUE_FILE: Final = "venue.json"
"""Names the exchange by the key that signs its certificates."""
STOPPED: Final = 0
REFUSED: Final = 2
"""Exit statuses: stopped as asked; or the exchange refused what a market cannot do without."""

T = TypeVar("T")


class AnotherVenueError(Exception):
    """The market's folder holds the keys of another exchange."""


def run(settings: MarketSettings) -> int:
    """Run until it is told to stop; the exit status."""
    log_lines()
    settings.state.mkdir(parents=True, exist_ok=True)
    settings.state.chmod(0o700)
    try:
        operator = read_credentials(settings.operator)
        asyncio.run(_run(settings, operator))
    except CredentialsError as error:
        sys.stderr.write(f"CREDENTIALS: {error}\n")
        return REFUSED
    except (RefusedError, AnotherVenueError) as refused:
        sys.stderr.write(f"{refused}\n")
        return REFUSED
    return STOPPED


def log_lines() -> None:
    """Lines for people, on stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False, pad_event_to=22),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


async def _run(settings: MarketSettings, operator: Credentials) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with Venue(settings.url) as venue, Venue(settings.url, Pace(settings.rate)) as floor:
        venue.log.info("simulated market", url=settings.url, state=str(settings.state))
        trading = Trading(floor, operator, settings.seed)
        work = asyncio.gather(_set_up(venue, settings, operator, trading), _trade(trading), trading.feed.run())
        stopped = asyncio.create_task(_until(stopping, settings.seconds))
        either: tuple[asyncio.Future[Any], ...] = (work, stopped)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        for running in either:
            running.cancel()
        with suppress(asyncio.CancelledError):
            await work
        venue.log.info("stopped", requests=venue.requests + floor.requests, **dict(trading.counts))


async def _until(stopping: asyncio.Event, seconds: float | None) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


async def _recognise(venue: Venue, folder: Path) -> None:
    """Hold the folder to the exchange whose keys and products it keeps; a new one is bound to this exchange."""
    path = folder / VENUE_FILE
    assayer = (await venue.surely("GET", "/assayer"))["public_key"]
    known = read_private(path).get("assayer")
    if known is None:
        write_private(path, {"assayer": assayer})
    elif known != assayer:
        raise AnotherVenueError(f"STATE_OF_ANOTHER_VENUE: {folder} belongs to another exchange than {venue.url}")


async def _set_up(venue: Venue, settings: MarketSettings, operator: Credentials, trading: Trading) -> None:
    await _recognise(venue, settings.state)
    members = {}
    for plan in plans(settings.vendors, settings.buyers):
        members[plan.slug] = await patiently(venue, partial(enlist, venue, operator, settings.state, plan))
    vendors = [member for slug, member in members.items() if slug.startswith("vendor")]
    register = Register.of(settings.state)
    if settings.again:
        register.forget_refusals()
    submissions = enumerate(islice(_submissions(settings), settings.datasets))
    # Made in a thread: to read and sift a dataset takes a second or two, and trading goes on meanwhile.
    while made := await asyncio.to_thread(next, submissions, None):
        place, submission = made
        vendor = vendors[place % len(vendors)]
        product_id = await patiently(venue, partial(submit, venue, operator, register, vendor, submission))
        if product_id is not None:
            traders = {slug: member for slug, member in members.items() if member is vendor or member not in vendors}
            await _open(venue, trading, product_id, traders)
    venue.log.info("set up", participants=len(members))


async def _open(venue: Venue, trading: Trading, product_id: str, traders: dict[str, Member]) -> None:
    product = await product_named(venue, product_id)
    entitled = {slug: (member, await entitle(venue, member, product_id)) for slug, member in traders.items()}
    await trading.open(product, entitled)


def _submissions(settings: MarketSettings) -> Iterator[Submission]:
    """Out of the folder of datasets where it has any, else out of the installation."""
    listings = known_listings(settings.data)
    return folder_submissions(settings.data, listings) if listings else installation_submissions()


async def patiently(venue: Venue, step: Callable[[], Awaitable[T]]) -> T:
    """A step that looks for what is there already: again from its start, until the exchange answers."""
    waited_s = 0.0
    while True:
        try:
            return await step()
        except AwayError as away:
            if not waited_s:
                venue.log.info("waiting", reason=str(away))
            waited_s = min(max(2 * waited_s, LEAST_WAIT_S), MOST_WAIT_S)
            await asyncio.sleep(waited_s)


async def _trade(trading: Trading) -> None:
    """Turn after turn, at the pace of the requests; a moment's rest where a turn asked for nothing."""
    while True:
        asked = trading.requests
        if trading.is_open:
            await trading.turn()
            trading.summarise()
        if trading.requests == asked:
            await asyncio.sleep(REST_S)
