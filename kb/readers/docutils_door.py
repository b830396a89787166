"""The door to docutils: a text made into its tree, without files, raw HTML, configuration or noise."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import ClassVar

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, Parser, directives
from docutils.parsers.rst.states import Inliner

from kb.readers.contract import DEEPEST

_SETTINGS = {
    "file_insertion_enabled": False,  # a report may not read the files of who reads it
    "raw_enabled": False,
    "_disable_config": True,  # a docutils.conf does not decide how a report is read
    "report_level": 5,  # nothing is odd enough for stderr: it stands in the tree
    "halt_level": 5,
    "warning_stream": False,
    "doctitle_xform": False,  # the title stays a section, which has a line
    "docinfo_xform": False,
    "smart_quotes": False,
}
# docutils copies the rest of a paragraph for each mark in it, and makes a report of 0.1 ms of each that leads nowhere:
# 90 kB of `a_ ` take it 45 s. A longer paragraph is no prose, and a thousand links have 3,000 marks; beyond, marks are
# text.
_LONGEST_INLINE, _MOST_MARKS = 10_000, 20_000
_MARK = re.compile(r"[`*_|]")
_DEEPEST_INDENT = DEEPEST + 2  # deep enough to be warned of; docutils exhausts the stack of Python below 200
_OTHER_ENDS = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")  # docutils would end lines there, we do not
_ROLE_TARGET = re.compile(r"\s*<[^<>]*>$")  # :doc:`words <target>`
_ENDLESS_NUMBER = re.compile(r"(?<![0-9(\\])(?=\(?[0-9]{1000,}[.)])")  # docutils makes an int of it, Python none
_NESTED_MARKS = re.compile(rf"(?P<kept>\s*(?:[-*+•]\s+){{{_DEEPEST_INDENT}}})(?:[-*+•]\s+)++")


def document_of(lines: Sequence[str]) -> nodes.document:
    """Return the tree of a text of `lines`; the lines of its nodes are counted as ours are."""
    source = _OTHER_ENDS.sub(" ", "\n".join(_shallow(lines)).replace("\0", " "))
    source = _ENDLESS_NUMBER.sub(r"\\", source)  # escaped, it begins no item
    return publish_doctree(source, parser=_Parser(inliner=_Inliner()), settings_overrides=_SETTINGS)


def _shallow(lines: Sequence[str]) -> Iterator[str]:
    """Yield `lines`, those indented below more others than any list is indented no more than the deepest."""
    indents: list[int] = []
    for line in lines:
        words = line.lstrip(" \t")
        indent = len(line[: len(line) - len(words)].expandtabs())
        while words and indents and indents[-1] > indent:
            indents.pop()
        if words and indent > (indents[-1] if indents else -1):
            indents.append(indent)
        too_deep = words and len(indents) > _DEEPEST_INDENT
        yield _NESTED_MARKS.sub(r"\g<kept>", " " * indents[_DEEPEST_INDENT] + words if too_deep else line)


class _Parser(Parser):  # type: ignore[misc]
    """The parser of docutils, which refuses a whole file for a line of 10,000 characters."""

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Parse lines of any length; what nested substitutions grow to, a power of their length, stays limited."""
        limit, document.settings.line_length_limit = document.settings.line_length_limit, len(inputstring)
        super().parse(inputstring, document)
        document.settings.line_length_limit = limit


class _Inliner(Inliner):  # type: ignore[misc]
    """The marks within a paragraph; roles, which every site has its own of, are read as their words."""

    # docutils looks for its patterns in the class itself, not in those above it.
    vars().update((name, value) for name, value in vars(Inliner).items() if isinstance(value, str) and name[0] != "_")
    _marks = 0  # in the document so far

    def parse(
        self, text: str, lineno: int, memo: object, parent: nodes.Element
    ) -> tuple[list[nodes.Node], list[nodes.Node]]:
        """Return the nodes of a paragraph's text, and what docutils has to say of it."""
        self._marks += len(_MARK.findall(text))
        if len(text) > _LONGEST_INLINE or self._marks > _MOST_MARKS:
            return [nodes.Text(text)], []
        return super().parse(text, lineno, memo, parent)  # type: ignore[no-any-return]

    def interpreted(
        self, rawsource: str, text: str, _role: str, _line: int
    ) -> tuple[list[nodes.Node], list[nodes.Node]]:
        """Return the words of a role."""
        return [nodes.inline(rawsource, _ROLE_TARGET.sub("", nodes.unescape(text)))], []


class _Code(Directive):  # type: ignore[misc]
    """Code with whatever options Sphinx knows: docutils knows one of them and drops the code for the others."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = defaultdict(lambda: directives.unchanged, name=directives.unchanged)

    def run(self) -> list[nodes.Node]:
        """Return the code, or nothing to be seen where there is none."""
        text = "\n".join(self.content)
        node = nodes.literal_block(text, text) if text else nodes.comment(self.block_text, "")
        node.line = self.content_offset + 1 if text else self.lineno
        return [node]


class _Unseen(_Code):
    """What a page shows nothing of, or nothing that the report says itself."""

    def run(self) -> list[nodes.Node]:
        """Return nothing to be seen."""
        node = nodes.comment(self.block_text, "")
        node.line = self.lineno
        return [node]


for _name in ("code", "code-block", "sourcecode"):
    directives.register_directive(_name, _Code)
for _name in ("contents", "highlight", "index", "toctree"):
    directives.register_directive(_name, _Unseen)
