"""The start page shows first: notes that are sure, of several reports, and about the matter of talks."""

import html
import re
from collections.abc import Callable, Mapping

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from kb.report.model import LineReading
from kb.talks import line_keys, lines_of
from webui.app import create_app

RULE = "会場では飲食をしないでください、SQSの列にも並ばないこと"
FIRST, SECOND = "SQS は送り先を冪等にしておくこと、二度届く", "SQS の可視性タイムアウトは長めにしておくこと"
REPORTS = {
    "a.md": f"# 鍵の会 2019\n\n## 会場の話\n\n- {RULE}\n",
    "b.md": f"# 錠の会 2018\n\n## キューの話\n\n- {FIRST}\n- ECS の話もあった\n",
    "c.md": f"# 蔵の会 2017\n\n## 列の話\n\n- {SECOND}\n",
}


def read_as_advice(kb: KnowledgeBase, of_the_event: str) -> None:
    """Let an assistant say that each bullet is advice, one of them about the event itself."""
    for entry in kb.browser.reports():
        lines = lines_of(kb.browser.outline(entry.id).blocks)
        said = {
            key: LineReading(key, "Anna", "", kind="advice", about="event" if line.text == of_the_event else "matter")
            for line, key in zip(lines, line_keys(lines), strict=True)
            if line.type == "bullet"
        }
        kb.collection.library.keep_readings(entry.source, lambda _before, said=said: said)
    kb.indexer.sync()


@pytest.fixture
def client(indexed: Callable[[Mapping[str, str]], KnowledgeBase]) -> FlaskClient:
    kb = indexed(REPORTS)
    read_as_advice(kb, RULE)
    return create_app(kb).test_client()


def test_the_answer_at_the_top_is_of_several_reports_and_no_rule_of_the_house(client: FlaskClient) -> None:
    section = re.search(r'<section class="card answers".*?</section>', client.get("/").text, re.DOTALL)
    assert section
    quotes = [
        html.unescape(re.sub("<[^>]*>", "", one)).strip()
        for one in re.findall(r"<p data.*?</p>|<p lang.*?</p>|<blockquote>.*?</blockquote>", section[0], re.DOTALL)
    ]

    assert sorted(quotes) == sorted([FIRST, SECOND])


def test_the_search_for_advice_begins_with_the_matter_of_talks(client: FlaskClient) -> None:
    page = client.get("/").text
    (address,) = re.findall(r'<a class="chip" href="([^"]*kind=advice[^"]*)">', page)
    found = client.get(html.unescape(address), headers={"Accept": "application/json"}).json

    assert (found["hits"][-1]["text"], found["total"]) == (RULE, 4)


def test_only_services_of_several_reports_are_offered_where_there_are_any(client: FlaskClient) -> None:
    offered = re.findall(r'<a class="chip" href="/\?service=(\w+)">', client.get("/").text)

    assert offered == ["sqs"]


def test_a_library_of_one_report_shows_what_it_has(
    indexed: Callable[[Mapping[str, str]], KnowledgeBase],
) -> None:
    client = create_app(indexed({"b.md": REPORTS["b.md"]})).test_client()
    page = client.get("/").text

    assert re.findall(r'<a class="chip" href="/\?service=(\w+)">', page) == ["ecs", "sqs"]
