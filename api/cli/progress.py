"""How far long work is: a bar on a terminal, and in a pipe a line now and then, with the rate and the time left."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from exchange.vocabulary.printing import printable

LINE_SECONDS: Final = 10.0
"""In a pipe a line follows the last by as much; work shorter than this is not told of."""
MB: Final = 1_000_000

Told = Callable[[int, int], None]
"""What is done so far: documents, and bytes."""


@contextmanager
def progress(title: str, total_bytes: int, clock: Callable[[], float] = time.monotonic) -> Iterator[Told]:
    """On stderr, so that answers stay clean. `total_bytes` may be an estimate."""
    title = printable(title)
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lines(title, total_bytes, clock, lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} % {task.fields[rate]}"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(title, total=total_bytes, rate="")
        started_s = clock()

        def tell(documents: int, done_bytes: int) -> None:
            rate = rate_text(documents, done_bytes, clock() - started_s)
            bar.update(task, completed=min(done_bytes, total_bytes), rate=rate)

        yield tell


def lines(title: str, total_bytes: int, clock: Callable[[], float], write: Callable[[str], None]) -> Told:
    """Rate and time left are those since the last line: parts that were there already would flatter them."""
    last_s, last_documents, last_bytes = clock(), 0, 0

    def tell(documents: int, done_bytes: int) -> None:
        nonlocal last_s, last_documents, last_bytes
        passed_s = clock() - last_s
        if passed_s < LINE_SECONDS:
            return
        rate = rate_text(documents - last_documents, done_bytes - last_bytes, passed_s)
        left_s = max(total_bytes - done_bytes, 0) * passed_s / max(done_bytes - last_bytes, 1)
        write(
            f"{title}: {documents:,} documents, {done_bytes / MB:,.1f} MB of about {total_bytes / MB:,.1f} MB, "
            f"{rate}, {time_text(left_s)} left"
        )
        last_s, last_documents, last_bytes = clock(), documents, done_bytes

    return tell


def rate_text(documents: int, done_bytes: int, seconds: float) -> str:
    seconds = max(seconds, 0.001)
    return f"{done_bytes / MB / seconds:.1f} MB/s, {documents / seconds:,.0f} documents/s"


def time_text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
