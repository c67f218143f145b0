"""Which files of a source tree are documents, and why the others are not."""

from collections import Counter
from pathlib import Path

import pytest
from trees import tree

from exchange.catalogue.code_trees import LARGEST_BYTES, is_binary, source_files
from exchange.catalogue.sources import FolderSource, find_files

PLAIN = b"print(1)\n"


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("node_modules/x/index.js", PLAIN, "vendored code"),
        ("third_party/x.c", PLAIN, "vendored code"),
        ("poetry.lock", PLAIN, "lock file"),
        ("web/package-lock.json", b"{}", "lock file"),
        ("jquery.min.js", PLAIN, "minified or bundled"),
        ("app.js", b"x" * 6_000, "minified or bundled"),
        ("model.bin", b"\0\1\2", "binary file"),
        ("noise.py", bytes(range(1, 32)) * 4, "binary file"),
        ("data.py", b"#" * (LARGEST_BYTES + 1), f"over {LARGEST_BYTES} bytes"),
        ("empty.py", b"", "empty file"),
        ("cut.py.gz", b"\x1f\x8b", "unreadable file"),
    ],
)
def test_what_nobody_wrote_here_is_left_out_and_counted(tmp_path: Path, path: str, content: bytes, reason: str) -> None:
    folder, skipped = tree(tmp_path, {path: content, "kept.py": PLAIN}), Counter[str]()
    files = source_files(FolderSource(folder), find_files(folder, skipped), skipped)
    assert [file.path for file in files] == ["kept.py"]
    assert +skipped == {reason: 1}


def test_folders_of_tools_are_not_entered(tmp_path: Path) -> None:
    folder, skipped = (
        tree(tmp_path, {".git/HEAD": PLAIN, "a/__pycache__/b.pyc": PLAIN, "kept.py": PLAIN}),
        Counter[str](),
    )
    assert [file.path for file in find_files(folder, skipped)] == ["kept.py"]


@pytest.mark.parametrize("text", ["plain", "诗", "\t\r\n\f", "é"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_text_in_any_known_encoding_is_no_binary(text: str, encoding: str) -> None:
    assert not is_binary((text * 50).encode(encoding))
