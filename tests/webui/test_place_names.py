"""A note outside of talks stands under the title of its report, wherever one reads where it stands."""

import html
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

TITLE = "箱と鍵の夕べに行ってきた"
REPORT = f"""\
# {TITLE}

- SQS は順番を守らない
- 課題: SQS のメッセージが詰まって困った
  - 対策: SQS の可視性タイムアウトを延ばす

## 【A】11:10~12:00:キューの話

- Lambda は短い
"""
LINK = r'href="[^"]*/report/[^"]*">{title}</a>'
PAGES = {
    "/?q=順番&lang=ja": LINK,
    "/?q=順番&lang=en": LINK,
    "/service/sqs": LINK,
    "/guide/sqs": LINK,
    "/guide/sqs.md": "— {title}",
    "/pairs": LINK,
    "/sheet?q=順番": "<h2[^>]*>{title}</h2>",
    "/export.csv?q=順番": ",{title},",
    "/export.md?q=順番": "## {title}\n",
    "/feed?q=順番": LINK,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("places")
    (folder / "library").mkdir()
    (folder / "library" / "a.md").write_text(REPORT, "utf-8")
    knowledge_base(folder).indexer.sync()
    return folder


def knowledge_base(folder: Path) -> KnowledgeBase:
    return KnowledgeBase.open(folder / "library", folder / "index")


@pytest.fixture(scope="module")
def client(folder: Path) -> FlaskClient:
    return create_app(knowledge_base(folder)).test_client()


@pytest.mark.parametrize("address", PAGES)
def test_every_page_tells_the_report_of_a_note_outside_of_talks(client: FlaskClient, address: str) -> None:
    assert re.search(PAGES[address].format(title=TITLE), html.unescape(client.get(address).text))


def test_a_citation_tells_the_report_of_a_note_outside_of_talks(client: FlaskClient, folder: Path) -> None:
    outside, *_, inside = knowledge_base(folder).browser.report(report_id(folder))[1]

    cited = [client.get(f"/cite/{note.id}").text for note in (outside, inside)]
    assert [TITLE in text for text in cited] == [True, False]


@pytest.mark.parametrize("command", [("search", "順番"), ("pairs",), ("show", "REPORT")])
def test_the_terminal_tells_the_report_of_a_note_outside_of_talks(folder: Path, command: tuple[str, ...]) -> None:
    named = [report_id(folder) if word == "REPORT" else word for word in command]
    places = ["--library", str(folder / "library"), "--index", str(folder / "index")]
    lines = CliRunner().invoke(cli, [*places, *named]).output.splitlines()

    assert any(line.endswith(TITLE) for line in lines)


def report_id(folder: Path) -> str:
    (entry,) = knowledge_base(folder).browser.reports()
    return entry.id
