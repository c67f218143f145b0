from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.distributions import cluster_histogram, length_histogram


def test_bins_double_and_gaps_are_kept():
    assert length_histogram([0, 1, 3, 3, 17]) == [
        {"from_rtu": 0, "documents": 1, "rtu": 0},
        {"from_rtu": 1, "documents": 1, "rtu": 1},
        {"from_rtu": 2, "documents": 2, "rtu": 6},
        {"from_rtu": 4, "documents": 0, "rtu": 0},
        {"from_rtu": 8, "documents": 0, "rtu": 0},
        {"from_rtu": 16, "documents": 1, "rtu": 17},
    ]


def test_only_clusters_of_two_and_more_are_counted():
    assert cluster_histogram([0, 1, 1, 3, 4, 4, 4, 4, 8, 8, 8]) == [
        {"from_documents": 2, "clusters": 2, "documents": 5},
        {"from_documents": 4, "clusters": 1, "documents": 4},
    ]
    assert cluster_histogram([0, 1, 2]) == []


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_the_bins_hold_every_document_and_token(rtus):
    bins = length_histogram(rtus)
    assert sum(row["documents"] for row in bins) == len(rtus)
    assert sum(row["rtu"] for row in bins) == sum(rtus)
    for row in bins:
        assert row["documents"] * row["from_rtu"] <= row["rtu"] <= row["documents"] * max(0, 2 * row["from_rtu"] - 1)
