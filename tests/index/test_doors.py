"""What others may use of the index, and that it starts light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import index

ROOT = Path(__file__).resolve().parents[2]


def test_others_import_only_what_the_index_names() -> None:
    imported = {
        module
        for room in ("kb", "webui")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for module in modules_of_the_index(node)
    }

    assert imported - set(index.__all__) == set()


def modules_of_the_index(node: ast.AST) -> list[str]:
    """Return the modules and packages directly in `index` that an import names, those inside of packages with a dot."""
    match node:
        case ast.ImportFrom(module="index", names=names):
            return [name.name for name in names]
        case ast.ImportFrom(module=str(module)) if module.startswith("index."):
            return [module.removeprefix("index.")]
        case ast.Import(names=names):
            return [name.name.removeprefix("index.") for name in names if name.name.startswith("index.")]
    return []


@pytest.mark.parametrize("module", ["engine", "query", "schema", "query_parser", "query_words", "analysis", "text"])
def test_a_module_is_imported_without_the_heavy_libraries(module: str) -> None:
    heavy = ["sudachipy", "whoosh", "numpy", "rapidfuzz"]
    script = f"import sys, index.{module}; print([name for name in {heavy} if name in sys.modules])"

    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)

    assert told.stdout == "[]\n"
