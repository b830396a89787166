"""Text to HTML: the one place where marks become elements, every character of a note escaped."""

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

_BEGIN, _END, _JOINED = Markup("<mark>"), Markup("</mark>"), Markup("")


def marked(text: str, marks: Iterable[tuple[int, int]]) -> Markup:
    """Return a text as HTML, its marked ranges (in code points) in `<mark>`; overlapping ranges are joined."""
    html, done = list[Markup](), 0
    for begin, end in sorted(marks):
        start = max(begin, done)
        if end <= start:
            continue
        html += escape(text[done:start]), _BEGIN, escape(text[start:end]), _END
        done = end
    return _JOINED.join([*html, escape(text[done:])])


@lru_cache(2_000)
def checkbox(group: str, value: str, name: str, selected: bool) -> Markup:  # noqa: FBT001  # called as a filter
    """Return the box that selects a value of a group; kept, for a page has hundreds, and the next most of the same."""
    checked = Markup(" checked") if selected else ""
    box = Markup('<input type="checkbox" form="search" name="{0}" value="{1}"{2}>\n  <span>{3}</span>')
    return box.format(group, value, checked, name)
