"""The page is small: what a browser fetches for all of it, packed as the server sends it."""

from __future__ import annotations

import gzip

import pytest

from api.page import BUILT

MOST = 350_000
"""Bytes of all files packed, the drawing library among them."""

pytestmark = pytest.mark.browser


def test_the_whole_page_is_fetched_in_few_bytes() -> None:
    if not (BUILT / "index.html").is_file():
        pytest.skip("the page is not built: make page")
    files = [one for one in BUILT.rglob("*") if one.suffix in (".html", ".js", ".css", ".svg")]
    packed = sum(len(gzip.compress(one.read_bytes(), 6)) for one in files)
    assert 50_000 < packed <= MOST
