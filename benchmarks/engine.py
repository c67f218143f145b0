"""Commands per second through the reference engine on the stated mix, beside two Python engines from the index.

    python benchmarks/engine.py [--count 200000] [--peer-count 20000]

The engine runs with holds, fees, settlement, entitlements, idempotent client order ids and encoded events on. The peers
match only, on floats; `order-matching` gets `--peer-count` operations, because a run of it takes that much longer.
Also: a level of 100,000 orders eaten from the front, as time per order at 10,000 and at 100,000.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np
from lightmatchingengine.lightmatchingengine import LightMatchingEngine
from loguru import logger
from order_matching.enums import Side as PeerSide
from order_matching.matching_engine import MatchingEngine
from order_matching.order import LimitOrder, MarketOrder
from order_matching.orders import Orders

from benchmarks.workload import CANCEL, LIMIT, TRADERS, Operation, mixed_flow
from exchange.vocabulary import commands
from exchange.vocabulary.codec import COMMAND_BYTES, EVENT_BYTES, KIND_OFFSET
from exchange.vocabulary.events import CommandRefused, Trade
from exchange.vocabulary.instruments import OrderType, Side, TimeInForce
from simulations.sandbox import Sandbox, Terms

BATCH = 500
ROUNDS = 3


def funded_sandbox() -> tuple[Sandbox, list[int]]:
    sandbox = Sandbox(Terms(lots=2_000_000_000, collar_ppm=100_000))
    return sandbox, [sandbox.trader(10**15, 10_000_000, max_open_orders=10**6) for _ in range(TRADERS)]


def encoded(sandbox: Sandbox, traders: Sequence[int], flow: Sequence[Operation]) -> bytes:
    """The flow as sequenced commands, each order with a client order id and a fingerprint."""
    made: list[commands.Command] = []
    first = sandbox.sequence + 1
    for index, operation in enumerate(flow):
        if operation.kind == CANCEL:
            owner = traders[flow[operation.target].trader]
            made.append(commands.CancelOrder(account=owner, order_id=(first + operation.target) * 16))
            continue
        market = operation.kind != LIMIT
        order = sandbox.order(
            traders[operation.trader],
            Side(operation.side),
            operation.price_ticks,
            operation.lots,
            TimeInForce.IOC if market else TimeInForce.GTC,
            type=OrderType.MARKET if market else OrderType.LIMIT,
            client_order_id=f"order-{index}",
            fingerprint=index.to_bytes(16, "little"),
        )
        made.append(order)
    return sandbox.stamped(made)


def run_engine(flow: Sequence[Operation]) -> tuple[float, dict[str, float], np.ndarray]:
    """Seconds for the whole flow in batches; what share of messages traded and were refused; batch times."""
    sandbox, traders = funded_sandbox()
    stream = encoded(sandbox, traders, flow)
    batches = [stream[at : at + BATCH * COMMAND_BYTES] for at in range(0, len(stream), BATCH * COMMAND_BYTES)]
    events, times = [], []
    with raised_gc():
        for batch in batches:
            begin = time.perf_counter_ns()
            events.append(sandbox.engine.apply(batch))
            times.append(time.perf_counter_ns() - begin)
    sandbox.engine.check_invariants()
    return sum(times) / 1e9, shares(b"".join(events), len(flow)), np.array(times) / BATCH


def shares(events: bytes, count: int) -> dict[str, float]:
    kinds = np.frombuffer(events, np.uint8)[KIND_OFFSET::EVENT_BYTES]
    sequences = np.frombuffer(events, "<u8")[:: EVENT_BYTES // 8]
    traded = len(np.unique(sequences[kinds == Trade.KIND]))
    return {"traded": traded / count, "refused": float((kinds == CommandRefused.KIND).sum()) / count}


class raised_gc:  # noqa: N801 - reads as a verb at its one use.
    """The server's garbage-collector setting: fewer, larger generations, and what stands already is left alone."""

    def __enter__(self) -> None:
        self.before = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)

    def __exit__(self, *_: object) -> None:
        gc.set_threshold(*self.before)
        gc.unfreeze()


def run_light(flow: Sequence[Operation]) -> float:
    engine, ids = LightMatchingEngine(), {}
    begin = time.perf_counter()
    for index, operation in enumerate(flow):
        if operation.kind == CANCEL:
            try:
                engine.cancel_order(ids[operation.target], "X")
            except AssertionError:
                continue  # It asserts where the order's level is gone already.
        else:
            order, _ = engine.add_order("X", float(operation.price_ticks), operation.lots, operation.side)
            ids[index] = order.order_id
    return time.perf_counter() - begin


def run_order_matching(flow: Sequence[Operation]) -> float:
    logger.remove()
    engine = MatchingEngine(seed=1)
    now = datetime(2026, 1, 1)  # noqa: DTZ001 - the peer compares with naive times.
    sides = {1: PeerSide.BUY, 2: PeerSide.SELL}
    begin = time.perf_counter()
    for index, operation in enumerate(flow):
        moment = now + timedelta(microseconds=index)
        if operation.kind == CANCEL:
            try:
                engine.cancel_order(str(operation.target))
            except ValueError:
                continue  # Done already.
            continue
        terms = {"side": sides[operation.side], "size": float(operation.lots), "timestamp": moment}
        names = {"order_id": str(index), "trader_id": str(operation.trader)}
        if operation.kind == LIMIT:
            order = LimitOrder(price=float(operation.price_ticks), **terms, **names)
        else:
            order = MarketOrder(**terms, **names)
        engine.place(Orders([order]))
        engine.match(moment)
    return time.perf_counter() - begin


def eaten_level(depth: int) -> float:
    """Microseconds per resting order for one price level of `depth` orders, eaten from the front in bites of 100."""
    sandbox, traders = funded_sandbox()
    resting = [sandbox.order(traders[0], Side.SELL, 100, 1) for _ in range(depth)]
    sandbox.engine.apply(sandbox.stamped(resting))
    bites = [sandbox.order(traders[1], Side.BUY, 100, 100, TimeInForce.IOC) for _ in range(depth // 100)]
    stream = sandbox.stamped(bites)
    with raised_gc():
        begin = time.perf_counter()
        sandbox.engine.apply(stream)
        return (time.perf_counter() - begin) / depth * 1e6


def rate(name: str, seconds: Callable[[], float], count: int) -> float:
    per_second = count / seconds()
    print(f"  {name:<34}{per_second:>12,.0f} commands/s")
    return per_second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--peer-count", type=int, default=20_000)
    chosen = parser.parse_args()
    flow = list(mixed_flow(chosen.count))
    runs = [run_engine(flow) for _ in range(ROUNDS)]
    seconds = statistics.median(run[0] for run in runs)
    per_command_us = np.concatenate([run[2] for run in runs]) / 1e3
    print(
        f"{chosen.count:,} commands, {runs[0][1]['traded']:.0%} trade, {runs[0][1]['refused']:.0%} are refused (late)"
    )
    ours = rate(f"tlx reference engine (median of {ROUNDS})", lambda: seconds, chosen.count)
    points = np.percentile(per_command_us, [50, 99])
    print(f"  time per command, averaged over batches of {BATCH}: p50 {points[0]:.1f} us, p99 {points[1]:.1f} us")
    light = rate("lightmatchingengine", lambda: run_light(flow), len(flow))
    shorter = flow[: chosen.peer_count]
    other = rate("order-matching", lambda: run_order_matching(shorter), len(shorter))
    print(f"  ratio to lightmatchingengine {ours / light:.2f}, to order-matching {ours / other:.1f}")
    small, large = eaten_level(10_000), eaten_level(100_000)
    print(f"  a level eaten from the front: {small:.2f} us an order at 10,000, {large:.2f} at 100,000 orders")


if __name__ == "__main__":
    main()
