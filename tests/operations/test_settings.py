from pathlib import Path

import pytest
from pydantic import ValidationError

from exchange.operations.settings import Settings


def test_an_operator_sets_what_it_wants_by_environment_or_argument(monkeypatch):
    monkeypatch.setenv("TLX_DATA_FOLDER", "/srv/exchange")
    monkeypatch.setenv("TLX_TAKER_PPM", "700")
    assert Settings().data_folder == Path("/srv/exchange")
    assert Settings().taker_ppm == 700
    assert Settings(taker_ppm=800).taker_ppm == 800


def test_the_master_key_is_not_shown():
    key = "5a" * 32
    settings = Settings(secrets_key=key)
    assert key not in repr(settings)
    assert key not in settings.model_dump_json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"taker_ppm": -1},
        {"taker_ppm": 10**6 + 1},
        {"maker_ppm": 0.5},
        {"collar_ppm": 10**6},
        {"quote": "yuan"},
        {"quote": ""},
        {"max_commands_per_block": 4},
        {"max_commands_per_block": 10**6},
        {"max_projection_lag": 0},
        {"snapshot_every": 0},
        {"clock_idle_s": 0},
        {"utc_offset_hours": 15},
        {"max_order_lots": 0},
        {"default_copies": 0},
    ],
)
def test_settings_that_make_no_exchange_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(**wrong)


def test_settings_do_not_change_while_it_runs():
    with pytest.raises(ValidationError):
        Settings().taker_ppm = 1
