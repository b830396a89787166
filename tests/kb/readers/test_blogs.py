"""Pages of blogs: the day of posting is not the event's, slides stay with their talk, buttons are removed."""

from pathlib import Path

import pytest

from kb.readers.formats import read_outline
from kb.report.model import Report
from kb.talks import report_of

GOLDEN = Path(__file__).parents[2] / "golden/readers"


def report(page: str) -> Report:
    return report_of(read_outline(page.encode(), "page.html"))


def article(words: str, head: str = "") -> str:
    title = "夜の会 2018"
    return (
        f"<html><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{words}</article></body></html>"
    )


@pytest.mark.parametrize(
    ("name", "held_on", "published"),
    [("blog-note.html", None, "2018-01-16"), ("blog-hatena.html", "2018-01-15", "2018-01-16")],
)
def test_the_day_of_posting_is_not_the_day_of_the_event(name: str, held_on: str | None, published: str) -> None:
    found = report_of(read_outline((GOLDEN / name).read_bytes(), name))

    assert (found.held_on, found.published) == (held_on, published)


@pytest.mark.parametrize(
    ("head", "mark", "published"),
    [
        ('<meta property="article:published_time" content="2018-01-16T08:00:00+09:00">', "2018-01-16", "2018-01-16"),
        ('<meta property="article:published_time" content="1516028400">', "2018-01-15T15:00:00Z", "2018-01-16"),
        ("", "2018-01-16T09:00", "2018-01-16"),
        ('<script type="application/ld+json">{"datePublished": "2018-01-16"}</script>', "2018-01-16", "2018-01-16"),
        ('<meta property="article:published_time" content="soon">', "later", None),
        ('<meta property="article:published_time" content="9999-12-31T23:59:59-12:00">', "2018-13-45", None),
    ],
)
def test_a_time_element_above_the_article_is_the_day_of_posting(head: str, mark: str, published: str | None) -> None:
    found = report(article(f'<div><time datetime="{mark}">2018年1月16日</time></div><p>夜の会に行った。</p>', head))

    assert (found.published, found.held_on == "2018-01-16") == (published, published is None)


def test_a_time_element_in_the_text_of_the_author_stays() -> None:
    head = '<meta property="article:published_time" content="2018-01-16">'
    found = report(article('<p>開催日: <time datetime="2018-01-15">2018年1月15日</time></p>', head))

    assert (found.held_on, found.published) == ("2018-01-15", "2018-01-16")


@pytest.mark.parametrize(
    "line",
    [
        "スポンサーリンク",
        "スポンサードリンク",
        "Tweet",
        "シェアする",
        "LINEで送る",
        "【Sponsored Link】",
        "広告",
        "シェア",
        "いいね！",
        "共有:",
        "クリックして Twitter で共有 (新しいウィンドウで開きます)",
        "URLをコピーする",
        "Share on X",
    ],
)
def test_lines_that_a_blog_adds_are_removed(line: str) -> None:
    found = report(article(f"<p>{line}</p><ul><li>{line}の話</li><li>鍵</li></ul><h2>{line}</h2><p>終わり。</p>"))

    assert [note.text for note in found.notes] == [f"{line}の話", "鍵", "終わり。"]


@pytest.mark.parametrize(
    "embed",
    [
        '<iframe src="https://hatenablog-parts.com/embed?url=https%3A%2F%2Fspeakerdeck.com%2Fx%2Fkagi"></iframe>',
        '<figure embedded-service="speakerdeck" data-src="https://speakerdeck.com/x/kagi"></figure>',
        '<iframe src="https://qiita.com/card#a" data-content="https%3A%2F%2Fspeakerdeck.com%2Fx%2Fkagi"></iframe>',
        '<iframe src="https://zenn.dev/card#a" data-content="https%3A%2F%2Fspeakerdeck.com%2Fx%2Fkagi"></iframe>',
        '<iframe src="about:blank" data-lazy-src="https://speakerdeck.com/x/kagi"></iframe>',
        '<iframe src="//speakerdeck.com/x/kagi"></iframe>',
        '<a href="https://speakerdeck.com/x/kagi"><div><img src="a.png"></div><div>鍵の話</div></a>',
        '<a href="https://speakerdeck.com/x/kagi">鍵の話</a>',
        "<p>https://speakerdeck.com/x/kagi</p>",
    ],
)
def test_embedded_slides_belong_to_their_talk(embed: str) -> None:
    found = report(
        article(
            f"<h2>【A】19:00~19:30: 鍵の話</h2>{embed}<ul><li>鍵</li></ul><h2>【B】19:30~20:00: 錠の話</h2><p>錠。</p>"
        )
    )

    assert [(talk.track, talk.links) for talk in found.talks] == [("A", ("https://speakerdeck.com/x/kagi",)), ("B", ())]


@pytest.mark.parametrize(
    "film", ["https://www.youtube.com/embed/a", "https://www.youtube-nocookie.com/embed/a", "https://youtu.be/a"]
)
def test_an_embedded_film_belongs_to_its_talk(film: str) -> None:
    found = report(article(f'<h2>【A】19:00~19:30: 鍵の話</h2><iframe src="{film}"></iframe><ul><li>鍵</li></ul>'))

    assert [talk.links for talk in found.talks] == [(film,)]


@pytest.mark.parametrize("bold", ["<strong>{}</strong>", "<b>{}</b>", '<span style="font-weight: bold;">{}</span>'])
def test_bold_lines_over_lists_are_headings(bold: str) -> None:
    first, second = bold.format("鍵の話"), bold.format("錠の話")
    found = report(article(f"<p>{first}</p><ul><li>鍵</li></ul><p>{second}<br>・錠は一つ<br>　・錠は二つ</p>"))

    assert [(note.depth, note.text, note.trail[0].text) for note in found.notes] == [
        (0, "鍵", "鍵の話"),
        (0, "錠は一つ", "錠の話"),
        (1, "錠は二つ", "錠の話"),
    ]


def test_a_diary_has_the_day_of_posting_in_its_heading() -> None:
    """Diaries of Hatena have it nowhere else."""
    page = """<html><head><title>2018-01-16 夜の会 2018 に行った - 日記</title></head><body><div class="day">
      <h2><span class="date"><a href="/x/20180116">2018-01-16</a></span><span class="title">夜の会 2018 に行った</span></h2>
      <div class="body"><h3><span class="sanchor">■</span>はじめに</h3><p>会場は駅の前。2018年1月15日開催。</p>
      <ul><li>鍵は借りる</li><li>錠は貸す</li></ul><p class="sectionfooter">コメント(0)</p></div></div></body></html>"""
    found = report(page)

    assert (found.event, found.held_on, found.published) == ("夜の会 2018", "2018-01-15", "2018-01-16")
    assert [note.text for note in found.notes] == ["会場は駅の前。2018年1月15日開催。", "鍵は借りる", "錠は貸す"]
