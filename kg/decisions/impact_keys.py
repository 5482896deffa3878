"""A change of the graph to the keys of the decisions it may touch: all of them, and some that it does not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from kg.answer.merged import TIES
from kg.domain.difference import FactChange
from kg.domain.fact import IDENTITY, REPLACED_BY, TYPE, Instant, Literal
from kg.domain.lineage import Classification, GraphProfile, Run
from kg.domain.ref import Ref
from kg.domain.scope import Scope
from kg.domain.touched import ANYTHING, EVERY, SEARCHED
from kg.errors import DatasetNotFound, NotFound
from kg.ports.store import GraphStore

ALL = Scope(ceiling=Classification.RESTRICTED, any_day=True)
MAX_CHANGES = 20_000
"""Changed facts that are looked at one by one; of more, what the dataset holds is taken for changed."""


def keys_of_run(run: Run, changes: Collection[FactChange], store: GraphStore) -> set[str]:
    """What decisions have that a load, retirement or purge may touch: by what it changed, else by all it speaks of.

    A load may move what stays to other places, and adds a source to what is searched, so that decisions which cite
    its dataset, or say what was searched, are always among them.
    """
    keys = {SEARCHED, f"dataset:{run.dataset}"}
    if run.state != "complete":
        return set()
    before = replace(ALL, known_as_of=run.started_at)
    if not changes or len(changes) > MAX_CHANGES:
        for known in (run.started_at, None):
            for profile in _profiles(run.dataset, run.version, store, known):
                keys.update(keys_of_profile(profile))
        return keys
    keys.update(_of_changes(changes))
    told = {one.fact.subject for one in changes if one.fact.predicate in IDENTITY}
    for scope in (before, ALL):
        keys.update(f"type:{met.type}" for met in store.view(scope).entities(told).values())
    return keys


def _of_changes(changes: Iterable[FactChange]) -> Iterator[str]:
    for one in changes:
        fact = one.fact
        if fact.predicate in TIES:
            yield EVERY
        elif fact.predicate in IDENTITY:
            yield f"entity:{fact.subject}"
            yield from (f"type:{ANYTHING}", f"reads:{ANYTHING}")
            if fact.predicate == TYPE and isinstance(fact.object, Literal):
                yield f"type:{fact.object.value}"
        else:
            yield from (f"reads:{fact.predicate}", f"reads:{ANYTHING}")
            if fact.predicate == REPLACED_BY:
                yield f"entity:{fact.subject}"


def keys_of_profile(profile: GraphProfile) -> Iterator[str]:
    """What decisions have that facts of these predicates and types may touch."""
    yield from (f"type:{ANYTHING}", f"reads:{ANYTHING}")
    yield from (f"type:{name}" for name in profile.entities)
    for name in profile.facts:
        yield EVERY if name in TIES else f"reads:{name}"


def _profiles(dataset: str, version: str, store: GraphStore, known: Instant | None) -> Iterator[GraphProfile]:
    """What the version, or every version, holds at a known time."""
    scope = replace(ALL, known_as_of=known)
    for one in store.view(scope).versions():
        if one.dataset == dataset and version in ("", one.version):
            try:
                yield store.view(replace(scope, datasets=(one.ref,))).profile()
            except DatasetNotFound:
                continue


def retired_by(ref: Ref, store: GraphStore) -> tuple[frozenset[str], frozenset[str], set[str]]:
    """Sources and versions that end with what a ref names, and the keys of the decisions this may touch.

    Raises DatasetNotFound, NotFound.
    """
    held = [
        one for one in store.view(ALL).versions() if one.dataset == ref.dataset and ref.version in ("", one.version)
    ]
    if not held:
        raise DatasetNotFound(f"no dataset {ref.text!r} is in use; see `whence sources`")
    keys = {SEARCHED}
    sources: set[str] = set()
    versions: set[str] = set()
    for version in held:
        view = store.view(replace(ALL, datasets=(version.ref,)))
        own = set(view.sources())
        gone = own & {ref.source} if ref.source else own
        sources |= gone
        if gone and gone == own:
            versions.add(version.ref)
        keys.add(f"dataset:{version.ref}")
        keys.update(keys_of_profile(view.profile()))
    if not sources:
        raise NotFound(f"no source {ref.source!r} is in use; see `whence sources`")
    return frozenset(sources), frozenset(versions), keys
