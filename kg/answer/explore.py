"""Looking around in the graph without a question: entities, what is said of one, the way from one to another."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from kg.answer.execute import execute
from kg.answer.views import Views
from kg.answer.wording import Wording
from kg.domain.fact import Entity, EntityId, Fact, FactId, Literal
from kg.domain.ontology import Direction
from kg.domain.plan import MAX_HOPS, Entities, Paths
from kg.domain.result import Chain
from kg.domain.words import fold
from kg.errors import EntityNotFound, InvalidInput, LimitInvalid, NameAmbiguous
from kg.ports.store import GraphView

MAX_LIMIT = 1_000
MAX_TEXT = 200
"""Characters of a name or key that is looked up; longer ones are not names."""
NAMESAKES = 20


@dataclass(frozen=True, slots=True)
class Found:
    """Entities in the order of how well they fit; ``cut`` says that there are more."""

    entities: tuple[Entity, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact as it is read from an entity."""

    fact: FactId
    predicate: str
    direction: Direction
    text: str
    other: Entity | None
    """The entity at the far end, unless the fact is a literal."""
    value: str | None
    valid_from: str | None
    valid_to: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """An entity and what is said of it, some of every kind; ``cut`` names the kinds that have more."""

    entity: Entity
    facts: tuple[Statement, ...]
    left_out: int
    """Facts read and not listed. Where a kind is in ``cut`` there may be more than that."""
    cut: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A chain of facts: its entities, and for each step the fact in words."""

    entities: tuple[Entity, ...]
    facts: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """The shortest ways between two entities."""

    start: Entity
    end: Entity
    max_hops: int
    ways: tuple[Way, ...]
    cut: tuple[str, ...]
    """What a limit kept out of the search, in words."""
    text: str


def find_entities(view: GraphView, text: str, types: Collection[str], limit: int) -> Found:
    """Entities whose id or key this is, then those of this name, then those with a name beginning like it.

    Without a text, the entities of the types. Raises InvalidInput or LimitInvalid.
    """
    _within("limit", limit, 1, MAX_LIMIT)
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"the text has {len(text):,} characters; {MAX_TEXT} are allowed")
    ontology = view.ontology()
    if unknown := sorted(set(types) - set(ontology.types)):
        raise InvalidInput(f"no type {unknown[0][:80]!r}; known are {', '.join(sorted(ontology.types))}")
    wanted = frozenset().union(*(ontology.family(name) for name in types or ("*",)))
    if not text.strip():
        listing = view.scan(wanted, limit)
        met = view.entities(listing.ids)
        return Found(tuple(met[one] for one in listing.ids if one in met), listing.cut)
    exact = _found(view, _exact(view, text))
    folded = fold(text)
    listing = view.search([folded], wanted if types else (), limit)[folded]
    met = exact | view.entities(listing.ids)
    order = [one for one in dict.fromkeys((*exact, *listing.ids)) if one in met and met[one].type in wanted]
    return Found(tuple(met[one] for one in order[:limit]), listing.cut or len(order) > limit)


def resolve(view: GraphView, text: str) -> Entity:
    """The one entity of this id, key or name. Raises EntityNotFound, NameAmbiguous or InvalidInput."""
    if not text.strip() or len(text) > MAX_TEXT:
        raise InvalidInput(f"expected an id, key or name of 1 to {MAX_TEXT} characters")
    met = _found(view, _exact(view, text))
    # A withdrawn entity is meant only where no active one has the name or key.
    meant = [one for one in met.values() if one.status is None] or list(met.values())
    if not meant:
        raise EntityNotFound(f"no entity with the id, key or name {text!r} in this view")
    if len(meant) > 1:
        names = ", ".join(f"{one.name} ({one.id}, {one.type})" for one in meant)
        raise NameAmbiguous(
            f"{text!r} can be {len(meant)} entities: {names}; give an id",
            tuple({"id": one.id, "name": one.name, "type": one.type} for one in meant),
        )
    return meant[0]


def entity_card(view: GraphView, entity: EntityId, limit: int, predicates: Collection[str] = ()) -> Card:
    """What is said of one entity, or by these predicates, each kind of fact in turn up to the limit.

    Raises EntityNotFound.
    """
    _within("limit", limit, 1, MAX_LIMIT)
    met = view.entities([entity])
    if entity not in met:
        raise EntityNotFound(f"no entity {entity!r} in this view")
    # Another one may stand for it.
    entity = met[entity].id
    kinds: dict[tuple[str, Direction], list[Fact]] = {}
    cut: list[str] = []
    directions: tuple[Direction, Direction] = ("out", "in")
    for direction in directions:
        expansion = view.follow([entity], predicates, direction, limit)
        for fact in expansion.facts:
            kinds.setdefault((fact.predicate, direction), []).append(fact)
        if expansion.cut:
            full = [name for (name, way), facts in kinds.items() if way == direction and len(facts) == limit]
            cut += [name if direction == "out" else f"{name} (towards it)" for name in full]
    turns = [(turn, *kind, fact) for kind, facts in kinds.items() for turn, fact in enumerate(facts)]
    taken = sorted(turns, key=lambda item: (item[0], item[1], item[2] == "in"))[:limit]
    taken.sort(key=lambda item: (item[2] == "in", item[1], item[0]))
    others = {_other(fact, direction) for _, _, direction, fact in taken} - {None, entity}
    met |= view.entities([one for one in others if one is not None])
    wording = Wording(view.ontology(), met)
    facts = tuple(statement(fact, direction, met, wording) for _, _, direction, fact in taken)
    return Card(met[entity], facts, left_out=len(turns) - len(taken), cut=tuple(cut))


def paths_between(view: GraphView, start: str, end: str, max_hops: int) -> Ways:
    """The shortest ways between two entities, each given by id, key or name.

    Raises EntityNotFound, NameAmbiguous, InvalidInput or LimitInvalid.
    """
    _within("max_hops", max_hops, 1, MAX_HOPS)
    first, last = resolve(view, start), resolve(view, end)
    if first.id == last.id:
        raise InvalidInput(f"{start!r} and {end!r} are the same entity, {first.id!r}")
    result = execute(Paths(Entities((first.id,)), Entities((last.id,)), max_hops), Views(view))
    wording = Wording(view.ontology(), result.entities)
    ways = tuple(_way(chain, result.entities, result.facts, wording) for chain in result.paths)
    return Ways(first, last, max_hops, ways, result.cut, _in_words(first, last, max_hops, ways, result.cut))


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise LimitInvalid(f"{name} is {value}; it may be {low} to {high}")


def _exact(view: GraphView, text: str) -> list[EntityId]:
    """Ids this text can stand for: itself, made from it as a key, found by it as a further key or a name."""
    bare = text.strip()
    keyed = [bare, *view.ontology().ids_of_key(bare)]
    named = view.named([one for one in (*keyed, fold(bare)) if one], NAMESAKES)
    return list(dict.fromkeys([*keyed, *(one for ids in named.values() for one in ids)]))


def _found(view: GraphView, ids: Collection[EntityId]) -> dict[EntityId, Entity]:
    """The entities of these ids, each once under its own."""
    return {one.id: one for one in view.entities(ids).values()}


def _other(fact: Fact, direction: Direction) -> EntityId | None:
    return fact.target if direction == "out" else fact.subject


def statement(fact: Fact, direction: Direction, entities: dict[EntityId, Entity], wording: Wording) -> Statement:
    """A fact as it is read from one of its ends."""
    other = _other(fact, direction)
    value = fact.object.value if isinstance(fact.object, Literal) else None
    text = wording.fact(fact)
    met = entities.get(other) if other is not None else None
    return Statement(fact.id, fact.predicate, direction, text, met, value, fact.valid.start, fact.valid.end)


def _way(chain: Chain, entities: dict[EntityId, Entity], facts: dict[FactId, Fact], wording: Wording) -> Way:
    steps = []
    for fact_id, (near, _) in zip(chain.facts, pairwise(chain.entities), strict=True):
        fact = facts[fact_id]
        steps.append(statement(fact, "out" if fact.subject == near else "in", entities, wording))
    return Way(tuple(entities[one] for one in chain.entities), tuple(steps))


def _in_words(start: Entity, end: Entity, max_hops: int, ways: tuple[Way, ...], cut: tuple[str, ...]) -> str:
    lines = []
    if not ways:
        most = "1 fact" if max_hops == 1 else f"{max_hops} facts"
        lines.append(f"No chain of at most {most} leads from {start.label} to {end.label}.")
    for number, way in enumerate(ways, 1):
        steps = "1 step" if len(way.facts) == 1 else f"{len(way.facts)} steps"
        lines += [f"{number}. {' — '.join(one.name for one in way.entities)} ({steps})"]
        lines += [f"   {fact.text}" for fact in way.facts]
    return "\n".join([*lines, *(f"Cut: {one}." for one in cut)])
