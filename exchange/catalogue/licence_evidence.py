"""What a folder shows of its licence: the files of licence texts, and the identifier that it states or they carry."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from exchange.catalogue.code_trees import SOURCE_SUFFIXES
from exchange.catalogue.licences import spdx_id
from exchange.catalogue.listing import ListingError
from exchange.catalogue.sources import FolderSource, FoundFile

READ_BYTES = 2**16
_LICENCE_NAME = re.compile(r"(?:licen[cs]e|copying|copyright|unlicense)(?:[-_.].*)?", re.IGNORECASE)
_SPDX_TAG = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9][A-Za-z0-9.+-]{1,63})")
_TITLES: tuple[tuple[str, str], ...] = (
    (r"Apache License\s+Version 2\.0", "Apache-2.0"),
    (r"\bMIT License\b", "MIT"),
    (r"Permission is hereby granted, free of charge, to any person obtaining a copy", "MIT"),
    (r"GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3", "AGPL-3.0-only"),
    (r"GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3", "LGPL-3.0-only"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 3", "GPL-3.0-only"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 2", "GPL-2.0-only"),
    (r"Mozilla Public License Version 2\.0", "MPL-2.0"),
    (r"Attribution-NonCommercial-ShareAlike 4\.0 International", "CC-BY-NC-SA-4.0"),
    (r"Attribution-NonCommercial 4\.0 International", "CC-BY-NC-4.0"),
    (r"Attribution-ShareAlike 4\.0 International", "CC-BY-SA-4.0"),
    (r"Attribution 4\.0 International", "CC-BY-4.0"),
    (r"CC0 1\.0 Universal", "CC0-1.0"),
)
_HUB_NAMES = {"mit": "MIT", "apache-2.0": "Apache-2.0", "bsd-3-clause": "BSD-3-Clause", "odc-by": "ODC-By-1.0"} | {
    "odbl": "ODbL-1.0",
    "pddl": "PDDL-1.0",
    "gpl-3.0": "GPL-3.0-only",
    "agpl-3.0": "AGPL-3.0-only",
}
_CREATIVE_COMMONS = re.compile(r"cc-(by(?:-nc)?(?:-nd|-sa)?)-(\d\.\d)|cc0-1\.0", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LicenceFound:
    """`files` hold a licence's text; `identifier` is the SPDX identifier that was found, and `said_by` where."""

    files: tuple[str, ...]
    identifier: str | None
    said_by: str | None


def is_licence_file(file: FoundFile) -> bool:
    return _LICENCE_NAME.fullmatch(file.name) is not None and file.suffix not in SOURCE_SUFFIXES


def find_licence(source: FolderSource, files: Iterable[FoundFile], stated: str | None) -> LicenceFound:
    """`stated` is the card's. It goes before a tag in a README, and that before the title of a licence's text."""
    files = list(files)
    texts = tuple(file.path for file in files if is_licence_file(file))
    if stated and (identifier := _identifier(stated)):
        return LicenceFound(texts, identifier, "the card")
    for file in files:
        is_readme = file.path == file.name and file.name.lower().startswith("readme")
        if is_readme and (tag := _SPDX_TAG.search(_beginning(source, file.path))):
            return LicenceFound(texts, tag[1], file.path)
    for path in texts:
        beginning = " ".join(_beginning(source, path).split())
        for title, identifier in _TITLES:
            if re.search(title, beginning[:3_000], re.IGNORECASE):
                return LicenceFound(texts, identifier, path)
    return LicenceFound(texts, None, None)


def _beginning(source: FolderSource, path: str) -> str:
    with source.stream(path) as stream:
        return stream.read(READ_BYTES).decode(errors="replace")


def _identifier(stated: str) -> str | None:
    """The hub's own small spellings, else what a listing would take; None for `other` and `unknown`."""
    if stated.lower() in _HUB_NAMES:
        return _HUB_NAMES[stated.lower()]
    if deed := _CREATIVE_COMMONS.fullmatch(stated):
        return f"CC-{deed[1].upper()}-{deed[2]}" if deed[1] else "CC0-1.0"
    if stated.lower() in {"other", "unknown"}:
        return None
    try:
        return spdx_id(stated)
    except ListingError:
        return None
