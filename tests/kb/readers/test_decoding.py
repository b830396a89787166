"""Texts are decoded from every encoding; files without a report are refused in one line that says what to do."""

import io
import json
import random
import zipfile
from itertools import product

import pytest
from marks import SENTENCES

from kb.readers.decoding import DecodedText, decode
from kb.readers.formats import read_outline
from kb.report.problems import UnreadableError

DAMAGED = "a saved page that is damaged; save it again"


def refused(data: bytes, name: str = "a.bin") -> str:
    with pytest.raises(UnreadableError) as error:
        read_outline(data, name)
    return str(error.value)


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "application/epub+zip" if name == "mimetype" else "<x/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7\n1 0 obj", "a PDF; copy its text"),
        (b"\n%PDF-1.4", "a PDF; copy its text"),
        (zipped("[Content_Types].xml", "word/document.xml"), "a document of a word processor; save it as a web page"),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), "slides; copy what they say"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "a spreadsheet; copy the notes"),
        (zipped("mimetype", "OEBPS/a.xhtml"), "a book; copy the notes"),
        (zipped("Index/Document.iwa"), "a document of iWork; save it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "a file of an older Office; save it"),
        (rb"{\rtf1\ansi x}", "a document of a word processor; save it"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a picture; write what it says"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)), "a picture; write what it says"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "a picture; write what it says"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(99), "a picture; write what it says"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(99), "a recording; write what is said"),
        (b"ID3\x03\x00" + bytes(99), "a recording; write what is said"),
        (b'{"a": [1, 2]}', "JSON that is not a supported export; export the notes"),
        (b'\xef\xbb\xbf[\n  {"a": 1}\n]\n', "JSON that is not a supported export; export the notes"),
        (b'<?xml version="1.0"?>\n<rss><channel><item/></channel></rss>', "XML that is not a page; export the posts"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><text>x</text></svg>", "XML that is not a page; export the posts"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x--", DAMAGED),
        (b"bplist00 WebMainResource" + (10**12).to_bytes(14, "big") + bytes(18), DAMAGED),
        (bytes(range(128, 256)) * 9, "not a text file; save the report as Markdown or text in UTF-8"),
        (bytes(1000), "not a text file; save the report as Markdown or text in UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)  # fmt: skip
def test_a_file_without_a_report_is_refused_by_its_kind(data: bytes, message: str) -> None:
    refusal = refused(data)

    assert (refusal.startswith(f"a.bin: {message}"), "\n" in refusal) == (True, False)


@pytest.mark.parametrize("ending", ["csv", "CSV", "tsv"])
def test_a_table_as_text_is_recognised_by_its_ending(ending: str) -> None:
    assert refused("名,値\n速さ,3\n".encode(), f"a.{ending}").startswith(f"a.{ending}: a spreadsheet; copy the notes")


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ipynb"])
def test_truncated_json_is_recognised_by_its_ending(name: str) -> None:
    assert refused(json.dumps({"a": ["語"] * 9}).encode()[:-20], name).startswith(
        f"{name}: JSON that is not a supported export"
    )


@pytest.mark.parametrize(
    "text",
    [
        "ID3タグの話\n\n- 一\n",
        "BMWの話\n\n- 一\n",
        "PKの話\n\n- 一\n",
        "[[リンク]]の話\n\n- 一\n\n[[他]]",
        "[1]\n\n- 一\n",
        "{{< youtube abc >}}\n- 一\n",
        '<?xml version="1.0"?>\n<html><body><ul><li>一</li></ul></body></html>',
        "%PDFの話\n\n- 一\n",
    ],
)
def test_a_report_that_begins_like_such_a_file_is_read(text: str) -> None:
    assert "一" in [block.text for block in read_outline(text.encode(), "a.md").blocks]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp"])
def test_texts_are_decoded_as_they_were_encoded(encoding: str) -> None:
    chance = random.Random(encoding)  # noqa: S311 - texts to read, no secrets
    wrong = []
    for ending, number in product(["\n", "\r\n", "\r", ""], range(50)):
        lines = [f"- {chance.choice(SENTENCES)}" for _ in range(number // 10 + 1)]
        text = ending.join(lines) + ending
        decoded = decode(text.encode(encoding))
        if decoded is None or (decoded.text, decoded.encoding) != (text, encoding):
            wrong.append(text)

    assert wrong == []


@pytest.mark.parametrize(
    "data", [b"\x89BIN\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), bytes(range(128, 256)) * 9]
)
def test_a_binary_file_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"^写真\.bin: not a text file; save the report as .* UTF-8$"):
        read_outline(data, "写真.bin")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp"])
def test_the_encoding_is_detected_from_the_bytes(encoding: str) -> None:
    text = "障害の振り返り:キューが詰まる"

    assert decode(text.encode(encoding)) == DecodedText(text, encoding)


def test_a_broken_character_is_a_warning_and_the_rest_is_read() -> None:
    outline = read_outline("- 一行目は長い文です\n- 二行目も長い文です\n- 三".encode() + b"\xe3\x81", "r.md")

    assert [warning.line for warning in outline.warnings] == [3]
    assert outline.blocks[0].text == "一行目は長い文です"
