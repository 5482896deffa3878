"""The JSON Schema of dataset files, for editors: ``python -m loaders.schema FILE`` writes it (JSON Schema 2020-12)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from loaders.dataset import DatasetFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema. A file with ``extends`` may leave out what it takes from the other, so nothing is required of it."""
    body = DatasetFile.model_json_schema(by_alias=True)
    required = body.pop("required")
    body["properties"]["extends"] = {"type": "string", "title": "Extends"}
    return {
        "$schema": DIALECT,
        "title": "Whence dataset file",
        **{key: value for key, value in body.items() if key != "title"},
        "anyOf": [{"required": required}, {"required": ["extends"]}],
    }


def text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), "utf-8")
