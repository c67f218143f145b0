"""A test is worth something when it fails on broken code: the venue's own checks catch each defect of the set."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from defect_set import Defect, StaleDefectError, Workers, read_defects

DEFECTS = read_defects()
UNBROKEN = Defect("nothing is broken", "exchange/matching/trading.py", '"""Price-time', '"""Price-Time')


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers(os.cpu_count() or 1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest, workers: Workers) -> Iterator[Mapping[str, Future[str]]]:
    """The verdict on each defect that this run asks for, all being found out at once.

    What fails on the machine as it is proves nothing when it fails on a broken one.
    """
    assert workers.verdict(UNBROKEN) == "passed"
    items = [item for item in request.session.items if item.module is request.module and hasattr(item, "callspec")]
    asked = [item.callspec.params["defect"] for item in items if "defect" in item.callspec.params]
    with ThreadPoolExecutor(len(workers.all)) as pool:
        yield {defect.name: pool.submit(workers.verdict, defect) for defect in asked}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda each: each.name)
def test_the_checks_catch(defect: Defect, verdicts: Mapping[str, Future[str]]) -> None:
    told = verdicts[defect.name].result()
    assert told.startswith("caught: "), f"nothing fails when {defect.name}: {told}"


def test_the_same_checks_pass_on_the_machine_as_it_is_and_a_change_that_breaks_nothing_is_not_called_caught(
    workers: Workers,
) -> None:
    assert workers.verdict(UNBROKEN) == "passed"


@pytest.mark.parametrize(
    "text", ["def enter(:", "from exchange.matching import nothing", "raise NameError", "import no_such_module"]
)
def test_a_text_that_is_no_machine_is_not_called_caught(text: str, workers: Workers) -> None:
    assert workers.verdict(replace(UNBROKEN, new=f'{text}\n"""')).startswith("unsound: ")


@pytest.mark.parametrize(("old", "found"), [("no such line", 0), ("self.", r"\d\d+")])
def test_a_defect_that_the_code_has_left_behind_asks_to_be_brought_up_to_date(old: str, found: object) -> None:
    with pytest.raises(StaleDefectError, match=f"bring up to date: 'nothing is broken': {old!r} stands {found} times"):
        replace(UNBROKEN, old=old).source()


def test_the_set_is_large_and_each_defect_has_a_name_of_its_own() -> None:
    names = {defect.name for defect in DEFECTS}
    assert len(names) == len(DEFECTS) >= 25
