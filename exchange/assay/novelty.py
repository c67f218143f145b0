"""How much of a dataset is new to whoever holds a corpus, out of two sketches, with an error bound.

Held is the share of a dataset's tokens whose shingles occur in the corpus, where each document's tokens are spread
evenly over its shingles; the rest is new. A copy is held whole, a copy with words replaced as far as its shingles have
survived, and what is common phrase is held by whoever has the phrase. `exact_held` computes it from the texts
themselves; `held_share` estimates it, with two bounds each made to hold for at least 95 of 100 keys;
`benchmarks/novelty.py` measures how often they do.

The estimate is stratified by weight: a stratum that was not sampled counts as wholly unknown, so a few heavy shingles
that the sample has missed widen the bound rather than break it. Within a stratum the interval is Wilson's with
continuity correction; those of strata are joined by the recovery of variances (Zou & Donner 2008).
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from exchange.assay.duplicates import shingles
from exchange.assay.grade import ONE_PPM
from exchange.assay.sketches import MICRO, ListedSketch, Sketch, Weights, bit_lengths

CONFIDENCE_PPM = 950_000
# Wilson's own interval, with 1.645, misses one rare hit in six; with the correction and this z each side is kept at
# 95 % down to a single hit, and is at 97.7 % where hits are many.
Z = 2
STEP_PPM = 1_000
"""Answers are told in steps of a tenth of a per cent: one tells at most so much of a dataset."""
_ROOT_SCALE = 10**12


class Share(NamedTuple):
    """A share in ppm with its bounds, estimated from `sampled` hashes."""

    estimate_ppm: int
    low_ppm: int
    high_ppm: int
    sampled: int

    def rest(self) -> "Share":
        """The share of all that is not in this one."""
        return Share(ONE_PPM - self.estimate_ppm, ONE_PPM - self.high_ppm, ONE_PPM - self.low_ppm, self.sampled)

    def of(self, whole: int) -> dict[str, int]:
        """Of `whole` units, rounded outwards."""
        return {
            "estimate": whole * self.estimate_ppm // ONE_PPM,
            "low": whole * self.low_ppm // ONE_PPM,
            "high": -(-whole * self.high_ppm // ONE_PPM),
        }

    def told(self) -> dict[str, int]:
        return {"estimate_ppm": self.estimate_ppm, "low_ppm": self.low_ppm, "high_ppm": self.high_ppm}


class Held(NamedTuple):
    """Millionths of RTU of a dataset's documents, and those of them that a corpus holds."""

    held: int
    total: int

    @property
    def share(self) -> Fraction:
        return Fraction(self.held, self.total) if self.total else Fraction(0)


def parameters() -> dict[str, Any]:
    """What a certificate says of how the bound is computed."""
    return {"confidence_ppm": CONFIDENCE_PPM, "z": Z, "step_ppm": STEP_PPM}


def held_share(listed: ListedSketch, corpora: Iterable[Sketch]) -> Share:
    """The share of the dataset's tokens that any of the corpora holds; the corpora's sketches are under its key.

    A corpus sketched at a lower rate lowers the rate for all, and widens the bound. One corpus is looked at at a time.
    """
    rate_log2, found = listed.sketch.rate_log2, np.zeros(len(listed.weights), dtype=np.bool_)
    for corpus in corpora:
        rate_log2 = max(rate_log2, corpus.rate_log2)
        found |= np.isin(listed.sketch.hashes, corpus.hashes, assume_unique=True)
    sampled = listed.thinned(rate_log2)
    return _held_by(sampled, found[: len(sampled.weights)])


def _held_by(sampled: ListedSketch, found: npt.NDArray[np.bool_]) -> Share:
    """The share held where `found` tells which of the sampled hashes were met."""
    bits = bit_lengths(sampled.weights)
    seen = {stratum: _Seen.of(sampled.weights, found, bits == stratum) for stratum in sampled.strata}
    return _rounded(*_joined(sampled.strata, seen), len(found))


def found_share(wanted: Sketch, listed: ListedSketch) -> Share:
    """The share of another collection's distinct shingles, each counted alike, that occur in the dataset."""
    rate_log2 = max(wanted.rate_log2, listed.sketch.rate_log2)
    hashes = wanted.thinned(rate_log2).hashes
    hits = int(np.isin(hashes, listed.thinned(rate_log2).sketch.hashes, assume_unique=True).sum())
    whole = Fraction(len(hashes))
    estimate = Fraction(hits, len(hashes)) if len(hashes) else Fraction(1, 2)
    return _rounded(estimate, *share_bounds(Fraction(hits), whole), len(hashes))


def exact_held(documents: Iterable[tuple[str, int]], corpus: Iterable[str]) -> Held:
    """What `held_share` estimates, computed from the texts: documents as (canonical text, RTU), and a corpus's texts.

    Holds the documents' shingles in memory, and of the corpus one text at a time.
    """
    weights: dict[str, int] = {}
    for text, rtu in documents:
        found = shingles(text)
        for shingle in found:
            weights[shingle] = weights.get(shingle, 0) + rtu * MICRO // len(found)
    total, held = sum(weights.values()), 0
    for text in corpus:
        held += sum(weights.pop(shingle, 0) for shingle in shingles(text))
    return Held(held, total)


def share_bounds(good: Fraction, n: Fraction) -> tuple[Fraction, Fraction]:
    """Wilson's interval with continuity correction for a share of which `good` of `n` were seen; 0 to 1 for n = 0."""
    if not n:
        return Fraction(0), Fraction(1)
    return _low(good, n), 1 - _low(n - good, n)


class _Seen(NamedTuple):
    """What of a stratum was sampled: `good` of `n`, both counted in hashes of its heaviest weight.

    What is held is often what is heavy. A hit then moves the share by more than one of n hashes does, so a lighter
    hash counts for less than one, and the bounds hold even where just the heavy ones are held.
    """

    good: Fraction
    n: Fraction

    @classmethod
    def of(cls, weights: Weights, found: npt.NDArray[np.bool_], mask: npt.NDArray[np.bool_]) -> "_Seen":
        chosen = weights[mask]
        heaviest = int(chosen.max(initial=0))
        if not heaviest:
            return cls(Fraction(0), Fraction(0))
        good = sum(int(weight) for weight in weights[mask & found])
        return cls(Fraction(good, heaviest), Fraction(sum(int(weight) for weight in chosen), heaviest))


def _joined(strata: Mapping[int, int], seen: Mapping[int, _Seen]) -> tuple[Fraction, Fraction, Fraction]:
    """Estimate, low and high of the whole.

    Errors of sampled strata are independent, so their squares add up; what was not sampled may be held or not as the
    texts have it, so it is added whole. Its estimate is that of the sampled stratum nearest to it.
    """
    total = sum(strata.values())
    shares = {stratum: each.good / each.n for stratum, each in seen.items() if each.n}
    if not total or not shares:
        return Fraction(1, 2), Fraction(0), Fraction(1)
    estimate = least = most = below = above = Fraction(0)
    for stratum, each in seen.items():
        part = Fraction(strata[stratum], total)
        if each.n:
            low, high = share_bounds(each.good, each.n)
            least, most = least + part * shares[stratum], most + part * shares[stratum]
            below += (part * (shares[stratum] - low)) ** 2
            above += (part * (high - shares[stratum])) ** 2
        else:
            most += part
        estimate += part * shares[_nearest(stratum, shares)]
    return estimate, max(Fraction(0), least - _root(below)), min(Fraction(1), most + _root(above))


def _nearest(stratum: int, sampled: Iterable[int]) -> int:
    return min(sampled, key=lambda each: (abs(each - stratum), each))


def _low(good: Fraction, n: Fraction) -> Fraction:
    if good <= 0:
        return Fraction(0)
    under_root = Z * Z - 2 - 1 / n + 4 * good * (n - good + 1) / n
    return max(Fraction(0), (2 * good + Z * Z - 1 - Z * _root(under_root)) / (2 * (n + Z * Z)))


def _root(value: Fraction) -> Fraction:
    """Rounded up in the twelfth place, so that no bound is too tight."""
    scaled = value.numerator * _ROOT_SCALE**2 // value.denominator
    return Fraction(isqrt(scaled) + 1, _ROOT_SCALE)


def _rounded(estimate: Fraction, low: Fraction, high: Fraction, sampled: int) -> Share:
    steps = ONE_PPM // STEP_PPM
    nearest = int(estimate * steps + Fraction(1, 2))
    return Share(nearest * STEP_PPM, int(low * steps) * STEP_PPM, -int(-high * steps // 1) * STEP_PPM, sampled)
