"""The index starts light."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("module", ["engine", "query", "schema", "query_parser", "query_words", "analysis", "text"])
def test_a_module_is_imported_without_the_heavy_libraries(module: str) -> None:
    heavy = ["sudachipy", "whoosh", "numpy", "rapidfuzz"]
    script = f"import sys, index.{module}; print([name for name in {heavy} if name in sys.modules])"

    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)

    assert told.stdout == "[]\n"
