"""How much of what is planted the assay finds, and how much of what it finds was planted.

    python -m simulations.recall [EACH]

prints the table of docs/explanation/recall.md. Everything is made by rule from one seed, so that it comes out the same
on every machine. A finding counts if its kind and its place are those of what was planted, to the character.
"""

import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

from exchange.assay.duplicates import duplicates_among, shingles
from exchange.assay.privacy import Finding, find_personal_data
from exchange.assay.quality import is_garbled
from exchange.assay.secrets import find_secrets
from exchange.assay.words import read_word_list
from exchange.vocabulary.documents import canonical_text
from simulations.planted.corpus import WORD_LIST, Corpus, findings_corpus, words_corpus
from simulations.planted.damage import damaged, sound
from simulations.planted.kinds import Planted
from simulations.planted.repeats import Repeats, repeats_corpus

SEED = 20_260_101
EACH = 100
PPM = 1_000_000


class Row(NamedTuple):
    """Of `planted` things `found` were found; `tempting` only look like them, and `wrong` findings were none."""

    title: str
    planted: int
    found: int
    tempting: int
    wrong: int

    @property
    def recall_ppm(self) -> int:
        return self.found * PPM // self.planted

    @property
    def precision_ppm(self) -> int:
        """One million where nothing was found at all: nothing was found wrongly."""
        return self.found * PPM // (self.found + self.wrong) if self.found + self.wrong else PPM


def measured(each: int = EACH, seed: int = SEED) -> list[Row]:
    """A row for each kind that can be planted."""
    rows = _finding_rows(
        findings_corpus(seed, each), lambda text: [*find_personal_data(text, 0), *find_secrets(text, 0)]
    )
    words = read_word_list(WORD_LIST.encode())
    rows += _finding_rows(words_corpus(seed, each), lambda text: words.find(text, 0))
    return [*rows, *_damage_rows(seed, each), *_repeat_rows(repeats_corpus(seed, each // 2))]


def table(rows: Iterable[Row]) -> str:
    """Markdown; shares are cut to a tenth of a per cent, never rounded up."""
    lines = ["| Kind | Planted | Recall | Only like it | Precision |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.title} | {row.planted:,} | {_percent(row.recall_ppm)} | {row.tempting:,}"
        f" | {_percent(row.precision_ppm)} |"
        for row in rows
    ]
    return "\n".join(lines)


def _finding_rows(corpus: Corpus, find: Callable[[str], list[Finding]]) -> list[Row]:
    found = [find(text) for text in corpus.texts]
    titles = dict.fromkeys(planted.title for planted in corpus.planted)
    bare = set(range(len(corpus.texts))) - {each.document for each in corpus.planted}
    return [
        _finding_row(title, [each for each in corpus.planted if each.title == title], found, bare) for title in titles
    ]


def _finding_row(title: str, planted: list[Planted], found: list[list[Finding]], bare: set[int]) -> Row:
    """Wrong are findings of this kind elsewhere in its documents, and in the `bare` ones, where nothing was planted."""
    kind = planted[0].kind
    real = {(each.document, each.offset, each.length) for each in planted if each.is_real}
    searched = sorted(bare | {each.document for each in planted})
    hits = {
        (document, finding.offset, finding.length)
        for document in searched
        for finding in found[document]
        if finding.kind.partition(":")[0] == kind
    }
    return Row(title, len(real), len(hits & real), len(planted) - len(real), len(hits - real))


def _damage_rows(seed: int, each: int) -> list[Row]:
    clean = [canonical_text(text) for text in sound(seed, each)]
    wrong = sum(map(is_garbled, clean))
    return [
        Row(name, len(texts), sum(is_garbled(canonical_text(text)) for text in texts), len(clean), wrong)
        for name, texts in damaged(seed, each).items()
    ]


def _repeat_rows(corpus: Repeats) -> list[Row]:
    """By how similar the two documents are in truth, which is counted from all of their shingles."""
    sets = [shingles(text) for text in corpus.texts]
    repeats = duplicates_among(corpus.texts)
    similar = {
        repeat.document: PPM
        * len(sets[repeat.document] & sets[repeat.source])
        // len(sets[repeat.document] | sets[repeat.source])
        for repeat in corpus.repeats
    }
    joined = {repeat.document: repeats.near[repeat.document] for repeat in corpus.repeats}
    wrong = sum(flag for place, flag in enumerate(repeats.near) if place not in joined or similar[place] < 600_000)
    far = sum(ppm < 600_000 for ppm in similar.values()) + len(corpus.repeats)
    exact = [repeat.document for repeat in corpus.repeats if not repeat.changed_percent]
    rows = [
        Row(
            "exact duplicate",
            len(exact),
            sum(repeats.exact[each] for each in exact),
            far,
            sum(repeats.exact) - len(exact),
        )
    ]
    for title, low, high in _SIMILARITIES:
        those = [document for document, ppm in similar.items() if low <= ppm < high]
        rows.append(Row(title, len(those), sum(joined[each] for each in those), far, wrong))
    return rows


_SIMILARITIES = (
    ("near duplicate, 0.80 and more in common", 800_000, PPM),
    ("near duplicate, 0.75 to 0.80", 750_000, 800_000),
    ("near duplicate, 0.70 to 0.75", 700_000, 750_000),
)


def _percent(ppm: int) -> str:
    return f"{ppm // 10_000}.{ppm % 10_000 // 1_000} %"


if __name__ == "__main__":
    sys.stdout.write(table(measured(int(sys.argv[1]) if len(sys.argv) > 1 else EACH)) + "\n")
