"""The page of settings lists what can be set, with its default, and nothing else."""

import re
from pathlib import Path

from api.feed_settings import FeedSettings
from api.settings import ApiSettings
from exchange.operations.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
ROW = re.compile(r"^\| `(TLX_\w+)` \| (?:`([^`]*)`|none) \| (.+) \|$", re.MULTILINE)


def test_every_setting_is_on_the_page_with_its_default():
    stated = {name: default for name, default, _ in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    settable = {
        f"{kind.model_config['env_prefix']}{name.upper()}": str(field.default if field.default is not None else "")
        for kind in (Settings, ApiSettings, FeedSettings)
        for name, field in kind.model_fields.items()
    }
    assert stated == settable
