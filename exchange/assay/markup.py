"""HTML and SVG as text that cannot be broken out of: whatever is not markup already is escaped.

File names, masked findings and metadata come from a vendor, and the page goes to a buyer's browser. So text is escaped
where it is put in, never where it is taken out, and only this module makes `Markup`.
"""

import html
import re

# Controls show nothing, half a surrogate pair has no UTF-8 form, and direction marks let a name read as another one.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_VOID = frozenset({"br", "meta"})


class Markup(str):
    """Text that is well-formed markup; any other text is content."""

    __slots__ = ()


def escaped(content: str | int) -> Markup:
    """`content` as it may stand between tags or in a quoted attribute."""
    if isinstance(content, Markup):
        return content
    return Markup(html.escape(_UNSHOWABLE.sub("\ufffd", str(content))))


def tag(name: str, /, *children: str | int, **attributes: str | int) -> Markup:
    """One element. `class_` is `class`, and `_` inside an attribute's name stands for `-`."""
    stated = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"' for key, value in attributes.items() if value != ""
    )
    if name in _VOID:
        return Markup(f"<{name}{stated}>")
    return Markup(f"<{name}{stated}>{joined(*children)}</{name}>")


def joined(*children: str | int) -> Markup:
    return Markup("".join(map(escaped, children)))


def trusted(source: str) -> Markup:
    """Source text of this program, such as a style sheet; never anything that was read."""
    return Markup(source)
