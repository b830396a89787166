"""Scripts of the tests: their imports exist, although some need libraries that are rarely installed."""

import ast
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
OURS = ("index", "kb", "webui")


def test_all_that_a_script_imports_from_us_is_there() -> None:
    scripts = [path for path in (ROOT / "tests").rglob("*.py") if not path.name.startswith("test_")]
    missing = [
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for path in scripts
        for module, name in imported(path)
        if not is_there(module, name)
    ]

    assert (missing, len(scripts) > 50) == ([], True)


def test_every_module_has_tests_in_the_table() -> None:
    table = tomllib.loads((ROOT / "tests/mutation/where.toml").read_text("utf-8"))
    modules = [path for name in OURS for path in (ROOT / name).rglob("*.py") if path.name != "__init__.py"]
    paths = {path.relative_to(ROOT).as_posix() for path in (*modules, *(ROOT / name for name in OURS))}
    folders = {folder for path in paths for folder in map(str, PurePosixPath(path).parents)}

    assert sorted(set(table) - paths - folders) == []
    assert [path for path in paths if not {path, *map(str, PurePosixPath(path).parents)} & set(table)] == []
    assert [test for tests in table.values() for test in tests if not (ROOT / "tests" / test).exists()] == []
    assert all(tests for tests in table.values())


def imported(script: Path) -> Iterator[tuple[str, str]]:
    """Yield what a script imports from us, wherever in it: each module, and what of it, empty for the module itself."""
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in OURS:
            yield from ((node.module, one.name) for one in node.names)
        elif isinstance(node, ast.Import):
            yield from ((one.name, "") for one in node.names if one.name.partition(".")[0] in OURS)


def is_there(module: str, name: str) -> bool:
    try:
        if not hasattr(import_module(module), name or "__name__"):
            import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return False
    return True
