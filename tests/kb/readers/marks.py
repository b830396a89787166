"""Random texts with the marks that readers look for."""

from hypothesis import strategies as st

# Marks of plain text and Markdown.
PLAIN = (
    "  • ", "    • ", "  1. ", "- ", "* ", "+ ", "1) ", "・", "– ", "#", "## ", ">", "```", "~~~", "---", "+++",
    "===", "|a|b|", "\t",
    " ", "    ", "\u3000", "\n", "\n\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\x00", "\x1b", "\ufeff",
    "\u200b", "か\u3099",
    "title: x", "[", "](", "!", "<", ">", "<b>", "<!-- ", "-->", "</p>", "&amp;", "\\", "*", "_", "`", ":::",
    "@[a](b)", "{{< ", " >}}",
    "{% x %}", "[https://e.jp:title]", "https://e.jp/x", "e.jp", "【A】10:00~11:00:", "さん", "です。", "SQS", "順番", "まとめ",
    "🙂",
)  # fmt: skip
# Marks of all readers. A new reader adds its own.
MARKS = (
    *PLAIN,
    "<html>", "<ul>", "<li>", "</li>", "</ul>", "<h2>", "</h2>", "<p>", "<br>", "<table><tr><td>", "<pre>",
    "<a href='https://e.jp'>",
    ".. ", "::", ".. note:: ", ".. code-block:: x", ".. _a: https://e.jp/", ":場所: ", "`a <https://e.jp/>`_", "====",
    "|a| ", "a_ ",
    "[* 語]", "[語 https://e.jp/]", "[a.icon]", "code:a", "table:a",
    "#+TITLE: x\n", "#+begin_src\n", "#+end_src\n", "[[https://e.jp][x]]", ":END:\n", "= ", "== ", "=== ", "** ", ". ",
    "----\n", "|===\n", "[source]\n", "https://e.jp[x]", "//list{\n", "//}\n", "@<b>{x}", "@<href>{https://e.jp, x}",
    "> [!note]", "%%", "<aside>", '{"lines": [', '"語",\n', "]}", " 語\n", "  語\n",
    "TITLE: ", "DATE: 03/12/2018", "-----\n", "BODY:\n", "--------\n", "COMMENT:\n", "CONVERT BREAKS: markdown\n",
    "+--+--+", ".. [1] ", ":doc:`x`", "| ", "-a  ", ">>> ", ".. list-table::", "   ", "* * ",
)  # fmt: skip

# Dissimilar notes.
SENTENCES = (
    "キューは順番を守らない", "冪等に作れば二度届いても困らない", "監視は外側からも行う", "Lambdaの同時実行数を抑える", "質問が多かった",
    "表の設計を先に決める", "ログは構造化して残す", "小さく始めて測る", "料金は月末に見直す", "障害は訓練しておく",
)  # fmt: skip


def made_of(marks: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Return a strategy for texts with these marks and other characters."""
    return st.lists(st.sampled_from(marks) | st.text(max_size=4), max_size=40).map("".join)


texts, plain_texts = made_of(MARKS), made_of(PLAIN)
