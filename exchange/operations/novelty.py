"""What of a listed dataset is new to a participant: out of its sketches, with few questions each, all on record."""

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from exchange.assay.errors import SketchError
from exchange.assay.novelty import Share, found_share, held_share
from exchange.assay.sketches import ListedSketch, Sketch, read_listed, read_sketch
from exchange.delivery.queries import Query
from exchange.operations.delivering import base_named
from exchange.operations.dossier import QUERY, Dossier, read_dossier
from exchange.operations.lifecycle import refuse_recalled
from exchange.operations.refusals import OperationRefused
from exchange.runtime import Exchange
from exchange.vocabulary.participants import ParticipantState

LEAST_HASHES: Final = 64
"""A smaller sketch is of so little text that the answer would tell whether the dataset has it."""
MOST_HASHES: Final = 1 << 22
MOST_EVALUATIONS: Final = 8


class Evaluation(NamedTuple):
    """Of an evaluation set: the share of it that occurs in the dataset, and the dataset's share that occurs in it."""

    found: Share
    overlap: Share


class Answer(NamedTuple):
    """`rtu` are the tokens of all lots, `held` the share of them that the corpus holds."""

    rtu: int
    held: Share
    evaluations: dict[str, Evaluation]
    queries_left: int

    @property
    def new_rtu(self) -> dict[str, int]:
        return self.held.rest().of(self.rtu)


class Parameters(NamedTuple):
    """What a sketch must be made with, and how many questions the participant has left."""

    key: str
    rate_log2: int
    rtu: int
    queries_left: int


def query_parameters(exchange: Exchange, participant: int, base: int) -> Parameters:
    """OperationRefused UNKNOWN_PRODUCT, NOT_SKETCHED."""
    dossier, listed = _listed(exchange, base)
    left = max(0, exchange.settings.novelty_queries - exchange.query_log.asked(participant, base))
    return Parameters(listed.sketch.key.hex(), listed.sketch.rate_log2, _rtu(dossier), left)


def answer_query(
    exchange: Exchange, participant: int, key: int, base: int, corpus: bytes, evaluations: Mapping[str, bytes]
) -> Answer:
    """Compare the sketches with the dataset's. The answer is on record before it is given.

    OperationRefused: UNKNOWN_PRODUCT, NOT_SKETCHED, RECALLED, NOT_ACTIVE, QUERY_LIMIT, TOO_MANY_EVALUATIONS,
    SKETCH_MALFORMED, SKETCH_KEY, SKETCH_TOO_SMALL, SKETCH_TOO_LARGE; none of these takes a question.
    """
    dossier, listed = _listed(exchange, base)
    product = exchange.directory.instrument_of(base)
    if product is not None:
        refuse_recalled(exchange, product)
    if exchange.directory.participants[participant].state != ParticipantState.ACTIVE:
        raise OperationRefused("NOT_ACTIVE", "only an active participant may ask")
    limit = exchange.settings.novelty_queries
    if exchange.query_log.asked(participant, base) >= limit:
        raise _no_query_left(limit)
    if len(evaluations) > MOST_EVALUATIONS:
        raise OperationRefused(
            "TOO_MANY_EVALUATIONS", f"{len(evaluations)} evaluation sets; at most {MOST_EVALUATIONS}"
        )
    try:
        held = held_share(listed, [_comparable(corpus, listed, "the corpus")])
        sketches = {name: _comparable(content, listed, name) for name, content in evaluations.items()}
    except SketchError as error:
        raise OperationRefused(error.code, error.detail) from None
    found = {name: Evaluation(found_share(each, listed), held_share(listed, [each])) for name, each in sketches.items()}
    digest = hashlib.sha256(corpus).hexdigest()
    query = Query(participant, key, base, exchange.now_ns(), digest, len(evaluations), held.estimate_ppm)
    if not exchange.query_log.take(query, limit):
        raise _no_query_left(limit)
    return Answer(_rtu(dossier), held, found, max(0, limit - exchange.query_log.asked(participant, base)))


def _no_query_left(limit: int) -> OperationRefused:
    told = f"a participant asks {limit} times about a dataset, and this one has"
    return OperationRefused("QUERY_LIMIT", told, {"limit": limit})


def _listed(exchange: Exchange, base: int) -> tuple[Dossier, ListedSketch]:
    dossier = read_dossier(exchange.vault, base_named(exchange, base).listing)
    if QUERY not in dossier.sketches:
        raise OperationRefused("NOT_SKETCHED", "the dataset was listed before sketches were made")
    return dossier, read_listed(exchange.vault.get(dossier.sketches[QUERY]))


def _rtu(dossier: Dossier) -> int:
    return sum(lot.rtu for lot in dossier.lots)


def _comparable(content: bytes, listed: ListedSketch, name: str) -> Sketch:
    """A sketch from outside that may be compared with the dataset's; SketchError, which names it."""
    try:
        return _checked(read_sketch(content), listed)
    except SketchError as error:
        raise SketchError(error.code, f"{name}: {error.detail}") from None


def _checked(sketch: Sketch, listed: ListedSketch) -> Sketch:
    if sketch.key != listed.sketch.key:
        raise SketchError("SKETCH_KEY", "the sketch was made with another key than the dataset's")
    count = len(sketch.thinned(max(sketch.rate_log2, listed.sketch.rate_log2)).hashes)
    if count < LEAST_HASHES:
        raise SketchError("SKETCH_TOO_SMALL", f"{count} hashes; at least {LEAST_HASHES}")
    if len(sketch.hashes) > MOST_HASHES:
        raise SketchError("SKETCH_TOO_LARGE", f"{len(sketch.hashes)} hashes; at most {MOST_HASHES}, at a lower rate")
    return sketch
