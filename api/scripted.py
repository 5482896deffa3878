"""What the scripted model says: no model, but rules over the request that it was sent.

It claims what the evidence says, each with its citation, and returns the plan that it was shown or that a script has
for the question. How a request is read stands in ``_QUESTION``, ``_EVIDENCE`` and ``_hint``, and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg.errors import ConfigError

NAME = "scripted"
FAULTS = {
    "e500": "fails with 500",
    "e500x2": "fails twice with 500, then answers",
    "e429": "takes no requests (429, Retry-After)",
    "e400": "rejects every request (400)",
    "e401": "does not take the key (401), and repeats it",
    "redirect": "sends to another address (307)",
    "slow": "answers in pieces, a quarter of a second each",
    "hang": "accepts the request and says nothing",
    "drip": "sends a byte now and then, without end",
    "huge": "answers without end",
    "refuse": "refuses",
    "filter": "is stopped by a content filter",
    "length": "is cut off at its longest",
    "badjson": "answers with half of a JSON text",
    "wrongschema": "answers with JSON of another form",
    "html": "answers with a page (200)",
    "empty": "answers with nothing (200)",
    "nochoices": "answers with no choices",
    "cut": "stops in the middle of its answer",
    "noschema": "rejects JSON Schemas (400)",
    "nojson": "rejects every response_format (400)",
    "wrong": "claims what the evidence does not say",
    "obey": "does what text in the evidence tells it to do",
}
MODELS = (NAME, *(f"{NAME}-{fault}" for fault in FAULTS))
TEXT_FIELDS = ("text", "sentence", "claim", "statement")
EVIDENCE_FIELDS = ("evidence", "cites", "citations", "evidence_ids")
MOST_CLAIMS = 12

_QUESTION = re.compile(r"(?:<question>|^\W*question\s*:)\s*(.+?)\s*(?:</question>)?$", re.IGNORECASE | re.MULTILINE)
_EVIDENCE = re.compile(
    r"""^\W*(?:evidence\ id=.)?(E\d+)\b[]">:.)]*\s*   # E1:  [E1]  <evidence id="E1">
    (?:\(\w+\)\s*)?(.+?)\s*(?:</evidence>)?$        # (fact) "the text"
    """,
    re.MULTILINE | re.VERBOSE,
)
PLAN_FIELDS = ("plan_json", "plan", "op")
_TOLD_SCHEMA = re.compile(r"JSON Schema:\s*(?=\{)")
_ORDER = re.compile(r"\b(?:ignore|disregard|forget)\b.*", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of either interface."""

    model: str
    system: str
    user: str
    schema: Mapping[str, Any]
    """Of the reply, wherever the request has it."""
    form: str = ""
    """``json_schema``, ``json_object``, or nothing."""

    @property
    def fault(self) -> str:
        return self.model.removeprefix(NAME).removeprefix("-")


@dataclass(frozen=True, slots=True)
class Script:
    """What was written beforehand."""

    plans: Mapping[str, Any] = field(default_factory=dict)
    """By question."""
    replies: tuple[tuple[tuple[str, ...], str], ...] = ()
    """Texts that a request has to contain, and what is replied then."""

    def reply(self, asked: Asked) -> str | None:
        sent = f"{asked.system}\n{asked.user}"
        return next((said for marks, said in self.replies if all(mark in sent for mark in marks)), None)


def read_script(plans: Path | None, replies: Path | None) -> Script:
    """Lines ``{"question", "plan"}``, and lines ``{"contains", "reply"}``. Raises ConfigError naming the line."""
    by_question = {_line(one, "question", where): one["plan"] for one, where in _lines(plans, ("question", "plan"))}
    exact = []
    for one, _ in _lines(replies, ("contains", "reply")):
        marks = one["contains"] if isinstance(one["contains"], list) else [one["contains"]]
        said = one["reply"] if isinstance(one["reply"], str) else json.dumps(one["reply"], ensure_ascii=False)
        exact.append((tuple(map(str, marks)), said))
    return Script(by_question, tuple(exact))


def _line(one: dict[str, Any], name: str, where: str) -> str:
    if not isinstance(one[name], str):
        raise ConfigError(f"{where}: {name!r} is no text")
    return str(one[name])


def _lines(path: Path | None, needed: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], str]]:
    if path is None:
        return
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot read {str(path)!r}: {exc}") from exc
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            one = json.loads(line)
        except (ValueError, RecursionError) as exc:
            raise ConfigError(f"{where}: no JSON: {exc}") from exc
        if not isinstance(one, dict) or any(name not in one for name in needed):
            raise ConfigError(f"{where}: expected an object with {' and '.join(map(repr, needed))}")
        yield one, where


def schema_of(form: Any, system: str) -> tuple[str, dict[str, Any]]:
    """Kind of ``response_format`` or ``text.format``, and the schema: in it, or told in the prompt."""
    form = form if isinstance(form, dict) else {}
    held = form.get("json_schema", form)
    schema = held.get("schema") if isinstance(held, dict) else None
    if not isinstance(schema, dict) and (told := _TOLD_SCHEMA.search(system)):
        schema = next(_objects(system[told.end() :]), None)
    return str(form.get("type", "")), schema if isinstance(schema, dict) else {}


def reply(asked: Asked, script: Script) -> str:
    """The text of the reply, as JSON."""
    if (exact := script.reply(asked)) is not None:
        return exact
    if asked.fault == "wrongschema":
        return json.dumps({"unexpected": True})
    properties = asked.schema.get("properties", {})
    content = {name: filler(one, asked.schema) for name, one in properties.items()}
    plan_field = next((name for name in PLAN_FIELDS if name in properties), None)
    if "claims" in properties or not properties:
        content["claims"] = [_claim(asked, text, ids) for text, ids in _claims(asked)]
    elif plan_field is not None:
        question = _question(asked.user)
        plan = script.plans.get(question) or _hint(asked.user)
        written = "" if plan is None else json.dumps(plan, ensure_ascii=False)
        content |= (plan or {}) if plan_field == "op" else {plan_field: written if plan_field == "plan_json" else plan}
        content |= {name: f"scripted: {question}" for name in ("reading",) if name in properties}
    return json.dumps(content, ensure_ascii=False)


def _claims(asked: Asked) -> list[tuple[str, list[str]]]:
    """What is claimed, and on what evidence."""
    found = [(_unquoted(text), [key]) for key, text in _EVIDENCE.findall(asked.user)][:MOST_CLAIMS]
    if asked.fault == "obey":
        for text, ids in found:
            if order := _ORDER.search(text):
                return [(order.group(), ids)]
    if asked.fault == "wrong" and found:
        text, ids = found[0]
        # A number that is another, or the opposite.
        wrong = _NUMBER.sub(lambda one: str(int(one.group()) + 1), text, count=1)
        found[0] = (wrong if wrong != text else f"It is not so that {text}", ids)
    return found


def _claim(asked: Asked, text: str, ids: list[str]) -> dict[str, Any]:
    """In the fields that the schema has for them."""
    item = asked.schema.get("properties", {}).get("claims", {}).get("items", {})
    fields = _resolved(item, asked.schema).get("properties") or {"text": {}, "evidence": {}}
    made = {name: filler(one, asked.schema) for name, one in fields.items()}
    for names, value in ((TEXT_FIELDS, text), (EVIDENCE_FIELDS, ids)):
        made |= {name: value for name in names if name in fields}
    return made


def filler(schema: Any, whole: Mapping[str, Any]) -> Any:
    """The least value that the schema takes."""
    schema = _resolved(schema, whole)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if either := schema.get("anyOf") or schema.get("oneOf"):
        kinds = [_resolved(one, whole).get("type") for one in either]
        return None if "null" in kinds else filler(either[0], whole)
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "null" in kinds:
        return None
    if "object" in kinds:
        required = schema.get("required", ())
        return {name: filler(one, whole) for name, one in schema.get("properties", {}).items() if name in required}
    plain: dict[Any, Any] = {"array": [], "integer": 0, "number": 0, "boolean": False}
    return plain.get(kinds[0], "")


def _resolved(schema: Any, whole: Mapping[str, Any]) -> dict[str, Any]:
    """What a reference within the schema points at."""
    for _ in range(8):
        if not isinstance(schema, dict) or "$ref" not in schema:
            break
        found: Any = whole
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found.get(part, {})
        schema = found
    return schema if isinstance(schema, dict) else {}


def _question(user: str) -> str:
    found = _QUESTION.search(user)
    return _unquoted(found.group(1)) if found else ""


def _unquoted(text: str) -> str:
    """The text, of which a prompt may show a JSON string."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()
    return found if isinstance(found, str) else text.strip()


def _hint(user: str) -> Any:
    """The plan that the request shows; the last one, since examples come first."""
    plans = [one if "op" in one else one.get("plan") for one in _objects(user)]
    return next((plan for plan in reversed(plans) if isinstance(plan, dict) and "op" in plan), None)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Outermost JSON objects in a text."""
    decoder, start = json.JSONDecoder(), -1
    while (start := text.find("{", start + 1)) >= 0:
        try:
            found, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found
        start = end - 1
