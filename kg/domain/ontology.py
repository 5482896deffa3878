"""The ontology: types, predicates, key schemes and the phrases people use for them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

from kg.domain.fact import DIFFERENT_FROM, IDENTITY, PASSAGE, REPLACED_BY, SAME_AS, Datatype, EntityId
from kg.errors import OntologyInvalid

ANY = "*"
World = OneOf["open", "closed"]
Direction = OneOf["out", "in"]
"""``out`` reads a fact from subject to object, ``in`` from object to subject."""
Step = tuple[str, Direction]
"""One step along a predicate."""
Hit = OneOf["first", "unique", "collect"]
"""Which of the rows that fit fire: the first, the only one there may be, or all."""
Depth = OneOf["direct", "any"]
"""Whether a relation is meant over one step, or over as many as there are."""

PASSAGES = "Passage"
"""The type of the core above all whose entities are spans of documents."""
RESERVED = (*IDENTITY, REPLACED_BY, SAME_AS, DIFFERENT_FROM, PASSAGE, PASSAGES)


def back(direction: Direction) -> Direction:
    """The other direction."""
    return "in" if direction == "out" else "out"


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write a key: a pattern for the whole key and the canonical form made from its groups."""

    pattern: str
    write: str


@dataclass(frozen=True, slots=True)
class KeyScheme:
    """How keys of one kind are spelled; an entity's id is ``SCHEME:CANONICAL``."""

    name: str
    spellings: tuple[Spelling, ...]
    case: OneOf["upper", "lower", "keep"] = "keep"
    free: bool = False
    """Any text is a key, so that a key says nothing by its look: such things are found by name."""

    def canonical(self, text: str) -> str | None:
        """The one form of this key, or ``None`` when no spelling fits."""
        return _canonical(self.spellings, self.case, text)


@functools.lru_cache(maxsize=50_000)
def _canonical(spellings: tuple[Spelling, ...], case: str, text: str) -> str | None:
    for spelling in spellings:
        if re.fullmatch(spelling.pattern, text, re.IGNORECASE):
            # As `expand` of the match, whose reading of the form to write is not remembered, and that of `sub` is.
            written = re.sub(rf"\A(?:{spelling.pattern})\Z", spelling.write, text, count=1, flags=re.IGNORECASE)
            return {"upper": written.upper(), "lower": written.lower(), "keep": written}[case]
    return None


@dataclass(frozen=True, slots=True)
class EntityType:
    """A kind of entity; without a key scheme it is only a supertype."""

    name: str
    parent: str | None = None
    key: str | None = None
    nouns: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """Words that tell, beside a name, that it is one of these, and mean only some of them by themselves."""
    full_name: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    """Question words that ask for it: ``who`` for a person."""
    default: bool = False
    """Whether questions that name no type are about it."""
    everyday: bool = False
    """Whether its names are everyday words, which mean it only where something else says so."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """A kind of fact. ``value`` is set for literals, ``objects`` for entities.

    A derived predicate has no facts of its own: ``along`` says which steps make one of it, ``during`` which two dates
    its interval lies between, ``holds`` and ``fails`` what speaks for and against it.
    """

    name: str
    subjects: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    between: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Which types of subject have it to which types of object, where not all do to all."""
    value: Datatype | None = None
    phrases: tuple[str, ...] = ()
    """Read subject first."""
    inverse: tuple[str, ...] = ()
    """Read object first."""
    negative: tuple[str, ...] = ()
    """Phrases that say, of a subject, that there is none."""
    inverse_negative: tuple[str, ...] = ()
    """Phrases that say it of an object."""
    roles: tuple[str, ...] = ()
    """Nouns for the object in its part: ``director``."""
    inverse_roles: tuple[str, ...] = ()
    """Nouns for the subject in its part."""
    asks: tuple[str, ...] = ()
    """Question words that ask for its value: ``when``."""
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Values a literal is one of, each with the phrases that mean it."""
    unit: str | None = None
    """What a number counts; ``year`` is compared with dates by their year."""
    functional: bool = False
    symmetric: bool = False
    world: World = "open"
    default: bool = False
    """What is meant between things of its types when no phrase says which predicate."""
    explained: bool = False
    """What else the record of such a fact says is how it comes about."""
    along: tuple[Step, ...] = ()
    repeat: bool = False
    """Whether the steps may be taken again and again."""
    during: tuple[str, str] | None = None
    holds: tuple[str, ...] = ()
    """Plans over ``each`` (canonical JSON text); it holds where one of them finds something."""
    fails: tuple[str, ...] = ()

    @property
    def derived(self) -> bool:
        """Whether it is read off other predicates."""
        return bool(self.along or self.during or self.holds)


@dataclass(frozen=True, slots=True)
class Concept:
    """A set that people name by a noun or an adjective: members of a type for which a plan over ``each`` holds."""

    name: str
    of: str
    plan: str
    """Canonical JSON text."""
    none: bool = False
    """Whether the plan has to find nothing."""
    nouns: tuple[str, ...] = ()
    adjectives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableInput:
    """One input of a decision table."""

    name: str
    column: str
    """The predicate of a rule that holds the value it wants."""
    plan: str | None = None
    """A plan over ``each`` (canonical JSON text) that finds something where the input is yes."""
    predicate: str | None = None
    """The literal predicate that gives the input; with neither, the question has to give it."""
    phrases: tuple[str, ...] = ()
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """Rules that are entities of their own, one a row, and what their conditions are held against."""

    name: str
    of: str
    rules: str
    outcome: str
    """The predicate of a rule that holds what it decides."""
    inputs: tuple[TableInput, ...]
    nouns: tuple[str, ...] = ()
    hit: Hit = "first"
    saved: tuple[str, str] | None = None
    """Reference and hash of the version, of one that was saved and not loaded."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something people ask for that no source holds."""

    words: tuple[str, ...]
    says: str


@dataclass(frozen=True, eq=False)
class Ontology:
    """One or several ontology documents read as one."""

    names: tuple[str, ...]
    keys: Mapping[str, KeyScheme]
    types: Mapping[str, EntityType]
    predicates: Mapping[str, Predicate]
    concepts: Mapping[str, Concept]
    tables: Mapping[str, DecisionTable]
    missing: tuple[Missing, ...] = ()

    def family(self, name: str) -> frozenset[str]:
        """The type and every type below it; all types for ``*``."""
        if name == ANY:
            return self._all
        return self._families.get(name, frozenset())

    @functools.cached_property
    def _all(self) -> frozenset[str]:
        return frozenset(self.types)

    @functools.cached_property
    def _families(self) -> dict[str, frozenset[str]]:
        below: dict[str, set[str]] = {name: {name} for name in self.types}
        for name in self.types:
            above = self.types[name].parent
            while above is not None:
                below[above].add(name)
                above = self.types[above].parent
        return {name: frozenset(members) for name, members in below.items()}

    def ends(self, predicate: str, direction: Direction = "out") -> tuple[frozenset[str], frozenset[str]]:
        """Types where a step along the predicate starts, and where it ends."""
        subjects, objects = self._ends[predicate]
        return (subjects, objects) if direction == "out" else (objects, subjects)

    @functools.cached_property
    def _ends(self) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
        def all_below(names: tuple[str, ...]) -> frozenset[str]:
            return frozenset().union(*(self.family(name) for name in names))

        return {name: (all_below(spec.subjects), all_below(spec.objects)) for name, spec in self.predicates.items()}

    def may_join(self, predicate: str, direction: Direction, near: frozenset[str], far: frozenset[str]) -> bool:
        """Whether a step along the predicate may lead from one of these types to one of those."""
        subjects, objects = (near, far) if direction == "out" else (far, near)
        if pairs := self._pairs[predicate]:
            return any(subjects & one and objects & other for one, other in pairs)
        one, other = self._ends[predicate]
        return bool(subjects & one and objects & other)

    @functools.cached_property
    def _pairs(self) -> dict[str, tuple[tuple[frozenset[str], frozenset[str]], ...]]:
        return {
            name: tuple(
                (self.family(one), frozenset().union(*map(self.family, others))) for one, others in spec.between
            )
            for name, spec in self.predicates.items()
        }

    def steps(self, predicate: str, direction: Direction) -> tuple[Step, ...]:
        """The steps along recorded predicates that one step along this one is made of."""
        spec = self.predicates[predicate]
        if not spec.along:
            return ((predicate, direction),)
        if direction == "out":
            return spec.along
        return tuple((name, back(way)) for name, way in reversed(spec.along))

    def at_depth(self, predicate: str, depth: Depth) -> str | None:
        """The predicate that takes the steps of this one once, or as often as they go on, where there is one."""
        if depth == "direct":
            return self._once.get(predicate, predicate)
        return predicate if predicate in self._once else self._repeating.get(self.steps(predicate, "out"))

    @functools.cached_property
    def _repeating(self) -> dict[tuple[Step, ...], str]:
        return {self.steps(name, "out"): name for name, spec in self.predicates.items() if spec.repeat}

    @functools.cached_property
    def _once(self) -> dict[str, str]:
        """For each predicate that repeats steps, the one that takes them once."""
        single = {self.steps(name, "out"): name for name, spec in self.predicates.items() if not spec.repeat}
        return {name: single[steps] for steps, name in self._repeating.items() if steps in single}

    def scheme_of(self, type_name: str) -> KeyScheme | None:
        """The key scheme of a type or of its nearest supertype that has one."""
        current: str | None = type_name
        while current is not None:
            entity_type = self.types[current]
            if entity_type.key is not None:
                return self.keys[entity_type.key]
            current = entity_type.parent
        return None

    def entity_id(self, type_name: str, key: str) -> EntityId | None:
        """The id of the entity of this type and key, or ``None`` when the key is not one of its scheme."""
        scheme = self.scheme_of(type_name)
        canonical = scheme.canonical(key.strip()) if scheme else None
        return f"{scheme.name}:{canonical}" if scheme and canonical else None

    def ids_of_key(self, text: str) -> Iterator[EntityId]:
        """Every id this text can be the key of, by any scheme whose keys look like keys."""
        for scheme in self.keys.values():
            if not scheme.free and (canonical := scheme.canonical(text)):
                yield f"{scheme.name}:{canonical}"


PARTS = ("keys", "types", "predicates", "concepts", "tables")


def merge(ontologies: Iterable[Ontology]) -> Ontology:
    """Read several ontologies as one; two that define a name differently are an error."""
    names: tuple[str, ...] = ()
    parts: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    missing: tuple[Missing, ...] = ()
    for one in ontologies:
        names += tuple(name for name in one.names if name not in names)
        missing += tuple(item for item in one.missing if item not in missing)
        for part, held in (
            ("keys", one.keys),
            ("types", one.types),
            ("predicates", one.predicates),
            ("concepts", one.concepts),
            ("tables", one.tables),
        ):
            for name, value in held.items():
                if parts[part].setdefault(name, value) != value:
                    raise OntologyInvalid(
                        f"two ontologies ({', '.join(names)}) define {part[:-1]} {name!r} differently: rename one"
                    )
    return Ontology(names, **parts, missing=missing)
