"""Bytes of a file: plain or gzip, whole or refused."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest

from kg.errors import SourceUnreadable
from loaders.readers import MAX_BYTES, read_file

TEXT = b"id,name\nSUP-1,Kestrel\n" * 50


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_the_checksum_is_of_the_bytes_as_stored(tmp_path: Path) -> None:
    packed = gzip.compress(TEXT)
    assert read_file(written(tmp_path / "a", packed)) == (TEXT, f"sha256:{hashlib.sha256(packed).hexdigest()}")
    assert read_file(written(tmp_path / "b", TEXT)) == (TEXT, f"sha256:{hashlib.sha256(TEXT).hexdigest()}")


def test_members_packed_one_after_another_are_one_file(tmp_path: Path) -> None:
    assert read_file(written(tmp_path / "a.gz", gzip.compress(b"a\n") + gzip.compress(b"1\n")))[0] == b"a\n1\n"


@pytest.mark.parametrize("cut", [1, 8, 20])
def test_a_truncated_packed_file_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(SourceUnreadable, match="is not whole gzip"):
        read_file(written(tmp_path / "a.gz", gzip.compress(TEXT)[:-cut]))


def test_a_packed_file_with_a_damaged_byte_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[20] ^= 0xFF
    with pytest.raises(SourceUnreadable, match="is not whole gzip"):
        read_file(written(tmp_path / "a.gz", bytes(packed)))


def test_a_packed_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "bomb.gz", gzip.compress(bytes(1_000_000)))
    assert path.stat().st_size < 2_000
    with pytest.raises(SourceUnreadable, match="unpacks to more than 999,999 bytes"):
        read_file(path, most=999_999)


def test_a_packed_file_of_just_the_most_is_read(tmp_path: Path) -> None:
    assert len(read_file(written(tmp_path / "a.gz", gzip.compress(bytes(1_000))), most=1_000)[0]) == 1_000


def test_a_plain_file_of_more_than_the_most_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(SourceUnreadable, match="has more than 2,000,000,000 bytes"):
        read_file(path)
    assert read_file(written(path, TEXT), most=len(TEXT))[0] == TEXT


def test_what_is_unpacked_is_what_the_checksum_is_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, packed = tmp_path / "a.gz", gzip.compress(TEXT)
    written(path, packed)
    digest = hashlib.sha256

    def changed_meanwhile(data: bytes) -> Any:
        written(path, gzip.compress(b"other"))
        return digest(data)

    monkeypatch.setattr(hashlib, "sha256", changed_meanwhile)
    assert read_file(path) == (TEXT, f"sha256:{digest(packed).hexdigest()}")


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceUnreadable, match="cannot read"):
        read_file(tmp_path / name)
