"""Known shares of a dataset planted in a corpus, exact and perturbed, and novelty's estimates beside the truth."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from exchange.assay.documents import read_documents
from exchange.assay.grade import ONE_PPM
from exchange.assay.language import is_cjk
from exchange.assay.novelty import Share, exact_held, held_share
from exchange.assay.pipeline import rtu1_counter
from exchange.assay.sketches import KEY_BYTES, sketch_corpus, sketch_dataset
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import verify_files
from exchange.vocabulary.documents import Document

LISTINGS: Final = Path(__file__).parents[1] / "listings"
DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "datasets"
SHARES_PERCENT: Final = (0, 1, 10, 50, 90, 100)
CHARS: Final = 120_000
"""No more text than this is listed of a set, however many documents it is."""
PERTURBED_PERCENT: Final = 5
"""Of a perturbed copy's words, so many are replaced, and as many dropped."""


class Planted(NamedTuple):
    """A corpus with a share of a dataset in it: the buyer's own texts, and the copies."""

    share_percent: int
    perturbed: bool
    own: Sequence[str]
    copies: Sequence[str]

    @property
    def texts(self) -> list[str]:
        return [*self.own, *self.copies]


class Outcome(NamedTuple):
    """What many keys made of one planted corpus; `below` and `above` count those whose bound the truth broke."""

    planted: Planted
    truth_ppm: int
    mean_ppm: int
    low_ppm: int
    high_ppm: int
    below: int
    above: int


def perturbed(text: str, chance: Random) -> str:
    """The text with words, or characters where they are not divided by spaces, replaced and dropped."""
    joiner, parts = ("", list(text)) if is_cjk(text) else (" ", text.split())
    kept = []
    for part in parts:
        drawn = chance.randrange(100)
        if drawn >= 2 * PERTURBED_PERCENT:
            kept.append(part)
        elif drawn < PERTURBED_PERCENT:
            kept.append(chr(0x4E00 + chance.randrange(8_000)) if not joiner else f"w{chance.randrange(10**6)}")
    return joiner.join(kept)


def planted_corpora(listed: Sequence[str], own: Sequence[str], seed: int = 1) -> Iterator[Planted]:
    """Every share, exact and perturbed; which documents are copied is drawn."""
    chance = Random(seed)
    for share in SHARES_PERCENT:
        for is_perturbed in (False, True) if share else (False,):
            chosen = chance.sample(listed, -(-len(listed) * share // 100))
            copies = [perturbed(text, chance) for text in chosen] if is_perturbed else chosen
            yield Planted(share, is_perturbed, own, copies)


def measure(
    documents: Sequence[tuple[str, int]], corpora: Sequence[Planted], keys: int, rate_log2: int | None, seed: int = 2
) -> list[Outcome]:
    """One outcome for each corpus; keys are drawn, and a dataset is sketched once for each."""
    chance = Random(seed)
    found: list[list[Share]] = [[] for _ in corpora]
    for _ in range(keys):
        key = chance.randbytes(KEY_BYTES)
        listed = sketch_dataset(key, documents, rate_log2)
        own = sketch_corpus(key, listed.sketch.rate_log2, corpora[0].own)
        for shares, planted in zip(found, corpora, strict=True):
            copies = sketch_corpus(key, listed.sketch.rate_log2, planted.copies)
            shares.append(held_share(listed, [own, copies]))
    return [_outcome(documents, *each) for each in zip(corpora, found, strict=True)]


def _outcome(documents: Sequence[tuple[str, int]], planted: Planted, shares: Sequence[Share]) -> Outcome:
    truth = exact_held(documents, planted.texts).share * ONE_PPM
    count = len(shares)
    return Outcome(
        planted,
        truth_ppm=int(truth),
        mean_ppm=sum(share.estimate_ppm for share in shares) // count,
        low_ppm=sum(share.low_ppm for share in shares) // count,
        high_ppm=sum(share.high_ppm for share in shares) // count,
        below=sum(truth < share.low_ppm for share in shares),
        above=sum(truth > share.high_ppm for share in shares),
    )


def real_set(
    name: str, count: int, folder: Path = DATA, seed: int = 1
) -> tuple[list[tuple[str, int]], list[str]] | None:
    """Listed documents of a real set with their RTU, and the buyer's own; None where the set is not there."""
    listing = read_listing((LISTINGS / f"{name}.croissant.json").read_bytes())
    if not (folder / name).is_dir():
        return None
    taken = read_documents(verify_files(listing, folder / name), listing.recipe)
    texts = [each.text for each in taken if isinstance(each, Document)]
    Random(f"{name} {seed}").shuffle(texts)
    fitting = bisect_right(list(accumulate(map(len, texts))), CHARS)
    listed, counter = texts[: min(count, fitting, len(texts) // 2)], rtu1_counter()
    return [(text, counter.count(text)) for text in listed], texts[len(listed) : 2 * len(listed)]
