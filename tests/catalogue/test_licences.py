"""Licences by any of their usual addresses."""

import pytest

from exchange.catalogue.licences import spdx_id
from exchange.catalogue.listing import ListingError


@pytest.mark.parametrize(
    ("licence", "spdx"),
    [
        ("MIT", "MIT"),
        ("LicenseRef-public-domain", "LicenseRef-public-domain"),
        ("https://spdx.org/licenses/MIT.html", "MIT"),
        ("https://spdx.org/licenses/GPL-3.0-only", "GPL-3.0-only"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by-nc-sa/3.0/deed.en", "CC-BY-NC-SA-3.0"),
        ("https://creativecommons.org/licenses/by-sa/4.0/legalcode", "CC-BY-SA-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("https://www.gnu.org/licenses/gpl-3.0.html", "GPL-3.0-only"),
        ("https://opensource.org/licenses/MIT", "MIT"),
    ],
)
def test_an_address_leads_to_the_identifier(licence: str, spdx: str) -> None:
    assert spdx_id(licence) == spdx


@pytest.mark.parametrize(
    "licence", ["", "see README", "https://example.org/terms", "https://spdx.org/licenses/", "MIT\nx"]
)
def test_what_leads_to_none_is_refused(licence: str) -> None:
    with pytest.raises(ListingError, match="BAD_LICENCE"):
        spdx_id(licence)
