"""Bytes of a file: plain or gzip, whole or refused."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
from pathlib import Path

import pytest

from kg.errors import SourceUnreadable
from loaders.inputs import MAX_BYTES, find_inputs, open_unpacked

TEXT = b"id,name\nSUP-1,Kestrel\n" * 50


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def unpacked(path: Path, most: int = MAX_BYTES) -> bytes:
    with contextlib.closing(open_unpacked(path, most)) as opened:
        return opened.bytes.read()


@pytest.mark.parametrize("stored", [TEXT, gzip.compress(TEXT)])
def test_the_checksum_is_of_the_bytes_as_stored_and_what_is_read_is_unpacked(tmp_path: Path, stored: bytes) -> None:
    path = written(tmp_path / "a", stored)
    [found] = find_inputs(["a"], tmp_path)
    assert (found.name, found.checksum) == ("a", f"sha256:{hashlib.sha256(stored).hexdigest()}")
    assert unpacked(path) == TEXT


def test_members_packed_one_after_another_are_one_file(tmp_path: Path) -> None:
    assert unpacked(written(tmp_path / "a.gz", gzip.compress(b"a\n") + gzip.compress(b"1\n"))) == b"a\n1\n"


@pytest.mark.parametrize("cut", [1, 8, 20])
def test_a_truncated_packed_file_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(SourceUnreadable, match="is not whole gzip"):
        unpacked(written(tmp_path / "a.gz", gzip.compress(TEXT)[:-cut]))


def test_a_packed_file_with_a_damaged_byte_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[20] ^= 0xFF
    with pytest.raises(SourceUnreadable, match="is not whole gzip"):
        unpacked(written(tmp_path / "a.gz", bytes(packed)))


def test_a_packed_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "bomb.gz", gzip.compress(bytes(1_000_000)))
    assert path.stat().st_size < 2_000
    with pytest.raises(SourceUnreadable, match="unpacks to more than 999,999 bytes"):
        unpacked(path, most=999_999)


def test_a_packed_file_of_just_the_most_is_read(tmp_path: Path) -> None:
    assert len(unpacked(written(tmp_path / "a.gz", gzip.compress(bytes(1_000))), most=1_000)) == 1_000


def test_a_plain_file_of_more_than_the_most_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(SourceUnreadable, match="has more than 20,000,000,000 bytes"):
        find_inputs(["a.csv"], tmp_path)


def test_a_file_that_changes_after_it_was_hashed_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", TEXT)
    [found] = find_inputs(["a.csv"], tmp_path)
    written(path, TEXT + TEXT)
    with pytest.raises(SourceUnreadable, match="changed while it was read: load again"):
        found.open()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"cannot read '.*absent\.csv': No such file"):
        find_inputs(["absent.csv"], tmp_path)
