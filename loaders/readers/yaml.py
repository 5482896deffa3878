"""YAML: records as in JSON, located by JSON pointers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import yaml

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, decode, whole
from loaders.readers.cells import cell
from loaders.readers.json import records_of
from loaders.yaml_text import parse_yaml


def read(file: BinaryIO, options: Options) -> Iterator[Record]:
    """Records are what the pointers ``records`` pick."""
    return records_of(parse(whole(file), options.encoding), options)


def parse(data: bytes, encoding: str = "utf-8") -> Any:
    """The document with values of JSON: days and times are text. Raises SourceUnreadable with the line."""
    try:
        return cell(parse_yaml(decode(data, encoding)))
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise SourceUnreadable(
            f"not YAML{place}: {' '.join(str(getattr(exc, 'problem', None) or exc).split())}"
        ) from exc
