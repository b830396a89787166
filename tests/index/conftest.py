"""Fixtures: empty engines of each kind, and the folder of an index."""

from itertools import count
from pathlib import Path

import pytest
from clustered import on_a_cluster
from engines import PARSER, SCHEMA, Make
from scan_engine import ScanEngine

from index.whoosh_engine import WhooshEngine


@pytest.fixture(params=["whoosh", "scan", pytest.param("cluster", marks=pytest.mark.cluster)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Return a function that makes empty engines of one kind."""
    folders = (tmp_path / f"index-{number}" for number in count())
    if request.param == "scan":
        return lambda: ScanEngine(SCHEMA, PARSER)
    if request.param == "cluster":
        return lambda: on_a_cluster(next(folders))
    return lambda: WhooshEngine(next(folders), SCHEMA, lambda _meta: PARSER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"
