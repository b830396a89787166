"""What holds for every test: no deadline for an example, and no folder of whoever runs the tests."""

import os
import tempfile

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes tells of the machine's load, not of our code.
settings.register_profile("new", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A run is judged by what was changed since the last one: it has the same examples. `make soak` looks for new ones.
settings.register_profile("same", settings.get_profile("new"), derandomize=True)
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """Keep indexes and compiled words in a cache of this run, which its worker processes inherit."""
    for name in ("KB_ENGINE", "KB_INDEX", "KB_LIBRARY", "KB_TOKEN", "KB_EMBEDDING_KEY"):
        os.environ.pop(name, None)
    os.environ["KB_EMBEDDING"] = "none"  # a vector takes as long as a test; what is about them brings its own model
    if not hasattr(config, "workerinput"):
        cache = tempfile.TemporaryDirectory(prefix="kb-tests-")
        config.add_cleanup(cache.cleanup)
        os.environ["XDG_CACHE_HOME"] = cache.name
