"""How documents are taken from a folder that has no metadata: inferred by stated rules, and corrected by whoever knows.

1. A dataset card (README.md with front matter) names the files of a configuration: those are taken.
2. Where at least half of the files are source code, it is a source tree: each text file is a document.
3. Else the data files (Parquet, JSON lines, JSON, CSV, TSV) of the format with the most bytes are taken.
4. Else the text files are: several are a document each; one alone is cut at its blank lines, if it has them, or lines.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from exchange.assay.recipe import DETECT, DocumentError, Field, Format, Recipe, Splitter
from exchange.catalogue.cards import Card, read_card
from exchange.catalogue.code_trees import SNIFFED_BYTES, SOURCE_SUFFIXES, is_binary, source_files
from exchange.catalogue.croissant import read_stated_recipe
from exchange.catalogue.fields import infer_fields
from exchange.catalogue.licence_evidence import LicenceFound, find_licence, is_licence_file
from exchange.catalogue.listing import ListingError
from exchange.catalogue.samples import has_blocks, json_kind, sample_json, sample_parquet, sample_table
from exchange.catalogue.sources import FolderSource, FoundFile, find_files, found_file

FORMAT_OF_SUFFIX: dict[str, Format] = {
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
}
SAMPLE_FILES = 10
"""How many of the files are looked at for their fields."""
_ABOUT = (
    "readme*",
    "data.md",
    "dataset.md",
    "changelog*",
    "contributing*",
    "source.txt",
    "citation*",
    "dataset_info*.json",
    "dataset_dict.json",
    "state.json",
    "notice*",
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the vendor says of its layout; None and empty where it leaves that to the rules."""

    files: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    format: Format | None = None
    encoding: str | None = None
    splitter: Splitter | None = None
    joiner: str = "\n"
    header: bool | None = None
    config: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """`why` says by which rules the recipe came about; `language` is the card's.

    `lacking` is the first thing that keeps the metadata from being a listing's, where there is metadata.
    """

    recipe: Recipe
    why: tuple[str, ...]
    skipped: Counter[str]
    licence: LicenceFound
    language: str | None
    lacking: str | None = None


NOT_YET_A_LISTING = frozenset({"MISSING_FIELD", "BAD_FIELD", "BAD_LICENCE", "BAD_RECIPE", "UNSUPPORTED_TERMS"})
"""What may be wrong with metadata that a dataset can be measured by, or in spite of."""


def layout_of_metadata(folder: Path, received: bytes, lacking: ListingError) -> tuple[FolderSource, Layout]:
    """Of a folder whose metadata is not yet a listing's: as its record set says, where it has one, else inferred."""
    try:
        recipe = read_stated_recipe(received)
    except ListingError as error:
        if error.code not in NOT_YET_A_LISTING:
            raise
        source, layout = infer_layout(folder, Wishes())
        return source, replace(layout, lacking=str(lacking))
    source = FolderSource(folder)
    licence = find_licence(source, find_files(folder, Counter()), None)
    return source, Layout(recipe, ("as the metadata states",), Counter(), licence, None, str(lacking))


def infer_layout(place: Path, wishes: Wishes) -> tuple[FolderSource, Layout]:
    """The layout of a folder, or of one file. ListingError, DocumentError: nothing to take, or not to be told how."""
    root = place if place.is_dir() else place.parent
    source, skipped = FolderSource(root), Counter[str]()
    files = find_files(root, skipped) if place.is_dir() else [found_file(place, root)]
    card = _card(source, files, wishes) if place.is_dir() else None
    shown = files if place.is_dir() else _licences_beside(place)
    licence = find_licence(source, shown, card.licence if card else None)
    chosen, kind, why = _choose(source, files, card, wishes, skipped)
    if not chosen:
        raise ListingError("NO_DATA_FILES", f"nothing there is what documents are taken from: {_told(skipped)}")
    recipe, reasons = _recipe(source, chosen, kind, wishes)
    return source, Layout(recipe, (*why, *reasons), +skipped, licence, card.language if card else None)


def _licences_beside(file: Path) -> list[FoundFile]:
    """A file alone shows the licence that lies beside it."""
    beside = [found_file(place, file.parent) for place in sorted(file.parent.iterdir()) if place.is_file()]
    return [found for found in beside if is_licence_file(found)]


def _card(source: FolderSource, files: Sequence[FoundFile], wishes: Wishes) -> Card | None:
    if not any(file.path == "README.md" for file in files):
        return None
    with source.stream("README.md") as stream:
        return read_card(stream.read(), wishes.config)


def _choose(
    source: FolderSource, files: Sequence[FoundFile], card: Card | None, wishes: Wishes, skipped: Counter[str]
) -> tuple[list[FoundFile], Format, list[str]]:
    """The files that documents are taken from, their format, and why these."""
    by_path = {file.path: file for file in files}
    if wishes.files:
        named = [file for pattern in wishes.files for file in files if fnmatchcase(file.path, pattern)]
        chosen = list(dict.fromkeys(named))
        skipped["not among the files named"] += len(files) - len(chosen)
        return chosen, _one_format(chosen, wishes), ["files as named"]
    if card is not None and card.patterns:
        chosen = [by_path[path] for path in card.chosen(list(by_path))]
        skipped["not in the configuration"] += len(files) - len(chosen)
        return chosen, _one_format(chosen, wishes), [f"the card's configuration {card.config!r}"]
    content = [file for file in files if len(files) == 1 or not _is_about(file)]
    code = [file for file in content if file.suffix in SOURCE_SUFFIXES]
    if wishes.format is None and code and 2 * len(code) >= len(content):
        return source_files(source, content, skipped), "text", [f"a source tree: {len(code)} of {len(content)} files"]
    return _choose_by_format(source, content, wishes, skipped)


def _choose_by_format(
    source: FolderSource, files: Sequence[FoundFile], wishes: Wishes, skipped: Counter[str]
) -> tuple[list[FoundFile], Format, list[str]]:
    bytes_of = Counter[Format]()
    for file in files:
        if file.suffix in FORMAT_OF_SUFFIX:
            bytes_of[FORMAT_OF_SUFFIX[file.suffix]] += file.size_bytes
    stated = wishes.format
    if stated is not None and stated != "text" and (len(files) == 1 or stated not in bytes_of):
        return list(files), stated, ["format as stated"]
    if bytes_of and stated != "text":
        largest: Format = max(bytes_of, key=lambda each: (bytes_of[each], each))
        kind = stated or largest
        chosen = [file for file in files if FORMAT_OF_SUFFIX.get(file.suffix) == kind]
        skipped["of another format"] += len(files) - len(chosen)
        others = f"of {', '.join(sorted(bytes_of))} the format with the most bytes"
        return chosen, kind, [others if len(bytes_of) > 1 else "the data files"]
    chosen = []
    plain = [file for file in files if file.suffix not in FORMAT_OF_SUFFIX] or files
    skipped["of another format"] += len(files) - len(plain)
    for file in plain:
        if len(files) == 1 or not _is_binary(source, file):
            chosen.append(file)
        else:
            skipped["binary file"] += 1
    return chosen, "text", ["the text files"]


def _is_binary(source: FolderSource, file: FoundFile) -> bool:
    """A file that cannot be read is not left out: it is told of when documents are taken."""
    try:
        with source.stream(file.path) as stream:
            return is_binary(stream.read(SNIFFED_BYTES))
    except DocumentError:
        return False


def _is_about(file: FoundFile) -> bool:
    """A licence, or a file of the folder itself that tells about the dataset; neither is of it."""
    tells = file.path == file.name and any(fnmatchcase(file.name.lower(), pattern) for pattern in _ABOUT)
    return tells or is_licence_file(file)


def _one_format(files: Sequence[FoundFile], wishes: Wishes) -> Format:
    if wishes.format is not None:
        return wishes.format
    formats = {FORMAT_OF_SUFFIX.get(file.suffix, "text") for file in files}
    if len(formats) > 1:
        raise ListingError(
            "WHICH_FORMAT", f"the files are {', '.join(sorted(formats))}; name those of one with --files"
        )
    return formats.pop() if formats else "text"


def _recipe(source: FolderSource, files: Sequence[FoundFile], kind: Format, wishes: Wishes) -> tuple[Recipe, list[str]]:
    paths = tuple(file.path for file in files)
    encoding = wishes.encoding or ("utf-8" if kind == "parquet" else DETECT)
    if kind == "text":
        splitter, why = _splitter(source, files, encoding, wishes)
        return Recipe(paths, "text", encoding=encoding, splitter=splitter, drop_blank=splitter != "file"), [why]
    kind, header, fields, why = _fields(source, paths, kind, encoding, wishes)
    recipe = Recipe(paths, kind, fields, joiner=wishes.joiner, encoding=encoding, header=header)
    return recipe, [why]


def _splitter(source: FolderSource, files: Sequence[FoundFile], encoding: str, wishes: Wishes) -> tuple[Splitter, str]:
    if wishes.splitter is not None:
        return wishes.splitter, "cut as stated"
    if len(files) > 1:
        return "file", "each file is a document"
    if files[0].suffix in SOURCE_SUFFIXES or files[0].suffix in {".md", ".html", ".htm", ".xml", ".tex"}:
        return "file", "the file is a document"
    if has_blocks(source, files[0].path, encoding):
        return "blank-lines", "blocks between blank lines are documents"
    return "lines", "lines are documents"


def _fields(
    source: FolderSource, paths: Sequence[str], kind: Format, encoding: str, wishes: Wishes
) -> tuple[Format, bool, tuple[Field, ...], str]:
    """Format, header, fields, and why these: from the first records of some files."""
    stated = tuple(Field(selector) for selector in wishes.fields)
    header, rows = True, list[dict[str, Any]]()
    if kind in ("csv", "tsv"):
        told = (sample_table(source, path, kind, encoding, wishes.header)[0] for path in paths)
        header = next((each for each in told if each is not None), True)
    elif kind == "json":
        kind = json_kind(source, paths[0], encoding)
    if not stated:
        for path in _spread(paths):
            if kind == "parquet":
                rows += sample_parquet(source, path)
            elif kind in ("csv", "tsv"):
                rows += sample_table(source, path, kind, encoding, header)[1]
            else:
                rows += sample_json(source, path, kind, encoding)
    fields = stated or infer_fields(rows, paths[0], is_table=kind in ("csv", "tsv"))
    return kind, header, fields, _why_fields(stated, header=header)


def _spread(paths: Sequence[str]) -> list[str]:
    """The first, the last, and as many between as are looked at."""
    last = len(paths) - 1
    looked_at = min(len(paths), SAMPLE_FILES)
    return [paths[place * last // max(looked_at - 1, 1)] for place in range(looked_at)]


def _why_fields(stated: tuple[Field, ...], *, header: bool = True) -> str:
    why = "fields as stated" if stated else "fields inferred from the first records"
    return why if header else f"{why}; the first row is no header"


def _told(skipped: Counter[str]) -> str:
    return ", ".join(f"{count} {why}" for why, count in sorted(skipped.items()) if count) or "no file"
