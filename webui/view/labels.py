"""What a search is called in a line: its words and the names of what it is narrowed to."""

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from webui.texts import texts


def named(query: Query, knowledge_base: KnowledgeBase) -> str:
    """Return the words of a search and what its selections are called; nothing for that of all notes."""
    contents = knowledge_base.collection.contents()
    words = [query.text] if query.text else []
    for group, values in query.selections:
        labels = knowledge_base.searcher.labels(group, contents)
        words += [texts.value(group, value, labels.get(value, value)) for value in values]
    return texts.names(words)
