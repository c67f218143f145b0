"""Where parts are scanned: in this process, in several on this machine, or on a Ray cluster. The result is the same."""

import importlib
import importlib.util
import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple, TypeVar

from exchange.assay.errors import WorkerError

R = TypeVar("R")

# Parts handed out ahead of need, for each worker; bounds the text in memory.
PARTS_AHEAD = 3


class Executor(NamedTuple):
    """`submit` starts a task; as many as `ahead` may be under way, or done and waiting for one before them."""

    submit: Callable[..., "Future[Any]"]
    ahead: int


class Task(NamedTuple):
    """A call of `function` that is worth another process. `done` is told the result as soon as it is there."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    done: Callable[[Any], None]


@contextmanager
def executor(workers: int, cluster: str | None = None) -> Iterator[Executor]:
    """One worker is this process. `cluster` is a Ray cluster's address, `auto` for the one of this machine.

    Raises WorkerError.
    """
    if cluster is not None:
        with _on_cluster(cluster) as remote:
            yield remote
    elif workers <= 1:
        yield Executor(_here, 1)
    else:
        with _in_pool(workers) as pool:
            yield pool


def in_order(chosen: Executor, tasks: Iterable[Task | R]) -> Iterator[R]:
    """The tasks' results in their order, however they finish; what is no task is a result already."""
    waiting: deque[Future[R] | R] = deque()
    running: dict[Future[R], Task] = {}
    for task in tasks:
        if isinstance(task, Task):
            started: Future[R] = chosen.submit(task.function, *task.arguments)
            running[started] = task
            waiting.append(started)
        else:
            waiting.append(task)
        while waiting and (len(waiting) >= chosen.ahead or not _is_running(waiting[0], running)):
            yield _next(waiting, running)
    while waiting:
        yield _next(waiting, running)


def _is_running(one: Any, running: dict["Future[R]", Task]) -> bool:
    return isinstance(one, Future) and one in running


def _next(waiting: deque["Future[R] | R"], running: dict["Future[R]", Task]) -> R:
    first = waiting.popleft()
    while _is_running(first, running):
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            running.pop(future).done(future.result())
    return first.result() if isinstance(first, Future) else first


def _here(function: Callable[..., R], *arguments: Any) -> "Future[R]":
    done: Future[R] = Future()
    done.set_result(function(*arguments))
    return done


@contextmanager
def _in_pool(workers: int) -> Iterator[Executor]:
    # Spawned, not forked: the tokenizers start threads of their own. An interrupt is for the process that hands out.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _begin_worker)
    try:
        yield Executor(pool.submit, workers * PARTS_AHEAD)
    except BrokenProcessPool as error:
        raise WorkerError("WORKER_LOST", str(error)) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool's workers wait for work for ever, also where the process that hands it out was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker was started by somebody"
    parent.join()
    os._exit(1)


@contextmanager
def _on_cluster(address: str) -> Iterator[Executor]:
    """Ray is an extra. Its workers need the same release of this package, which the certificate's code hash tells."""
    if importlib.util.find_spec("ray") is None:
        raise WorkerError("CLUSTER_MISSING", "Ray is not installed; it comes with the extra `cluster`")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray: Any = importlib.import_module("ray")
    was_up = ray.is_initialized()
    try:
        if not was_up:
            ray.init(address=address, include_dashboard=None, log_to_driver=False, logging_level=logging.ERROR)
        workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
        # Each function is shipped once, not once a part.
        shipped = cache(ray.remote)
        yield Executor(lambda function, *rest: shipped(function).remote(*rest).future(), workers * PARTS_AHEAD)
    except ray.exceptions.RayTaskError as error:
        # Without Ray's account of where it happened: it is a refusal, or a bug with a place of its own.
        raise error.cause from None
    except (ConnectionError, ray.exceptions.RayError) as error:
        raise WorkerError("WORKER_LOST", f"{address}: {error}") from None
    finally:
        if not was_up:
            ray.shutdown()
