"""Matches: that two entities are one, or are not. Said by a person or by a rule, and taken back without loss.

A match is a fact (``same_as`` or ``different_from``) of the dataset ``entity-matches``, with who said it and why as its
source. Ids outlive every reload, and with them the matches.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal as OneOf

from kg.bootstrap import Services
from kg.domain.fact import DIFFERENT_FROM, SAME_AS, EntityId, Fact, Instant
from kg.domain.lineage import Classification, DatasetVersion, GraphProfile, Run, Source
from kg.domain.scope import Scope
from kg.errors import EntityNotFound, InvalidInput, MatchConflict, NotFound
from kg.ports.clock import instant
from kg.ports.store import Entry, LoadTarget

Verdict = OneOf["same", "different", "open"]
"""``open`` takes back what was said before."""
PREDICATES: dict[Verdict, str] = {"same": SAME_AS, "different": DIFFERENT_FROM}
DATASET, VERSION = "entity-matches", "1"
ONTOLOGY = {"ontology": DATASET, "version": VERSION, "title": "Which entities are one"}
EVERYTHING = Scope(ceiling=Classification.RESTRICTED, any_day=True)
MAX_REASON = 500
MAX_MATCHES = 100_000
"""Matches of one source that are read."""


@dataclass(frozen=True, slots=True)
class Match:
    """Two entities, the first read as the second where they are the same."""

    first: EntityId
    second: EntityId
    verdict: Verdict
    actor: str
    reason: str
    recorded_at: Instant

    @property
    def pair(self) -> str:
        """The same for both orders."""
        return "\x1f".join(sorted((self.first, self.second)))


def decide(
    pairs: Sequence[tuple[EntityId, EntityId]], verdict: Verdict, services: Services, actor: str, reason: str
) -> Run:
    """Say the same of these pairs, in one run. What was said of them before is taken back.

    Raises InvalidInput, EntityNotFound, MatchConflict, NotFound (nothing to take back) or LoadInProgress.
    """
    if not reason.strip() or len(reason) > MAX_REASON:
        raise InvalidInput(f"a match needs a reason of 1 to {MAX_REASON} characters")
    now = instant(services.clock())
    said = [Match(first, second, verdict, actor, reason, now) for first, second in pairs]
    if not said:
        raise InvalidInput("no pair of entities is given")
    content = json.dumps([asdict(one) for one in said], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    run_id = f"run-{digest[:16]}"
    version = DatasetVersion(
        DATASET, VERSION, "Matches of entities", "", "", Classification.INTERNAL, DATASET, record="pair"
    )
    source = Source(
        id=f"{version.ref}/{run_id}",
        dataset=DATASET,
        version=VERSION,
        name=f"match by {actor}",
        checksum=f"sha256:{digest}",
        classification=version.classification,
        title=f"match by {actor}: {reason}",
        publisher=actor,
        issued=now[:10],
    )
    sources = () if verdict == "open" else (source,)
    target = LoadTarget(version, json.dumps(ONTOLOGY, sort_keys=True), sources, delta=True)
    words = {"same": "are the same", "different": "are not the same", "open": "are open again"}
    told = f"{_counted(said)} {words[verdict]}: {reason}"
    run = Run(
        run_id,
        f"match {verdict}",
        DATASET,
        VERSION,
        "complete",
        now,
        now,
        "",
        records=len(said),
        message=told,
        actor=actor,
    )
    with services.store.writer(target, run_id) as writer:
        # Under the right to load, so that nothing else is said meanwhile.
        _check(said, verdict, services)
        writer.replace([one.pair for one in said])
        if verdict != "open":
            facts = [(one, Fact.of(one.first, PREDICATES[verdict], one.second)) for one in said]
            writer.put(Entry(fact, source.id, f"pair {i}", one.pair) for i, (one, fact) in enumerate(facts, 1))
        profile = GraphProfile("", {}, {} if verdict == "open" else {PREDICATES[verdict]: len(said)})
        return writer.commit(replace(run, ended_at=instant(services.clock())), profile, ())


def _counted(said: Sequence[Match]) -> str:
    return f"{said[0].first} and {said[0].second}" if len(said) == 1 else f"{len(said):,} pairs"


def _check(said: Iterable[Match], verdict: Verdict, services: Services) -> None:
    ends = {end for one in said for end in (one.first, one.second)}
    met = services.recorded.view(EVERYTHING).entities(ends)
    held = {one.pair: one for one in matches(services)}
    for one in said:
        if one.first == one.second:
            raise InvalidInput(f"{one.first!r} is one entity")
        if verdict == "open":
            if one.pair not in held:
                raise NotFound(f"nothing is said of {one.first!r} and {one.second!r}: see `whence matches`")
            continue
        for end in (one.first, one.second):
            if end not in met:
                raise EntityNotFound(f"no entity {end!r}: give the ids that `whence entities` shows")
    if verdict == "same":
        _no_conflict(said, held.values())


def _no_conflict(said: Iterable[Match], held: Iterable[Match]) -> None:
    """Refuse to make one, through others, of two that were said to be different."""
    new = {one.pair: one for one in said}
    before = [one for one in held if one.pair not in new]
    standing: dict[EntityId, EntityId] = {}

    def tied(one: EntityId) -> EntityId:
        while standing.get(one, one) != one:
            one = standing[one]
        return one

    for one in (*(one for one in before if one.verdict == "same"), *said):
        standing[tied(one.first)] = tied(one.second)
    for one in before:
        if one.verdict == "different" and tied(one.first) == tied(one.second):
            pair = next(iter(new.values()))
            raise MatchConflict(
                f"with {pair.first} and {pair.second} two entities would be one that were said to be different: "
                "see `whence matches list`, and take that back first with `whence matches open`"
            )


def matches(services: Services, scope: Scope = EVERYTHING) -> list[Match]:
    """What is said of pairs of entities that may be seen in this scope, newest first."""
    view = services.recorded.view(scope)
    sources = {key: one for key, one in view.sources().items() if one.dataset == DATASET}
    assertions = [one for several in view.said_by(sources, MAX_MATCHES).values() for one in several]
    facts = view.facts({one.fact for one in assertions})
    words = {predicate: verdict for verdict, predicate in PREDICATES.items()}
    found = []
    for one in assertions:
        fact = facts.get(one.fact)
        if fact is not None and fact.target is not None:
            source = sources[one.source]
            reason = source.title.removeprefix(f"match by {source.publisher}: ")
            found.append(
                Match(fact.subject, fact.target, words[fact.predicate], source.publisher, reason, one.recorded_at)
            )
    return sorted(found, key=lambda one: (one.recorded_at, one.first, one.second), reverse=True)
