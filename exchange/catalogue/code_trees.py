"""Which files of a source tree are documents: text that people wrote, by rules anyone can apply again.

Left out, and counted by why: vendored code, lock files, minified bundles, binary files, files over the limit, empty
files. Folders of tools, such as `.git`, are no part of any folder here: exchange/catalogue/sources.py.
"""

from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase

from exchange.assay.recipe import DocumentError
from exchange.assay.streams import FOREIGN_MAGIC
from exchange.catalogue.sources import FolderSource, FoundFile

SOURCE_SUFFIXES = frozenset({
    ".py", ".pyi", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".java", ".kt", ".kts", ".scala", ".groovy", ".c",
    ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".cs", ".go", ".rs", ".rb", ".php", ".swift", ".m", ".mm", ".pl",
    ".pm", ".r", ".jl", ".lua", ".sh", ".bash", ".zsh", ".ps1", ".bat", ".sql", ".hs", ".ml", ".mli", ".ex", ".exs",
    ".erl", ".clj", ".cljs", ".dart", ".vue", ".svelte", ".f", ".f90", ".f95", ".asm", ".s", ".v", ".sv", ".vhd",
    ".vhdl", ".zig", ".nim", ".cu", ".cl", ".proto", ".thrift", ".tf", ".cmake", ".gradle",
})  # fmt: skip
LOCK_FILES = frozenset({
    "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "npm-shrinkwrap.json", "bun.lock", "bun.lockb", "Cargo.lock",
    "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "composer.lock", "Gemfile.lock", "go.sum", "mix.lock",
    "flake.lock", "pubspec.lock", "Podfile.lock", "gradle.lockfile", "packages.lock.json",
})  # fmt: skip
VENDORED_FOLDERS = frozenset({
    "node_modules", "bower_components", "vendor", "vendored", "third_party", "thirdparty", "site-packages", "venv",
})  # fmt: skip
MINIFIED = ("*.min.js", "*.min.css", "*.min.mjs", "*.bundle.js", "*-bundle.js", "*.js.map", "*.css.map")
SNIFFED_BYTES = 8_192
LARGEST_BYTES = 2**20
"""A larger file of a source tree is data or a bundle, nothing that was written as code."""
CONTROL_PERCENT = 5
LONG_LINE_BYTES = 5_000
"""Of scripts and style sheets: a line of a bundle, not one that was written."""
_TEXT_CONTROLS = bytes(range(32, 127)) + b"\t\n\r\f\x1b" + bytes(range(128, 256))
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def source_files(source: FolderSource, files: Iterable[FoundFile], skipped: Counter[str]) -> list[FoundFile]:
    """Those of `files` that are documents; the others are counted in `skipped`."""
    taken = []
    for file in files:
        reason = skip_by_name(file) or skip_by_content(source, file)
        if reason:
            skipped[reason] += 1
        else:
            taken.append(file)
    return taken


def skip_by_name(file: FoundFile) -> str | None:
    if VENDORED_FOLDERS & set(file.path.split("/")[:-1]):
        return "vendored code"
    if file.name in LOCK_FILES:
        return "lock file"
    if any(fnmatchcase(file.name.lower(), pattern) for pattern in MINIFIED):
        return "minified or bundled"
    if file.size_bytes > LARGEST_BYTES:
        return f"over {LARGEST_BYTES} bytes"
    return "empty file" if not file.size_bytes else None


def skip_by_content(source: FolderSource, file: FoundFile) -> str | None:
    try:
        with source.stream(file.path) as stream:
            head = stream.read(SNIFFED_BYTES)
    except DocumentError:
        return "unreadable file"
    if is_binary(head):
        return "binary file"
    is_script = file.suffix in (".js", ".mjs", ".css")
    if is_script and max(map(len, head.split(b"\n"))) > LONG_LINE_BYTES:
        return "minified or bundled"
    return None


def is_binary(head: bytes) -> bool:
    """Another kind by its beginning; or a NUL or many control characters, where no byte order mark allows them."""
    if head.startswith(tuple(FOREIGN_MAGIC)):
        return True
    if head.startswith(_UTF16_MARKS):
        return False
    controls = len(head.translate(None, _TEXT_CONTROLS))
    return b"\0" in head or controls * 100 > len(head) * CONTROL_PERCENT
