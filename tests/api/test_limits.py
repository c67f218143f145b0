"""Token buckets, and the limits that a server holds keys and addresses to."""

import pytest
from api_venue import GENEROUS, ServerThread, refused, venue_of
from hypothesis import given
from hypothesis import strategies as st

from api.limits import Limiter
from api.settings import ApiSettings


def test_a_burst_is_granted_and_then_the_rate():
    limiter = Limiter("key", rate=2, burst=3)
    assert [limiter.take("a", 0.0).granted for _ in range(4)] == [True, True, True, False]
    assert not limiter.take("a", 0.4).granted
    assert limiter.take("a", 0.5).granted
    assert limiter.take("b", 0.5).granted


def test_a_refusal_tells_when_to_come_again():
    limiter = Limiter("key", rate=2, burst=3)
    assert limiter.take("a", 0.0, cost=3).remaining == 0
    refusal = limiter.take("a", 0.0, cost=3)
    assert (refusal.retry_s, refusal.reset_s) == (2, 2)
    assert limiter.take("a", float(refusal.retry_s), cost=3).granted
    assert dict(refusal.headers()) == {b"ratelimit-policy": b'"key";q=3;w=2', b"ratelimit": b'"key";r=0;t=2'}


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(1, 4)), max_size=60))
def test_no_more_than_burst_and_rate_is_ever_granted(steps):
    limiter, now_s, granted = Limiter("key", rate=3, burst=5), 0.0, 0
    for pause_s, cost in steps:
        now_s += pause_s
        granted += cost if limiter.take("a", now_s, cost).granted else 0
        assert granted <= 5 + 3 * now_s + 1e-6


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A server that gives a key three requests and two cancels, and an address forty, all but unrefilled."""
    limits = {"key_rate": 1, "key_burst": 3, "cancel_rate": 1, "cancel_burst": 2, "address_burst": 40}
    settings = ApiSettings(**(GENEROUS | limits | {"address_rate": 1}))
    with ServerThread(tmp_path_factory.mktemp("strict") / "data", settings) as server:
        venue = venue_of(server)
        yield venue
        for client in venue.clients:
            client.close()


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(strict):
    client = strict.member("Hasty")
    answers = [client.get("/fees") for _ in range(5)]
    assert [each.status_code for each in answers[:3]] == [200] * 3
    told = refused(answers[4], 429, "RATE_LIMITED")
    assert told["message"] == "Private rate limit exceeded"
    assert int(answers[4].headers["retry-after"]) >= 1
    assert answers[0].headers["ratelimit"].startswith('"key";r=2')
    assert answers[4].headers["ratelimit"].startswith('"key";r=0')


def test_a_key_that_may_not_ask_may_still_cancel_and_withdraw(strict):
    client = strict.member("Careful")
    while client.get("/fees").status_code == 200:
        pass
    answers = [client.delete("/orders"), client.delete("/offers/1")]
    assert [each.status_code for each in answers] == [200, 404]
    assert answers[0].headers["ratelimit"].startswith('"cancel";r=1')


def test_one_key_does_not_spend_anothers_allowance(strict):
    hasty, calm = strict.member("Hasty Too"), strict.member("Calm")
    while hasty.get("/fees").status_code == 200:
        pass
    assert calm.get("/fees").status_code == 200


def test_guessing_at_a_key_spends_the_addresss_allowance_and_not_the_keys(strict):
    client = strict.member("Guessed At")
    secret, client.secret = client.secret, b"guess"
    refused(client.get("/fees"), 401, "INVALID_SIGNATURE")
    codes = {client.get("/fees").status_code for _ in range(60)}
    assert codes == {401, 429}
    client.secret = secret
    assert client.get("/fees").status_code == 200
    refused(strict.public.get("/time"), 429, "RATE_LIMITED")
