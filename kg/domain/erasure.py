"""Which recorded decisions quote what is purged. Pure.

Names are looked for as whole folded words, so a decision may be erased that means another thing of the same name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kg.domain.decision import Document
from kg.domain.fact import ALIAS, IDENTITY, KEY, NAME, TYPE, EntityId, Fact, Literal
from kg.domain.lineage import Run, Source
from kg.domain.ref import Ref
from kg.domain.words import fold
from kg.errors import DecisionHeld


@dataclass(frozen=True)
class Purged:
    """What goes: the sources, the entities that facts about their identity go of, and their names."""

    sources: frozenset[tuple[str, str]]
    """Dataset version and name of each."""
    entities: frozenset[EntityId]
    names: dict[str, list[str]] = field(default_factory=dict)
    """Folded names by their longest word."""

    @staticmethod
    def of(sources: Iterable[Source], facts: Iterable[Fact]) -> Purged:
        """From the sources, and the facts about what entities are that nothing else says."""
        said = [fact for fact in facts if fact.predicate in IDENTITY]
        texts = {fold(fact.subject.partition(":")[2]) for fact in said if fact.predicate == TYPE}
        texts |= {
            fold(fact.object.value.partition(":")[2] if fact.predicate == KEY else fact.object.value)
            for fact in said
            if fact.predicate in (NAME, ALIAS, KEY) and isinstance(fact.object, Literal)
        }
        names: dict[str, list[str]] = defaultdict(list)
        for text in sorted(texts - {""}):
            names[max(text.split(), key=len)].append(text)
        return Purged(
            frozenset((f"{source.dataset}@{source.version}", source.name) for source in sources),
            frozenset(fact.subject for fact in said),
            dict(names),
        )


def quotes(document: Document, purged: Purged) -> bool:
    """Whether the decision cites one of the sources, or speaks of one of the entities or by one of the names."""
    for item in document.get("evidence", ()):
        if item.get("kind") != "absence" and any(
            (one["dataset"], one["source"]) in purged.sources for one in item["sources"]
        ):
            return True
    said = list(_strings({key: value for key, value in document.items() if key not in ("versions", "scope")}))
    if not purged.entities.isdisjoint(said):
        return True
    texts = {fold(text) for text in said}
    words = {word for text in texts for word in text.split()}
    wanted = [name for word in words & purged.names.keys() for name in purged.names[word]]
    return any(f" {name} " in f" {text} " for text in texts for name in wanted)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure of a name, or of words as a whole, took out, and what of it stays."""

    instead: str = ""
    """What stands in the place of the name, so that one person stays one, and another one another."""
    log: int = 0
    """Names and reasons of the audit log."""
    decisions: int = 0
    said: int = 0
    """Of what was said of decisions: moves of reviews, and feedback."""
    holds: int = 0
    keys: int = 0
    held: int = 0
    """Decisions under legal hold, which were left as they are."""
    kept: int = 0
    """Decisions of an earlier form, whose id was made of the name."""

    def __add__(self, other: Erased) -> Erased:
        counts = {name: getattr(self, name) + getattr(other, name) for name in COUNTED}
        return replace(self, **counts)

    @property
    def any(self) -> bool:
        return any(getattr(self, name) for name in COUNTED if name not in ("held", "kept"))


COUNTED = ("log", "decisions", "said", "holds", "keys", "held", "kept")


def erased_with(text: str) -> tuple[str, str]:
    """The text, and the reason for which a key of who is called so was made."""
    return text, key_reason(text)


def key_reason(caller: str) -> str:
    """Why a key was made, as the audit log has it."""
    return f"for {caller}"


def pseudonym(digest: str) -> str:
    """What stands in the place of a name of which the audit log had this digest: once the salt is gone, no name."""
    return f"erased-{digest.removeprefix('sha256:')[:12]}"


MOST_NAMED = 5
"""Decisions that a refusal names."""


def refuse_held(ref: Ref, held: Sequence[str]) -> None:
    """Nothing is purged that a decision under legal hold quotes. Raises DecisionHeld."""
    if held:
        more = f" and {len(held) - MOST_NAMED} more" if len(held) > MOST_NAMED else ""
        raise DecisionHeld(
            f"{ref.text!r} is quoted by decisions under legal hold: {', '.join(held[:MOST_NAMED])}{more}; "
            "`whence decisions release` ends a hold"
        )


def scrubbed(run: Run) -> Run:
    """The run without what may quote its records."""
    return replace(run, message="", left_over=(), fingerprint="")


def purged_message(assertions: int, facts: int, decisions: int) -> str:
    """What a purge erased, in a sentence."""
    return f"erased {assertions:,} assertions, {facts:,} facts, and what {decisions:,} decisions quoted"
