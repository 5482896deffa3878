"""Lineage values and prompts as JSON text and back, the same for every store."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from kg.domain.access import Key
from kg.domain.difference import FactChange
from kg.domain.fact import Fact, Interval, Literal
from kg.domain.lineage import Changes, Classification, DatasetVersion, GraphProfile, LiveRun, Rejection, Run, Source
from kg.domain.prompt import LabelMove, PromptVersion, Template
from kg.domain.review import ERASED, Requirement, ReviewEvent
from kg.domain.rule_file import RuleVersion
from kg.domain.sealed import content, less_seals, seal, without

Recorded = (
    DatasetVersion | Source | Run | LiveRun | Rejection | GraphProfile | FactChange | LabelMove | ReviewEvent | Key
)


def dump(value: Recorded) -> str:
    """Canonical JSON text of what is recorded."""
    return json.dumps(asdict(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def load_version(text: str) -> DatasetVersion:
    document = _classified(text)
    document["aliases"] = tuple(document["aliases"])
    return DatasetVersion(**document)


def load_source(text: str) -> Source:
    return Source(**_classified(text))


def load_run(text: str) -> Run:
    return _run(json.loads(text))


def load_live(text: str) -> LiveRun:
    document = json.loads(text)
    return LiveRun(**document | {"run": _run(document["run"])})


def _run(document: dict[str, Any]) -> Run:
    document["changes"] = Changes(**document["changes"])
    document["left_over"] = tuple(document["left_over"])
    return Run(**document)


def load_rejection(text: str) -> Rejection:
    return Rejection(**json.loads(text))


def load_change(text: str) -> FactChange:
    document = json.loads(text)
    said = document["fact"]
    target = said["object"] if isinstance(said["object"], str) else Literal(**said["object"])
    valid = Interval(**said["valid"])
    return FactChange(Fact(said["id"], said["subject"], said["predicate"], target, valid), document["gained"])


def dump_prompt(version: PromptVersion | RuleVersion) -> str:
    """JSON text that keeps the order of fields: of a schema's, in which models write them; of a table's inputs."""
    return json.dumps(asdict(version), ensure_ascii=False, separators=(",", ":"))


def load_prompt(text: str) -> PromptVersion:
    document = json.loads(text)
    return PromptVersion(**document | {"template": Template(**document["template"])})


def load_rules(text: str) -> RuleVersion:
    return RuleVersion(**json.loads(text))


EVENT_SEALED = ("actor", "to", "reason", "answer", "shown", "evidence")
KEY_SEALED = ("caller", "created_by")
"""Names, words, and digests of words that are short enough to be guessed: what can be erased of a record."""


def seal_event(event: ReviewEvent, salt: str) -> tuple[str, str]:
    """What is kept of it, and the content that the audit log tells of."""
    return _sealed(dump(event), EVENT_SEALED, salt)


def seal_key(key: Key, salt: str) -> tuple[str, str]:
    """What is kept of it, and the content that the audit log tells of."""
    return _sealed(dump(key), KEY_SEALED, salt)


def _sealed(text: str, fields: tuple[str, ...], salt: str) -> tuple[str, str]:
    record = seal(json.loads(text), fields, salt)
    return _text(record), content(record, fields)


def event_without_words(text: str) -> str:
    """What is left of an event when the decision it is of is erased: who did what, and when."""
    record = json.loads(text)
    reason = "" if record["kind"] == "feedback" else ERASED
    return _text(without(record, {"reason": reason, "answer": None, "shown": None, "evidence": None}))


def event_without(text: str, said: str, instead: str) -> str | None:
    """The event with another name for who is called so, and less a reason or answer that says so; else none."""
    record = json.loads(text)
    erased: dict[str, Any] = {name: instead for name in ("actor", "to") if record[name] == said}
    erased |= {name: ERASED for name in ("reason", "answer") if record[name] == said}
    return _text(without(record, erased)) if erased else None


def key_without(text: str, said: str, instead: str) -> str | None:
    """The key with another name for who is called so; none where nobody is."""
    record = json.loads(text)
    erased = {name: instead for name in KEY_SEALED if record[name] == said}
    return _text(without(record, erased)) if erased else None


def hold_without(text: str, said: str, instead: str) -> str | None:
    """The move of a hold with another name for who made it, and less a reason that says so; none where neither is."""
    record = json.loads(text)
    erased = {name: value for name, value in (("actor", instead), ("reason", ERASED)) if record[name] == said}
    return _text(record | erased) if erased else None


def _text(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def load_review_event(text: str) -> ReviewEvent:
    document = less_seals(json.loads(text))
    told = document["requirement"]
    roles = tuple(document["roles"])
    return ReviewEvent(**document | {"roles": roles, "requirement": None if told is None else Requirement.read(told)})


def load_key(text: str) -> Key:
    document = less_seals(_classified(text, "ceiling"))
    held = {"roles": tuple(document["roles"])}
    if document["datasets"] is not None:
        held["datasets"] = tuple(document["datasets"])
    return Key(**document | held)


def load_move(text: str) -> LabelMove:
    return LabelMove(**json.loads(text))


def load_profile(text: str) -> GraphProfile:
    return GraphProfile(**json.loads(text))


def _classified(text: str, name: str = "classification") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    document[name] = Classification(document[name])
    return document


def add_profiles(engine: str, profiles: list[GraphProfile]) -> GraphProfile:
    """Counts of several dataset versions together."""
    entities: dict[str, int] = {}
    facts: dict[str, int] = {}
    for profile in profiles:
        for total, part in ((entities, profile.entities), (facts, profile.facts)):
            for name, count in part.items():
                total[name] = total.get(name, 0) + count
    return GraphProfile(engine, dict(sorted(entities.items())), dict(sorted(facts.items())))
