"""Markdown and plain text: passages that are exact spans, the sections they stand in, and what cannot be used."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, reader_for

POLICY = """---
title: "The policy"
tags: [one]
---
Before all  \r
of it.

# The *first* part #

A paragraph over
  two lines.

* an item,
  going on
* > quoted inside

  1. a number

## Kept & told
[A link](/other/page.md "t") and [again](/other/page.md).

| Kind | Days |
|------|-----:|
| mail | 30   |

```sh
rm -r <all>
```

> said by
> others

<p>raw <script>alert(1)</script></p>

Under
=====
last
## Kept & told
"""


def read(data: bytes | str, name: str = "markdown", **options: Any) -> list[Record]:
    held = data if isinstance(data, bytes) else data.encode()
    return list(reader_for(name)(io.BytesIO(held), Options(**options)))


def kinds(records: list[Record]) -> list[tuple[str, str, str | None]]:
    return [(one.fields["kind"], one.fields.get("text", ""), one.fields.get("place")) for one in records]


def test_every_block_is_a_passage_of_its_section() -> None:
    assert kinds(read(POLICY)) == [
        ("document", "", None),
        ("paragraph", "Before all  \r\nof it.", "1"),
        ("section", "The *first* part", "the-first-part"),
        ("paragraph", "A paragraph over\n  two lines.", "the-first-part/1"),
        ("item", "an item,\n  going on", "the-first-part/2"),
        ("item", "quoted inside", "the-first-part/3"),
        ("item", "a number", "the-first-part/4"),
        ("section", "Kept & told", "kept--told"),
        ("paragraph", '[A link](/other/page.md "t") and [again](/other/page.md).', "kept--told/1"),
        ("row", "| Kind | Days |", "kept--told/2"),
        ("row", "| mail | 30   |", "kept--told/3"),
        ("code", "rm -r <all>", "kept--told/4"),
        ("quote", "said by\n> others", "kept--told/5"),
        ("html", "<p>raw <script>alert(1)</script></p>", "kept--told/6"),
        ("section", "Under", "under"),
        ("paragraph", "last", "under/1"),
        ("section", "Kept & told", "kept--told-1"),
    ]


def test_a_passage_says_where_it_stands() -> None:
    records = {one.fields.get("place"): one for one in read(POLICY)}
    row = records["kept--told/3"]
    start = POLICY.index("| mail")
    assert row.locator == f"#char={start},{start + 15}"
    assert row.fields == {
        "kind": "row",
        "place": "kept--told/3",
        "number": 3,
        "section": "kept--told",
        "heading": "Kept & told",
        "headings": ["The first part", "Kept & told"],
        "text": "| mail | 30   |",
        "cells": {"Kind": "mail", "Days": "30"},
    }
    assert records["kept--told/1"].fields["links"] == ["/other/page.md"]
    section = records["kept--told"].fields
    assert (section["level"], section["parent"], records["the-first-part"].fields.get("parent")) == (
        2,
        "the-first-part",
        None,
    )


@pytest.mark.parametrize(
    ("text", "title", "front"),
    [
        (POLICY, "The policy", {"title": "The policy", "tags": ["one"]}),
        ("---\nlayout: x\n---\n## Not it\n# It *is*\n", "It is", {"layout": "x"}),
        ("---\n- no mapping\n---\ntext", None, None),
        ("---\na: [\n---\ntext", None, None),
        ("text", None, None),
    ],
)
def test_a_document_has_a_title_and_its_front_matter(text: str, title: str | None, front: Any) -> None:
    document = read(text)[0]
    assert (document.locator, document.fields["kind"]) == (f"#char=0,{len(text)}", "document")
    assert (document.fields.get("title"), document.fields.get("front")) == (title, front)


def test_spans_count_characters_of_the_decoded_text_without_its_mark() -> None:
    assert [one.locator for one in read("\ufeffäö\n\nü".encode())][1:] == ["#char=0,2", "#char=4,5"]
    assert [one.locator for one in read("äö\r\rü".encode("utf-16"), encoding="utf-16")][1:] == [
        "#char=0,2",
        "#char=4,5",
    ]


def test_plain_text_is_cut_at_blank_lines_and_pages() -> None:
    text = "\n  One\n two  \r\n \t\r\nThree\fFour\n"
    assert kinds(read(text, "text")) == [
        ("document", "", None),
        ("paragraph", "One\n two", "1"),
        ("paragraph", "Three", "2"),
        ("paragraph", "Four", "3"),
    ]


def test_characters_that_are_not_seen_are_kept_and_told() -> None:
    [_, record] = read("pay\u200b the \u202eother\U000e0041 man")
    assert record.fields["text"] == "pay\u200b the \u202eother\U000e0041 man"
    assert record.fields["hidden"] == ["U+200B", "U+202E", "U+E0041"]


@pytest.mark.parametrize("name", ["markdown", "text"])
@given(text=st.text(alphabet='a# *-+>|`<1.[]()\\_=~:"&\t\n\r\f\u200b\u2028é\x00', max_size=80))
def test_every_passage_of_any_text_is_its_span(name: str, text: str) -> None:
    for record in read(text, name):
        start, end = map(int, record.locator.removeprefix("#char=").split(","))
        if record.fields["kind"] != "document":
            assert text.removeprefix("\ufeff")[start:end] == record.fields["text"]
            assert record.fields["text"].strip()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b">" * 3_000 + b" x", "nested more than 100 deep"),
        (b"- " * 200 + b"x", "nested more than 100 deep"),
        (b"\xff", "not utf-8 at byte 0"),
        (b"a" * 20_000_001, "a document of more than 20,000,000 bytes"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(SourceUnreadable, match=message):
        read(data)


def test_a_passage_that_is_too_long_is_a_record_with_a_problem() -> None:
    [_, long, short] = read("word " * 30_000 + "\n\nshort")
    assert (long.problem, short.problem) == ("149,999 characters where 100,000 are allowed", None)
