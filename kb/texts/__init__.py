"""What people read, one room a language; what is a sentence in English is found in the catalogues of the others."""

import os

TYPE_CHECKING = False  # to import typing takes as long as the rest of `kb --help`
if TYPE_CHECKING:
    from index.messages import Message

CATALOGUES = os.path.join(os.path.dirname(__file__), "catalogues")  # noqa: PTH118, PTH120 (so does pathlib)
DOMAIN = "kb"  # what gettext calls the catalogue: catalogues/ja/LC_MESSAGES/kb.mo


def in_language(language: str, message: "Message") -> str:
    """Return a sentence as the catalogue of a language has it."""
    import gettext  # noqa: PLC0415  # for who reads another language than English

    return message.translated(gettext.translation(DOMAIN, CATALOGUES, [language]).gettext)
