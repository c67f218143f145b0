"""datatrove's filters of quality and its deduplication, on texts in memory: the peer of `benchmarks/assay.py`."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

os.environ["TQDM_DISABLE"] = "1"

from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupSignature,
)
from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
from datatrove.utils.logging import logger
from datatrove.utils.word_tokenizers import WordTokenizer

logger.remove()


class SplitTokenizer(WordTokenizer):  # type: ignore[misc]  # datatrove has no types.
    """`str.split`, the cheapest cut there is."""

    def word_tokenize(self, text: str) -> list[str]:
        return text.split()

    def sent_tokenize(self, text: str) -> list[str]:
        return text.split("\n")

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]


def documents(texts: Sequence[str]) -> Iterator[Document]:
    return (Document(text=text, id=str(number)) for number, text in enumerate(texts))


class Quality:
    """Gopher's rules with its repetition of lines, which our rules for prose hold too."""

    def __init__(self) -> None:
        words: Any = SplitTokenizer()
        self._rules = GopherQualityFilter(language=words)
        self._repetition = GopherRepetitionFilter(
            dup_para_frac=None, dup_para_char_frac=None, top_n_grams=(), dup_n_grams=(), language=words
        )

    def __call__(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text keeps them."""
        judged = [(self._rules.filter(one), self._repetition.filter(one)) for one in documents(texts)]
        return [rules is True and repetition is True for rules, repetition in judged]


def deduplicate(texts: Sequence[str]) -> None:
    """All of its steps up to the clusters, in a folder of temporary files as it is made for; 32 bands of 4 slots."""
    config = MinhashConfig(n_grams=5, num_buckets=32, hashes_per_bucket=4)
    words: Any = SplitTokenizer()
    with tempfile.TemporaryDirectory() as folder:
        MinhashDedupSignature(f"{folder}/signatures", config=config, language=words).run(documents(texts))
        for bucket in range(config.num_buckets):
            MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config).run(
                None, bucket, config.num_buckets
            )
        MinhashDedupCluster(f"{folder}/buckets", f"{folder}/clusters", config=config).run(None)
