"""Scripts beside the tests, some of which need libraries that only few have: what they import from us is there."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

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
