"""From the licence a listing names, an SPDX identifier or a URL of the licence's home, to the identifier."""

import re

from exchange.catalogue.listing import ListingError

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{1,63}")
_SPDX_PAGE = re.compile(r"https?://spdx\.org/licenses/([A-Za-z0-9.+-]+?)(?:\.html|\.json)?/?")
_CREATIVE_COMMONS = re.compile(
    r"https?://creativecommons\.org/licenses/(by(?:-nc)?(?:-nd|-sa)?)/(\d\.\d)(?:/(?:deed(?:\.\w+)?|legalcode(?:\.\w+)?)?)?"
)
_PAGES = {
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "creativecommons.org/publicdomain/mark/1.0": "CC-PDM-1.0",
    "opensource.org/licenses/mit": "MIT",
    "opensource.org/license/mit": "MIT",
    "opensource.org/licenses/bsd-3-clause": "BSD-3-Clause",
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "gnu.org/licenses/gpl-3.0": "GPL-3.0-only",
    "opendatacommons.org/licenses/by/1-0": "ODC-By-1.0",
    "opendatacommons.org/licenses/odbl/1-0": "ODbL-1.0",
    "docs.python.org/3/license": "PSF-2.0",
}


def spdx_id(licence: str) -> str:
    """The SPDX identifier (or `LicenseRef-…`) that `licence` names; BAD_LICENCE where it names none we know.

    A bare identifier is taken as it stands: whether the gate knows its terms is the gate's question.
    """
    licence = licence.strip()
    if _IDENTIFIER.fullmatch(licence):
        return licence
    if page := _SPDX_PAGE.fullmatch(licence):
        return page[1]
    if deed := _CREATIVE_COMMONS.fullmatch(licence):
        return f"CC-{deed[1].upper()}-{deed[2]}"
    home = re.sub(r"^https?://(?:www\.)?", "", licence.lower()).rstrip("/").removesuffix(".html")
    if home.removesuffix(".txt") in _PAGES:
        return _PAGES[home.removesuffix(".txt")]
    raise ListingError("BAD_LICENCE", f"{licence[:200]!r} leads to no SPDX identifier")
