"""The page: a Flask app that is a function of a KnowledgeBase."""
