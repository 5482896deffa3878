"""Saved decision tables and review rules: which version a reference means, labels, and the forms that people read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import yaml

from kg.answer.prompts import HASH, MAX_ACTOR, MAX_MESSAGE, PRODUCTION
from kg.domain.prompt import LABELS, LATEST, LabelMove
from kg.domain.rule_file import CALLED, RuleKind, RuleVersion
from kg.errors import InvalidInput, ReviewInvalid, RulesNotFound, TableInvalid
from kg.ports.prompts import UNSEEN
from kg.ports.rules import RuleRegistry

INVALID: Mapping[RuleKind, type[InvalidInput]] = {"table": TableInvalid, "review": ReviewInvalid}
LISTS: Mapping[RuleKind, str] = {"table": "whence tables list", "review": "whence review rules list"}


def not_there(kind: RuleKind, name: str) -> RulesNotFound:
    return RulesNotFound(f"there are no {CALLED[kind]} {name[:80]!r}; see `{LISTS[kind]}`")


def resolve(kind: RuleKind, reference: str, registry: RuleRegistry) -> RuleVersion:
    """What is meant by ``NAME``, ``NAME@3``, ``NAME@production``, ``NAME@latest`` or ``NAME@sha256:…``.

    A bare name is the version labelled ``production``, or the newest if none is. Raises RulesNotFound.
    """
    name, _, wanted = reference.partition("@")
    labels = registry.rule_labels(kind, name)
    versions = registry.rule_versions(kind, name)
    if not versions:
        raise not_there(kind, name)
    if wanted == LATEST or (not wanted and PRODUCTION not in labels):
        return versions[-1]
    found = [one for one in versions if _meant(one, wanted or PRODUCTION, labels)]
    if len(found) != 1:
        raise RulesNotFound(f"{name!r} has {'several versions' if found else 'no version'} {wanted[:80]!r}")
    return found[0]


def _meant(version: RuleVersion, wanted: str, labels: Mapping[str, int]) -> bool:
    if HASH.fullmatch(wanted):
        return version.hash.startswith(wanted)
    return str(version.number) == wanted or (wanted in LABELS and labels.get(wanted) == version.number)


def in_use(kind: RuleKind, name: str, registry: RuleRegistry) -> RuleVersion | None:
    """The version labelled ``production``."""
    number = registry.rule_labels(kind, name).get(PRODUCTION)
    return None if number is None else next(v for v in registry.rule_versions(kind, name) if v.number == number)


def save(  # noqa: PLR0913, PLR0917 (what a version is made of)
    kind: RuleKind, name: str, content: Mapping[str, Any], message: str, actor: str, registry: RuleRegistry
) -> RuleVersion:
    """The next version, or the one that has this content already. Raises TableInvalid, ReviewInvalid."""
    _words(kind, message, "message", MAX_MESSAGE)
    _words(kind, actor, "actor", MAX_ACTOR)
    return registry.save_rules(kind, name, content, message, actor)


def move(  # noqa: PLR0913 (as the port has it)
    kind: RuleKind,
    name: str,
    label: str,
    number: int | None,
    *,
    actor: str,
    reason: str,
    registry: RuleRegistry,
    expected: int | None = UNSEEN,
) -> LabelMove:
    """Point a label at a version, or remove it. Raises RulesNotFound, LabelMoved, TableInvalid, ReviewInvalid."""
    check_label(kind, label)
    _words(kind, reason, "reason", MAX_MESSAGE)
    _words(kind, actor, "actor", MAX_ACTOR)
    return registry.move_rule_label(kind, name, label, number, actor, reason, expected)


def check_label(kind: RuleKind, label: str) -> None:
    """Raises TableInvalid, ReviewInvalid."""
    if label not in LABELS:
        raise INVALID[kind](f"no label {label[:40]!r}; there are {', '.join(LABELS)}")


def _words(kind: RuleKind, text: str, what: str, most: int) -> None:
    if not text.strip() or len(text) > most or any(c < " " or "\ud800" <= c <= "\udfff" for c in text):
        raise INVALID[kind](f"{what}: expected one line of 1 to {most} characters")


# --- forms for people ------------------------------------------------------------------------------------------


def overview(kind: RuleKind, name: str, registry: RuleRegistry) -> dict[str, Any]:
    """Its versions, its labels and how they moved. Raises RulesNotFound."""
    labels = registry.rule_labels(kind, name)
    versions = registry.rule_versions(kind, name)
    if not versions:
        raise not_there(kind, name)
    used = labels.get(PRODUCTION)
    return {
        "name": name,
        "used": None if used is None else f"{name}@{used}",
        "latest": versions[-1].ref,
        "labels": labels,
        "versions": [described(one, labels) for one in versions],
        "history": [asdict(one) for one in registry.rule_label_history(kind, name)],
    }


def described(version: RuleVersion, labels: Mapping[str, int]) -> dict[str, Any]:
    """A version without its content."""
    return {
        "ref": version.ref,
        "number": version.number,
        "hash": version.hash,
        "labels": [label for label, number in labels.items() if number == version.number],
        "message": version.message,
        "actor": version.actor,
        "created_at": version.created_at,
    }


def whole(version: RuleVersion, registry: RuleRegistry) -> dict[str, Any]:
    """A version with its content."""
    told = described(version, registry.rule_labels(version.kind, version.name))
    return {"name": version.name, **told, "content": dict(version.content)}


def as_file(content: Mapping[str, Any]) -> str:
    """The content as YAML; the file form reads it back."""
    text: str = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return text


def diff(before: Mapping[str, Any], after: Mapping[str, Any], titles: tuple[str, str]) -> str:
    """Line by line what changed; empty if nothing."""
    lines = difflib.unified_diff(as_file(before).splitlines(), as_file(after).splitlines(), *titles, lineterm="")
    return "".join(f"{line}\n" for line in lines)
