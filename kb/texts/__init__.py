"""What people read, one room a language; what is a sentence in English is found in the catalogues of the others."""

import gettext
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.sentences import Sentence

CATALOGUES = Path(__file__).parent / "catalogues"
DOMAIN = "kb"  # what gettext calls the catalogue: catalogues/ja/LC_MESSAGES/kb.mo


def in_language(language: str, sentence: "Sentence") -> str:
    """Return a sentence as the catalogue of a language has it."""
    return sentence.spoken(gettext.translation(DOMAIN, CATALOGUES, [language]).gettext)
