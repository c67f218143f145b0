"""The clearing price against a search through every price."""

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.vocabulary.clearing import Clearing, Quantities, clear


def searched(bids, asks, market_buys, market_sells, band, reference):
    """The rule, word by word, over all ticks."""
    if not bids and not asks:
        lots = min(market_buys, market_sells)
        return Clearing(reference, lots, market_buys - market_sells) if lots else None
    candidates = []
    for price in range(band[0], band[1] + 1):
        demand = market_buys + sum(lots for at, lots in bids if at >= price)
        supply = market_sells + sum(lots for at, lots in asks if at <= price)
        candidates.append(Clearing(price, min(demand, supply), demand - supply))
    most = max(each.lots for each in candidates)
    if not most:
        return None
    candidates = [each for each in candidates if each.lots == most]
    least = min(abs(each.imbalance_lots) for each in candidates)
    candidates = [each for each in candidates if abs(each.imbalance_lots) == least]
    if all(each.imbalance_lots > 0 for each in candidates):
        return candidates[-1]
    if not reference or all(each.imbalance_lots < 0 for each in candidates):
        return candidates[0]
    return min(candidates, key=lambda each: (abs(each.price_ticks - reference), each.price_ticks))


ORDERS = st.lists(st.tuples(st.integers(85, 125), st.integers(1, 9)), max_size=8)


@settings(max_examples=400, deadline=None)
@given(ORDERS, ORDERS, st.integers(0, 12), st.integers(0, 12), st.integers(90, 99), st.integers(0, 20), st.data())
def test_the_price_is_the_best_of_all(bids, asks, market_buys, market_sells, low, width, data):
    band = (low, low + width)
    reference = data.draw(st.sampled_from([0, low, low + width // 2, low + width]))
    found = clear(Quantities(bids), Quantities(asks), market_buys, market_sells, band, reference)
    assert found == searched(bids, asks, market_buys, market_sells, band, reference)


def test_market_orders_alone_trade_at_the_reference_price():
    nothing = Quantities([])
    assert clear(nothing, nothing, 7, 5, (90, 110), 100) == Clearing(100, 5, 2)
    assert clear(nothing, nothing, 5, 5, (90, 110), 100) == Clearing(100, 5, 0)


def test_a_book_that_does_not_cross_clears_nowhere():
    assert clear(Quantities([(99, 5)]), Quantities([(101, 5)]), 0, 0, (1, 2**31 - 1), 100) is None


def test_between_two_prices_the_nearest_to_the_reference_is_taken():
    bids, asks = Quantities([(110, 5)]), Quantities([(90, 5)])
    for reference, price in ((100, 100), (80, 90), (120, 110), (0, 90)):
        assert clear(bids, asks, 0, 0, (1, 1_000), reference) == Clearing(price, 5, 0)
