"""What the page says, a room a language; `texts` is that of the request, and templates know it as `t`.

Every language has the same names: labels, sentences, and as `shared` what commands say too (`kb.texts`).
"""

from types import ModuleType
from typing import TYPE_CHECKING

from werkzeug.local import LocalProxy

from kb.translation import language
from webui.texts import en, ja

LANGUAGES: dict[str, ModuleType] = {"ja": ja, "en": en}
"""The first is spoken where nobody asks for one, as the notes themselves are in it."""

if TYPE_CHECKING:
    from webui.texts import ja as texts
else:
    texts = LocalProxy(lambda: LANGUAGES[language()])


__all__ = ["LANGUAGES", "texts"]
