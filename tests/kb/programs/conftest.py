"""A knowledge base that programs ask."""

import pytest
from noted import opened

from kb.knowledge_base import KnowledgeBase


@pytest.fixture(scope="session")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return opened(tmp_path_factory.mktemp("programs"))
