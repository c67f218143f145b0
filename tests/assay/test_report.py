from assayed import RESIDENT_ID, SECRET, documents, questions
from rich.console import Console

from exchange.assay.pipeline import ReferenceFiles, assay_documents
from exchange.assay.report import percent, render


def report(*texts: str) -> str:
    result = assay_documents(
        documents(*texts),
        name="house [bold]things",
        version="2026-1",
        secret=SECRET,
        declared={"class": "qa-sft", "licence_evidence": True},
    )
    console = Console(width=120, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as captured:
        console.print(render(result))
    return captured.get()


def test_a_report_says_what_counts() -> None:
    text = report(*questions(12))
    assert "house [bold]things 2026-1" in text
    assert "Grade G2" in text
    assert "12 (12 distinct)" in text
    assert "RTU-1" in text
    assert "100.00 %" in text
    assert "Not measured: 0101" in text
    assert "Not deliverable" not in text
    assert "cl100k_base" in text
    assert "not looked for: no list was given" in text
    assert "none is stated; evidence: none was given" in text


def test_a_report_names_licence_evidence_and_the_list_of_words(tmp_path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("zeppelin\nairship\n")
    origin = {"licence": "MIT", "evidence": [{"kind": "licence-file", "path": "LICENSE[1]", "sha256": "00"}]}
    declared = {"provenance": origin}
    result = assay_documents(
        documents(*questions(3), "A zeppelin"),
        name="n",
        version="1",
        secret=SECRET,
        declared=declared,
        reference=ReferenceFiles(words=words),
    )
    console = Console(width=120, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as captured:
        console.print(render(result))
    assert "MIT; evidence: licence-file LICENSE[1]" in captured.get()
    assert "in 1 documents, by a list of 2" in captured.get()


def test_a_report_shows_failures_and_masks_what_it_found() -> None:
    text = report(*questions(3), f"Who?\n{RESIDENT_ID}", "Mail?\nli.wei@qq.com", "")
    assert "Not deliverable: PERSONAL_DATA_UNREMEDIATED" in text
    assert "11***************X" in text
    assert "l***@***.com" in text
    assert RESIDENT_ID not in text
    assert "li.wei" not in text
    assert "empty" in text


def test_a_long_list_of_findings_is_cut() -> None:
    text = report(*(f"Mail {number}?\nli{number}@qq.com" for number in range(25)))
    assert "and 5 more" in text


def test_shares_are_cut_and_never_rounded_up() -> None:
    assert [percent(ppm) for ppm in (0, 99, 100, 999_999, 1_000_000)] == [
        "0.00 %",
        "0.00 %",
        "0.01 %",
        "99.99 %",
        "100.00 %",
    ]
