"""A package imports only from layers below it, and packages of one layer never import each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = (
    ("exchange.vocabulary",),
    ("exchange.matching", "exchange.ledger", "exchange.marketdata", "exchange.portfolio", "exchange.assay"),
    ("exchange.compliance", "exchange.catalogue", "exchange.delivery", "exchange.store", "exchange.spine"),
    ("exchange.runtime", "exchange.operations"),
    ("api", "simulations"),
)
LAYER = {package: number for number, packages in enumerate(LAYERS) for package in packages}
COMPOSED = {"exchange.runtime", "exchange.operations"}
"""The composition root and the flows over it are one thing in two places, and may import each other."""

PURE = LAYERS[1]
READS_FILES = {f"exchange/assay/{name}.py" for name in ("executors", "parquet_process", "parts", "pipeline", "store")}
IMPURE_MODULES = {
    "asyncio", "concurrent", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3",
    "sqlalchemy", "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
IMPURE_CALLS = {"open", "input", "print", "now", "utcnow", "today", "urandom"}
NATIVE_CORE = "tlx_core"
KNOWS_THE_CORE = "exchange/matching/native.py"


def sources() -> list[Path]:
    folders = [ROOT / name for name in ("exchange", "api", "simulations")]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def package_of(module: str) -> str | None:
    """The layered package that a module belongs to; None for what is not ours, or stands above all packages."""
    return next((package for package in LAYER if module == package or module.startswith(package + ".")), None)


def module_name(path: Path) -> str:
    return relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(tree: ast.AST, module: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(module.split(".")[: -node.level]) + "." if node.level else ""
            source = base + (node.module or "")
            yield from (f"{source}.{alias.name}" for alias in node.names)


def complaints(module: str, imports: Iterator[str]) -> list[str]:
    own = package_of(module)
    if own is None:
        return []
    found = []
    for name in imports:
        other = package_of(name)
        if other is None or other == own or {own, other} == COMPOSED:
            continue
        if LAYER[other] >= LAYER[own]:
            found.append(f"{module} (layer {LAYER[own]}) imports {name} (layer {LAYER[other]})")
    return found


def test_every_package_imports_only_from_layers_below() -> None:
    broken = [
        complaint
        for path in sources()
        for complaint in complaints(module_name(path), imported(ast.parse(path.read_text()), module_name(path)))
    ]
    assert not broken, "\n".join(broken)


def test_every_source_file_belongs_to_a_layer() -> None:
    homeless = [relative(path) for path in sources() if package_of(module_name(path)) is None]
    assert homeless == ["exchange/__init__.py"]


def test_the_machines_know_no_clock_no_files_and_no_chance() -> None:
    broken = []
    for path in sources():
        if package_of(module_name(path)) not in PURE or relative(path) in READS_FILES:
            continue
        tree = ast.parse(path.read_text())
        tops = {name.split(".")[0] for name in imported(tree, module_name(path))}
        broken += [f"{relative(path)} imports {name}" for name in sorted(tops & IMPURE_MODULES)]
        broken += [f"{relative(path)} calls {name}()" for name in sorted(called(tree) & IMPURE_CALLS)]
    assert not broken, "\n".join(broken)


def called(tree: ast.AST) -> set[str]:
    """Names of functions called, and of methods called on anything."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {f.id for f in calls if isinstance(f, ast.Name)} | {f.attr for f in calls if isinstance(f, ast.Attribute)}


def test_only_one_file_knows_the_native_core() -> None:
    knowing = [relative(path) for path in sources() if NATIVE_CORE in path.read_text()]
    assert set(knowing) <= {KNOWS_THE_CORE}


@pytest.mark.parametrize(
    ("module", "imports"),
    [
        ("exchange.matching.engine", "exchange.ledger.postings"),
        ("exchange.vocabulary.codec", "exchange.matching.engine"),
        ("exchange.store.projector", "exchange.delivery.vault"),
        ("exchange.delivery.vault", "exchange.runtime"),
        ("exchange.operations.listing", "api.app"),
        ("simulations.market", "api.app"),
    ],
)
def test_an_import_upwards_or_sideways_is_found(module: str, imports: str) -> None:
    assert complaints(module, iter([imports]))


@pytest.mark.parametrize(
    ("module", "imports"),
    [
        ("exchange.matching.engine", "exchange.vocabulary.codec"),
        ("exchange.runtime", "exchange.operations.bootstrap"),
        ("exchange.operations.listing", "exchange.runtime"),
        ("exchange.matching.engine", "exchange.matching.order_book"),
        ("api.app", "exchange.runtime"),
    ],
)
def test_an_import_downwards_or_within_a_package_is_fine(module: str, imports: str) -> None:
    assert not complaints(module, iter([imports]))
