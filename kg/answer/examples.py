"""Questions that this graph can be asked: made from its ontology and what it holds, and read as they are meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kg.answer.adapter import Adapter
from kg.answer.link import link
from kg.answer.planner import plan
from kg.answer.terms import Terms
from kg.domain.fact import Entity
from kg.domain.ontology import Predicate
from kg.domain.plan import Count, Each, Entities, Follow, Plan, Rank
from kg.domain.question import Question
from kg.ports.store import GraphView

MOST_PREDICATES = 8
"""Predicates tried, those with most facts first; each costs two reads and up to three readings."""
LOOKED_AT = 40
"""Entities among which one is sought to ask about."""
FEW = 12
"""Members of an answer that is read at a glance."""
RANKED = 2_000
"""Entities of a type that are ranked in a moment."""

Made = Callable[["_Relation"], tuple[str, Plan]]


class _Relation:
    """Entities of one type, what they have to do with one other, and how that is said."""

    def __init__(self, predicate: str, subject: str, far: Entity, terms: Terms) -> None:
        self.predicate, self.subject, self.far = predicate, subject, far
        self.one, self.many = terms.noun(subject, plural=False), terms.noun(subject)
        self.objects = terms.noun(far.type)
        self.does, self.do = terms.relation(predicate, "out"), terms.verb(predicate, "out")

    @property
    def members(self) -> Follow:
        return Follow(Entities((self.far.id,)), self.predicate, "in", self.subject)


def _which(of: _Relation) -> tuple[str, Plan]:
    return f"Which {of.many} {of.do} {of.far.name}?", of.members


def _most(of: _Relation) -> tuple[str, Plan]:
    by = Follow(Each(), of.predicate, "out", of.far.type)
    return f"Which {of.one} {of.does} the most {of.objects}?", Rank(Entities(type=of.subject), by)


def _how_many(of: _Relation) -> tuple[str, Plan]:
    return f"How many {of.many} {of.do} {of.far.name}?", Count(of.members)


FORMS: tuple[Made, ...] = (_which, _most, _how_many)


def examples(view: GraphView, adapter: Adapter, most: int = 4) -> tuple[str, ...]:
    """Up to so many questions, each of another relation and form; none that would be read otherwise than meant."""
    found: list[str] = []
    for number, relation in enumerate(_relations(view)):
        for turn in range(len(FORMS)):
            form = FORMS[(number + turn) % len(FORMS)]
            if form is _most and view.profile().entities.get(relation.subject, 0) > RANKED:
                continue
            text, meant = form(relation)
            readings = plan(link(Question(text, view.scope), view), view.ontology(), adapter).readings
            if readings and readings[0].plan == meant:
                found.append(text)
                break
        if len(found) >= most:
            break
    return tuple(found)


def _relations(view: GraphView) -> Iterator[_Relation]:
    """Relations with most facts first, each with an entity of which a few things are said."""
    ontology, held = view.ontology(), view.profile()
    spoken = [one for name, one in ontology.predicates.items() if one.phrases and one.objects and held.facts.get(name)]
    for spec in sorted(spoken, key=lambda one: (-held.facts[one.name], one.name))[:MOST_PREDICATES]:
        far = _known(view, spec)
        counted = {name: held.entities.get(name, 0) for name in ontology.ends(spec.name)[0]}
        if far is not None and counted:
            subject = max(sorted(counted), key=counted.__getitem__)
            yield _Relation(spec.name, subject, far, Terms(ontology, {}))


def _known(view: GraphView, spec: Predicate) -> Entity | None:
    """The entity at the far end of most facts, of those of which few enough are there to be read at a glance."""
    ids = view.scan(view.ontology().ends(spec.name)[1], LOOKED_AT).ids
    near = view.follow(ids, [spec.name], "in", FEW + 1)
    counts = dict.fromkeys(ids, 0)
    for fact in near.facts:
        if fact.target in counts:
            counts[fact.target] += 1
    few = {one: count for one, count in counts.items() if 0 < count <= FEW}
    met = view.entities(few)
    # A name says more than a key.
    named = sorted(few, key=lambda one: (met[one].name in met[one].keys, -few[one], one)) if few else []
    return met[named[0]] if named else None
