"""A dataset card as the Hugging Face Hub has it: a README.md that begins with YAML between two lines of `---`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import yaml

from exchange.catalogue.listing import ListingError

MAXIMUM_CARD_BYTES = 2**18
_FENCE = "---"


@dataclass(frozen=True, slots=True)
class Card:
    """What the card states; `patterns` are the files of the chosen configuration, in order, none where none is."""

    licence: str | None
    language: str | None
    config: str | None
    patterns: tuple[str, ...]

    def chosen(self, paths: Sequence[str]) -> list[str]:
        """Those of `paths` that the card names, pattern by pattern. ListingError where a pattern names none."""
        found: list[str] = []
        for pattern in self.patterns:
            matching = [path for path in paths if _matches(path.split("/"), pattern.split("/"))]
            if not matching:
                raise ListingError("FILE_MISSING", f"the card's {pattern[:200]!r} names no file")
            found += matching
        return list(dict.fromkeys(found))


def read_card(readme: bytes, config: str | None = None) -> Card | None:
    """None where the file has no front matter. ListingError BAD_CARD for one that is no card; `config` as named."""
    lines = readme[:MAXIMUM_CARD_BYTES].decode("utf-8-sig", "replace").splitlines()
    if not lines or lines[0].rstrip() != _FENCE:
        return None
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if end is None:
        raise ListingError("BAD_CARD", "the front matter of README.md does not end")
    stated = _parse("\n".join(lines[1:end]))
    name, patterns = _configuration(stated, config)
    return Card(_first(stated.get("license")), _first(stated.get("language")), name, patterns)


class _PlainLoader(yaml.SafeLoader):  # type: ignore[misc]
    """Without aliases, by which a few lines can mean billions of values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read here")
        return super().compose_node(parent, index)


def _parse(front: str) -> Mapping[str, Any]:
    try:
        stated = yaml.load(front, _PlainLoader)  # noqa: S506 - a SafeLoader that takes even less
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ListingError("BAD_CARD", f"the front matter of README.md is no YAML: {str(error)[:200]}") from None
    if not isinstance(stated, dict):
        raise ListingError("BAD_CARD", "the front matter of README.md is no object")
    return stated


def _configuration(stated: Mapping[str, Any], wanted: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The configuration that is wanted, else the default, else the first; its files split by split."""
    configs = [config for config in _list(stated.get("configs")) if isinstance(config, dict)]
    names = [str(config.get("config_name", "default")) for config in configs]
    if wanted is not None and wanted not in names:
        raise ListingError("BAD_CARD", f"the card has no configuration {wanted!r}, only {', '.join(names) or 'none'}")
    if not configs:
        return None, ()
    flagged = next((number for number, config in enumerate(configs) if config.get("default") is True), 0)
    place = names.index(wanted) if wanted is not None else flagged
    return names[place], tuple(_patterns(configs[place]))


def _patterns(config: Mapping[str, Any]) -> Iterator[str]:
    """Of a configuration with a folder its patterns lie in that, and without patterns it is all of the folder."""
    stated = config.get("data_dir")
    folder = f"{stated.removeprefix('./').rstrip('/')}/" if isinstance(stated, str) and stated.strip("./") else ""
    for entry in _list(config.get("data_files", f"{folder}**" if folder else None)):
        for pattern in _list(entry.get("path") if isinstance(entry, dict) else entry):
            if isinstance(pattern, str):
                yield f"{folder}{pattern.removeprefix('./').removeprefix(folder)}"


def _matches(path: Sequence[str], pattern: Sequence[str]) -> bool:
    """As the Hub has it: `*` stays within a folder, and `**` stands for any number of folders, none among them."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_matches(path[place:], pattern[1:]) for place in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _matches(path[1:], pattern[1:])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> str | None:
    texts = [text for text in _list(value) if isinstance(text, str) and text.strip()]
    return texts[0].strip() if texts else None
