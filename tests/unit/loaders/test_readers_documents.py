"""YAML and XML: records by pointer and path; small texts stay small."""

from __future__ import annotations

import io
from typing import Any

import pytest

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, Span, reader_for

XML = b"""<?xml version="1.0"?><list xmlns="urn:x" made="2026"><!-- note -->
<group id="g"><item id="1">one <b>two</b></item><item id="2"/></group><item id="3"/></list>"""


def read(name: str, data: bytes, **options: Any) -> list[Record]:
    return list(reader_for(name)(io.BytesIO(data), Options(**options)))


def test_yaml_is_read_like_json_and_days_are_text() -> None:
    data = b"rows:\n- {id: a, since: 2026-03-01, share: 0.5, live: yes}\n- {id: b, seen: 2026-03-01T09:30:00Z}\n"
    assert read("yaml", data, records="/rows/*") == [
        Record("/rows/0", {"id": "a", "since": "2026-03-01", "share": 0.5, "live": True}),
        Record("/rows/1", {"id": "b", "seen": "2026-03-01T09:30:00+00:00"}),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: [1", "not YAML at line 2: "),
        (b"a: 1\na: 2", "not YAML at line 2: key 'a' is given twice"),
        (b"a: !!python/object/apply:os.system [id]", "not YAML at line 1: could not determine a constructor"),
        (b"a: \xff", "not utf-8 at byte 3"),
        (b"[" * 60, "not YAML at line 1: nested more than 50 deep"),
        (b"a: &a [1]\nb: &b [*a, *a]\n", "not YAML at line 2: an alias inside what has an anchor"),
    ],
)
def test_yaml_that_cannot_be_used_is_refused_with_its_line(data: bytes, message: str) -> None:
    with pytest.raises(SourceUnreadable, match=message):
        read("yaml", data)


def test_what_a_yaml_text_names_again_is_read() -> None:
    assert read("yaml", b"- &a {id: 1}\n- *a\n") == [Record("/0", {"id": 1}), Record("/1", {"id": 1})]


def test_elements_of_xml_are_records_located_by_xpath() -> None:
    one = {"@id": "1", "b": [{"text": "two"}], "text": "one two"}
    group = {"@id": "g", "item": [one, {"@id": "2"}], "text": "one two"}
    assert read("xml", XML) == [
        Record("/list[1]/group[1]", group, span=Span("one two", 0, 7)),
        Record("/list[1]/item[1]", {"@id": "3"}),
    ]


def test_an_element_is_a_span_of_its_string_value() -> None:
    [record] = read("xml", "<a><b>\n  Größe <i>5</i>\xa0cm &amp;\r\n more </b></a>".encode())
    assert record.span == Span("\n  Größe 5\xa0cm &\n more ", 3, 21)
    assert record.span.quoted == "Größe 5\xa0cm &\n more"
    assert record.fields["text"] == "Größe 5 cm & more"


def test_an_element_may_be_read_with_what_is_around_it() -> None:
    found = read("xml", XML.replace(b"<item id", b"<no>7</no><item id", 1), records="/list/**/item", enclosing=True)
    ups = [(one.fields["@key"], one.fields["@up"]) for one in found]
    outer = {"@made": "2026", "item": [{"@id": "3"}], "@up": None}
    group = {"@id": "g", "no": [{"text": "7"}], "item": [{"@id": "2"}], "@up": outer}
    assert ups == [("item", group), ("item", group), ("item", outer)]


@pytest.mark.parametrize(
    ("path", "ids"),
    [("/list/item", "3"), ("/**/item", "123"), ("/list/*/item", "12"), ("/*/group/item", "12"), ("/other/item", "")],
)
def test_a_path_picks_elements(path: str, ids: str) -> None:
    assert "".join(one.fields["@id"] for one in read("xml", XML, records=path)) == ids


def test_xml_that_is_not_whole_is_refused_with_its_place() -> None:
    with pytest.raises(SourceUnreadable, match="not XML at line 2, column 5: mismatched tag"):
        read("xml", b"<a>\n  </b>")
