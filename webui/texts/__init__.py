"""What the page says, a room a language; `texts` is that of the request, and templates know it as `t`.

Every language has the same names: labels, sentences, and as `shared` what commands say too (`kb.texts`).
"""

from contextvars import ContextVar
from types import ModuleType
from typing import TYPE_CHECKING

from werkzeug.local import LocalProxy

from webui.texts import en, ja

LANGUAGES: dict[str, ModuleType] = {"ja": ja, "en": en}
"""The first is spoken where nobody asks for one, as the notes themselves are in it."""

spoken: ContextVar[str] = ContextVar("spoken", default="ja")
"""The language of the request that is being answered."""

if TYPE_CHECKING:
    from webui.texts import ja as texts
else:
    texts = LocalProxy(lambda: LANGUAGES[spoken.get()])


__all__ = ["LANGUAGES", "spoken", "texts"]
