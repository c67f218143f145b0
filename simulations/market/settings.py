"""What the person who starts a market may say."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DESCRIPTION: Final = "A simulated market on a running exchange: vendors list datasets, buyers trade and take delivery."
LARGEST_RATE: Final = 200.0
DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "datasets"
"""Where reference datasets lie beside a checkout, if there are any."""


@dataclass(frozen=True, slots=True)
class MarketSettings:
    """`data` is a folder of datasets that the listings of this package describe; where it has none of them, text of
    the Python installation is listed. `seconds` None runs until a signal. `again` hands in what was refused before.
    """

    url: str
    operator: Path
    state: Path
    data: Path = DATA
    seconds: float | None = None
    rate: float = 8.0
    seed: int = 1
    vendors: int = 3
    buyers: int = 5
    datasets: int | None = None
    again: bool = False


def parse_settings(arguments: Sequence[str] | None = None) -> MarketSettings:
    parser = argparse.ArgumentParser("simulations.market", description=DESCRIPTION)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="address of the exchange")
    parser.add_argument("--operator", type=Path, required=True, help="file with the operator's key")
    parser.add_argument("--state", type=Path, required=True, help="folder in which the market keeps its keys")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of datasets; without any, Python's own text")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds (default: on a signal)")
    parser.add_argument("--rate", type=_rate, default=8.0, help="requests a second in all (default: 8)")
    parser.add_argument("--seed", type=int, default=1, help="of the participants' decisions")
    parser.add_argument("--vendors", type=_count, default=3, help="number of vendors")
    parser.add_argument("--buyers", type=_count, default=5, help="number of buyers")
    parser.add_argument("--datasets", type=_count, help="list only so many, the smallest")
    parser.add_argument("--again", action="store_true", help="hand in again what was refused before")
    return MarketSettings(**vars(parser.parse_args(arguments)))


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate <= LARGEST_RATE:
        raise argparse.ArgumentTypeError(f"a rate is over 0 and at most {LARGEST_RATE:g} requests a second")
    return rate


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 100:
        raise argparse.ArgumentTypeError("a count is from 1 to 100")
    return count
