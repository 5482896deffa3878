"""What commands over prompts, decision tables and review rules share: reading files, showing versions and labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from api.terminal import show_table
from kg.errors import InvalidInput

MAX_FILE = 1_000_000
"""Bytes of a file, as of a request."""
FILES = (".yml", ".yaml", ".csv")


def read_text(path: Path, refused: type[InvalidInput], encoding: str = "utf-8-sig") -> str:
    """The text of a file. Raises ``refused``."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise refused(f"{str(path)!r} has more than {MAX_FILE:,} bytes")
        return data.decode(encoding)
    except (OSError, UnicodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise refused(f"cannot read {str(path)!r}: {reason}") from exc


def read_yaml(path: Path, refused: type[InvalidInput]) -> Any:
    """The document in a file. Raises ``refused``."""
    from loaders.yaml_text import parse_yaml

    text = read_text(path, refused)
    try:
        return parse_yaml(text)
    except (yaml.YAMLError, RecursionError) as exc:
        raise refused(f"{str(path)!r} is not YAML: {' '.join(str(exc).split())[:300]}") from exc


def show_overview(found: dict[str, Any], screen: Console) -> None:
    """Versions, and how labels moved."""
    rows = [
        (one["ref"], ", ".join(one["labels"]), one["hash"][7:19], one["actor"], one["created_at"][:10], one["message"])
        for one in found["versions"]
    ]
    show_table(("version", "labels", "sha256", "by", "at", "message"), rows, screen)
    if found["history"]:
        moves = [
            (one["label"], at(one["before"]), at(one["number"]), one["actor"], one["moved_at"][:19], one["reason"])
            for one in found["history"]
        ]
        screen.print()
        show_table(("label", "from", "to", "by", "at", "because"), moves, screen)


def at(number: int | None) -> str:
    """Where a label points."""
    return "none" if number is None else str(number)
