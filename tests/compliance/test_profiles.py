import pytest

from exchange.compliance.errors import PolicyError
from exchange.compliance.policy_set import shipped_folder
from exchange.compliance.profiles import mode_names, profile_names, read_profile
from exchange.vocabulary.instruments import Mode

TEXT = (shipped_folder() / "profiles.toml").read_text(encoding="utf-8")


def test_an_open_venue_may_trade_in_every_mode():
    profile = read_profile(TEXT, "open")
    assert profile.modes == ~Mode(0)
    assert (profile.min_days, profile.max_holders, profile.require_sampling_report) == (0, 0, False)


def test_a_venue_without_approval_waits_five_days_and_stays_below_200_holders():
    profile = read_profile(TEXT, "cn-unapproved")
    assert mode_names(profile.modes) == ["negotiated", "single_seller_auction"]
    assert (profile.min_days, profile.max_holders, profile.require_sampling_report) == (5, 199, True)


def test_the_profiles_are_listed():
    assert profile_names(TEXT) == ["open", "cn-unapproved"]


def test_an_unknown_profile_is_refused():
    with pytest.raises(PolicyError) as refusal:
        read_profile(TEXT, "offshore")
    assert refusal.value.code == "PROFILE_UNKNOWN"


@pytest.mark.parametrize(
    "text",
    [
        "[open",
        "open = 1",
        TEXT.replace("min_days = 0\n", ""),
        TEXT.replace("min_days = 0", "min_days = -1"),
        TEXT.replace("min_days = 0", "min_days = false"),
        TEXT.replace("max_holders = 0", "max_holders = 0\nmax_traders = 3"),
        TEXT.replace('"continuous"', '"continual"'),
        TEXT.replace('"continuous"', "1"),
        TEXT.replace("report = false", 'report = "false"'),
    ],
)
def test_a_faulty_profile_is_refused(text):
    assert text != TEXT
    with pytest.raises(PolicyError) as refusal:
        read_profile(text, "open")
    assert refusal.value.code == "PROFILE_INVALID"
