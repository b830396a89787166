"""Files that hold no report are refused in one line, which says what they are and what to do."""

import io
import json
import zipfile

import pytest

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
    ("data", "told"),
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
        (b'{"a": [1, 2]}', "JSON that is no export which is read; export the notes"),
        (b'\xef\xbb\xbf[\n  {"a": 1}\n]\n', "JSON that is no export which is read; export the notes"),
        (b'<?xml version="1.0"?>\n<rss><channel><item/></channel></rss>', "XML that is no page; export the posts"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><text>x</text></svg>", "XML that is no page; export the posts"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x--", DAMAGED),
        (b"bplist00 WebMainResource" + (10**12).to_bytes(14, "big") + bytes(18), DAMAGED),
        (bytes(range(128, 256)) * 9, "not a text file; save the report as Markdown or text in UTF-8"),
        (bytes(1000), "not a text file; save the report as Markdown or text in UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)  # fmt: skip
def test_it_says_what_it_is_and_what_to_do(data: bytes, told: str) -> None:
    message = refused(data)

    assert (message.startswith(f"a.bin: {told}"), "\n" in message) == (True, False)


@pytest.mark.parametrize("ending", ["csv", "CSV", "tsv"])
def test_a_table_in_a_text_is_known_by_its_ending(ending: str) -> None:
    assert refused("名,値\n速さ,3\n".encode(), f"a.{ending}").startswith(f"a.{ending}: a spreadsheet; copy the notes")


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ipynb"])
def test_json_that_is_cut_off_is_known_by_its_ending(name: str) -> None:
    assert refused(json.dumps({"a": ["語"] * 9}).encode()[:-20], name).startswith(f"{name}: JSON that is no export ")


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
def test_a_report_that_begins_like_one_of_them_is_read(text: str) -> None:
    assert "一" in [block.text for block in read_outline(text.encode(), "a.md").blocks]
