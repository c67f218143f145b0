"""The licence of a folder: its texts, and the identifier that is stated or that they carry."""

from collections import Counter
from pathlib import Path

import pytest
from trees import tree

from exchange.catalogue.licence_evidence import LicenceFound, find_licence
from exchange.catalogue.sources import FolderSource, find_files

MIT = (
    "MIT License\n\nCopyright (c) 2020\n\nPermission is hereby granted, free of charge, to any person obtaining a copy"
)


def found(folder: Path, stated: str | None = None) -> LicenceFound:
    return find_licence(FolderSource(folder), find_files(folder, Counter()), stated)


@pytest.mark.parametrize(
    ("name", "text", "identifier"),
    [
        ("LICENSE", MIT, "MIT"),
        ("LICENCE.txt", "Apache License\n   Version 2.0, January 2004", "Apache-2.0"),
        ("COPYING", "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007", "GPL-3.0-only"),
        ("LICENSE.md", "# Attribution-NonCommercial-ShareAlike 4.0 International", "CC-BY-NC-SA-4.0"),
        ("LICENSE", "Attribution 4.0 International", "CC-BY-4.0"),
        ("LICENSE", "all rights reserved", None),
    ],
)
def test_a_licence_is_known_by_its_title(tmp_path: Path, name: str, text: str, identifier: str | None) -> None:
    licence = found(tree(tmp_path, {name: text}))
    assert (licence.files, licence.identifier) == ((name,), identifier)


def test_the_card_goes_before_the_tag_and_the_tag_before_the_title(tmp_path: Path) -> None:
    folder = tree(tmp_path, {"LICENSE": MIT, "README.md": "# X\nSPDX-License-Identifier: CC0-1.0\n"})
    assert found(folder) == LicenceFound(("LICENSE",), "CC0-1.0", "README.md")
    assert found(folder, "apache-2.0").identifier == "Apache-2.0"
    assert found(folder, "other").identifier == "CC0-1.0"


def test_code_about_licences_is_no_licence(tmp_path: Path) -> None:
    assert found(tree(tmp_path, {"licence_evidence.py": MIT, "LICENSE-MIT": MIT})).files == ("LICENSE-MIT",)


@pytest.mark.parametrize(
    ("stated", "identifier"),
    [
        ("mit", "MIT"),
        ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
        ("cc0-1.0", "CC0-1.0"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("unknown", None),
        ("ask us", None),
    ],
)
def test_a_stated_licence_becomes_its_identifier(tmp_path: Path, stated: str, identifier: str | None) -> None:
    assert found(tmp_path, stated).identifier == identifier
