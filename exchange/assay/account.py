"""The account of how a dataset's documents were taken: enough to take the same again, and which could not be read."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from exchange.assay.field_kinds import FieldKinds
from exchange.assay.recipe import DETECT, Field, Recipe
from exchange.vocabulary.documents import BadDocument, Document, Taken

BAD_KEPT = 1_000
"""Of more bad documents than this only the number is kept."""


class Account:
    """One pass over a dataset's documents. `encodings` counts files by encoding, `skipped` those left out
    by why, `kinds` the values of fields by what they are."""

    def __init__(self, recipe: Recipe | None = None, skipped: Counter[str] | None = None) -> None:
        self.recipe = recipe
        self.encodings = Counter[str]()
        self.kinds = FieldKinds()
        self.skipped = skipped or Counter[str]()
        self.bad: list[BadDocument] = []
        self._bad_codes = Counter[str]()

    def documents(self, taken: Iterable[Taken]) -> Iterator[Document]:
        """Those that could be read, while the others are counted."""
        for one in taken:
            if isinstance(one, Document):
                yield one
                continue
            self._bad_codes[one.code] += 1
            if len(self.bad) < BAD_KEPT:
                self.bad.append(one)

    @property
    def bad_documents(self) -> int:
        return self._bad_codes.total()

    def bad_tally(self) -> dict[str, int]:
        """Bad documents by code."""
        return dict(sorted(self._bad_codes.items()))

    def statement(self) -> dict[str, Any]:
        """Integers, strings, lists and objects only; empty where nobody said how documents are taken."""
        if self.recipe is None:
            return {}
        stated = recipe_statement(self.recipe)
        if self.recipe.encoding == DETECT:
            stated["encodings"] = dict(sorted(self.encodings.items()))
        if self.skipped:
            stated["skipped_files"] = dict(sorted(self.skipped.items()))
        return stated


def recipe_statement(recipe: Recipe) -> dict[str, Any]:
    """The recipe as a certificate has it. The files are told by their number and a hash over their paths in order."""
    paths = "".join(f"{path}\n" for path in recipe.files)
    stated: dict[str, Any] = {
        "files": len(recipe.files),
        "sha256_of_paths": hashlib.sha256(paths.encode(errors="replace")).hexdigest(),
        "format": recipe.format,
        "encoding": recipe.encoding,
        "encoding_errors": recipe.errors,
    }
    if recipe.columns_from is None:
        stated["fields"] = [_field_statement(field) for field in recipe.fields]
    else:
        stated["columns_from"] = recipe.columns_from
    stated["joiner"] = recipe.joiner
    if recipe.format == "text":
        stated |= {
            "splitter": recipe.splitter,
            "delimiter": recipe.delimiter,
            "line_prefix": recipe.line_prefix,
            "minimum_tabs": recipe.minimum_tabs,
        }
    elif recipe.format in ("csv", "tsv"):
        stated["header"] = int(recipe.header)
    return stated | {"drop_blank": int(recipe.drop_blank)}


def _field_statement(field: Field) -> dict[str, Any]:
    """What is as it is by default is left out."""
    stated: dict[str, Any] = {"selector": field.selector}
    if field.pattern is not None:
        stated["pattern"] = field.pattern
    if field.strip:
        stated["strip"] = field.strip
    if field.list_joiner != "\n":
        stated["list_joiner"] = field.list_joiner
    return stated | ({"optional": 1} if field.optional else {})
