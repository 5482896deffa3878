"""Records to facts, as the dataset file says. Pure: no store, no files."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from kg.domain.fact import ALIAS, ALWAYS, KEY, NAME, STATUS, TYPE, EntityId, Fact, Interval, Literal
from kg.domain.ontology import Ontology
from kg.errors import MappingInvalid
from loaders.dataset import DatasetFile, EntitySpec, FactSpec, MapEntry, Reference, TableValue, Valid, When
from loaders.paths import Lookups, Path, ValueRejected, compile_path
from loaders.readers import ADDED, Record
from loaders.spans import literal_of, place_of
from loaders.values import MAX_NAME, MEMO, Condition, EntityReference, Value, clean_text, day, plain


class Mapped(NamedTuple):
    """A fact and where in the file it comes from; or, with ``reason``, why there is none."""

    locator: str
    fact: Fact | None = None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Fact:
    predicate: str | Value
    subject: EntityReference | None
    object: EntityReference | None
    value: Value | None
    start: Value | None
    end: Value | None
    when: Condition

    @functools.cached_property
    def values(self) -> frozenset[str]:
        """Fields that it is made of."""
        parts = (self.predicate, self.subject, self.object, self.value, self.start, self.end)
        return frozenset().union(*(part.fields for part in parts if isinstance(part, Value | EntityReference)))

    @functools.cached_property
    def fields(self) -> frozenset[str]:
        """Those, and the ones that are tested."""
        return self.values | self.when.fields


@dataclass(frozen=True, eq=False)
class _Entry:
    when: Condition
    entity: EntityReference | None
    said: tuple[tuple[str, Value, str], ...]
    """Identity facts: predicate, value, key scheme (for further keys)."""
    facts: tuple[_Fact, ...]
    fields: frozenset[str]


_Candidates = tuple[tuple[tuple[_Entry, Condition], ...], tuple[Condition, ...]]


class _Declared(NamedTuple):
    """The entity an entry makes of one record, with its identity facts; or, with ``problem``, why there is none."""

    entity: EntityId = ""
    type: str = ""
    identity: tuple[Mapped, ...] = ()
    problem: str = ""


class Columns(NamedTuple):
    """The fields of a record that facts come from: their values, and what is only tested."""

    values: frozenset[str]
    tests: frozenset[str]


class Choice(NamedTuple):
    """What the mapping wants of one record."""

    entries: tuple[_Entry, ...] = ()
    declared: tuple[_Declared | None, ...] = ()
    """For each entry the entity it declares, if it is one that declares any."""
    skipped: bool = False
    """Not wanted, or deleted."""
    identity: str | None = None
    """What tells the record apart in all files of a feed."""


class RecordMapping:
    """A dataset file's mapping, compiled against its ontology. Raises MappingInvalid when they do not fit."""

    def __init__(self, spec: DatasetFile, ontology: Ontology) -> None:
        self._spec = spec
        self._ontology = ontology
        self._tables = {name: {plain(k): v for k, v in table.items()} for name, table in spec.tables.items()}
        self._lookup_specs = {
            name: (self.path(lookup.by), self._when(lookup.when), self.path(lookup.most) if lookup.most else None)
            for name, lookup in spec.lookups.items()
        }
        self._entries = tuple(self._entry(entry) for entry in spec.map)
        self._skips = tuple(self._when(skip.when) for skip in spec.skip)
        self._record = self.path(spec.record) if spec.record is not None else None
        self._deleted = self._when(spec.deleted)
        feed = self._deleted.fields | (self._record.fields if self._record is not None else frozenset())
        self._ignored = ADDED.union(feed, spec.ignore)
        first = {when.tests[0][0].plain if when.tests else None for when in self._whens()}
        self._switch = first.pop() if len(first) == 1 else None
        self._all: _Candidates = tuple((entry, entry.when) for entry in self._entries), self._skips
        self._switched: dict[str, _Candidates] = {}
        self._used: dict[tuple[_Entry, ...], frozenset[str]] = {}
        self._identities: dict[tuple[EntityId, str, str], Fact] = {}

    def _whens(self) -> Iterator[Condition]:
        yield from (entry.when for entry in self._entries)
        yield from self._skips

    # --- compile ---

    def path(self, text: str) -> Path:
        """A path of this dataset file, compiled. Raises MappingInvalid."""
        return compile_path(text, self._spec.paths, self._spec.lookups)

    def _value(self, spec: list[str | TableValue]) -> Value:
        alternatives: list[tuple[Path, Mapping[str, str | None] | None]] = []
        for item in spec:
            if isinstance(item, str):
                alternatives.append((self.path(item), None))
            elif item.table in self._tables:
                alternatives.append((self.path(item.from_), self._tables[item.table]))
            else:
                raise MappingInvalid(f"{self._spec.dataset}: no table {item.table!r} under tables")
        return Value(tuple(alternatives), frozenset().union(*(path.fields for path, _ in alternatives)))

    def _when(self, when: When) -> Condition:
        tests = tuple(
            (self.path(text), frozenset(plain(v) for v in allowed if v is not None), None in allowed)
            for text, allowed in when.items()
        )
        return Condition(tests, frozenset().union(*(path.fields for path, _, _ in tests)))

    def _reference(self, spec: Reference | EntitySpec) -> EntityReference:
        if isinstance(spec.type, str) and spec.type not in self._ontology.types:
            raise MappingInvalid(f"{self._spec.dataset}: no type {spec.type!r} in ontology {self._spec.ontology!r}")
        type_ = spec.type if isinstance(spec.type, str) else self._value([spec.type])
        return EntityReference(type_, self._value(spec.key))

    def _entry(self, spec: MapEntry) -> _Entry:
        entity = self._reference(spec.entity) if spec.entity else None
        said: list[tuple[str, Value, str]] = []
        if spec.entity:
            for predicate, value in (
                (NAME, spec.entity.name),
                (ALIAS, [*spec.entity.aliases]),
                (STATUS, spec.entity.status),
            ):
                if value:
                    said.append((predicate, self._value(list(value)), ""))
            for scheme, value in spec.entity.keys.items():
                if scheme not in self._ontology.keys:
                    raise MappingInvalid(f"{self._spec.dataset}: no key scheme {scheme!r} in the ontology")
                said.append((KEY, self._value(value), scheme))
        facts = tuple(self._fact(fact, has_entity=entity is not None) for fact in spec.facts)
        when = self._when(spec.when)
        fields = when.fields.union(
            *(value.fields for _, value, _ in said),
            *(fact.fields for fact in facts),
            entity.fields if entity else (),
        )
        return _Entry(when, entity, tuple(said), facts, fields)

    def _fact(self, spec: FactSpec, *, has_entity: bool) -> _Fact:
        names = self._names(spec)
        for name in names:
            if name not in self._ontology.predicates:
                raise MappingInvalid(f"{self._spec.dataset}: no predicate {name!r} in ontology {self._spec.ontology!r}")
        if (spec.object is None) == (spec.value is None):
            raise MappingInvalid(f"{self._spec.dataset}: a fact takes either object or value ({spec.predicate})")
        if spec.subject is None and not has_entity:
            raise MappingInvalid(
                f"{self._spec.dataset}: a fact without an entity beside it needs a subject ({spec.predicate})"
            )
        for name in names:
            self._check_kind(name, takes_value=spec.value is not None)
        predicate = spec.predicate if isinstance(spec.predicate, str) else self._value([spec.predicate])
        subject = self._reference(spec.subject) if spec.subject else None
        target = self._reference(spec.object) if spec.object else None
        value = self._value(spec.value) if spec.value else None
        valid = spec.valid or Valid.model_validate({})
        start = self._value(valid.from_) if valid.from_ else None
        end = self._value(valid.to) if valid.to else None
        when = self._when(spec.when)
        return _Fact(predicate, subject, target, value, start, end, when)

    def _check_kind(self, name: str, *, takes_value: bool) -> None:
        if name == TYPE:
            raise MappingInvalid(f"{self._spec.dataset}: a type is given by an entity, not by a fact")
        if (self._ontology.predicates[name].value is not None) != takes_value:
            wanted = "object" if takes_value else "value"
            raise MappingInvalid(f"{self._spec.dataset}: predicate {name!r} takes `{wanted}` in the ontology")

    def columns(self) -> dict[str, Columns]:
        """For each predicate, the fields of a record that its facts come from."""
        found: dict[str, list[Columns]] = {}
        for spec, entry in zip(self._spec.map, self._entries, strict=True):
            own = entry.entity.fields if entry.entity else frozenset()
            if entry.entity:
                found.setdefault(TYPE, []).append(Columns(own, entry.when.fields))
            for predicate, value, _ in entry.said:
                found.setdefault(predicate, []).append(Columns(value.fields, entry.when.fields))
            for said, fact in zip(spec.facts, entry.facts, strict=True):
                subject = fact.subject.fields if fact.subject else own if fact.object else frozenset()
                columns = Columns(subject | fact.values, entry.when.fields | fact.when.fields)
                for name in self._names(said):
                    found.setdefault(name, []).append(columns)
        return {
            name: Columns(
                frozenset().union(*(one.values for one in many)), frozenset().union(*(one.tests for one in many))
            )
            for name, many in sorted(found.items())
        }

    def _names(self, spec: FactSpec) -> list[str]:
        """The predicates that a fact may have."""
        if isinstance(spec.predicate, str):
            return [spec.predicate]
        return [name for name in self._tables.get(spec.predicate.table, {}).values() if name is not None]

    # --- apply ---

    def lookups(self, records: list[Record]) -> Lookups:
        """Index the records that references lead to."""
        indexes: dict[str, dict[Any, Mapping[str, Any]]] = {name: {} for name in self._lookup_specs}
        alike: dict[tuple[str, Any], dict[tuple[Any, ...], list[Mapping[str, Any]]]] = {}
        for record in records:
            if record.problem is None:
                for name, (path, when, most) in self._lookup_specs.items():
                    try:
                        if when.tests and not when.holds(record.fields, indexes):
                            continue
                        found = path.values(record.fields, indexes)
                        said = tuple(most.values(record.fields, indexes)) if most is not None else ()
                    except ValueRejected:
                        continue
                    for value in found:
                        if isinstance(value, (str, int)):
                            indexes[name].setdefault(value, record.fields)
                            if said:
                                alike.setdefault((name, value), {}).setdefault(said, []).append(record.fields)
        for (name, value), groups in alike.items():
            indexes[name][value] = max(groups.values(), key=len)[0]
        return indexes

    @property
    def needs_lookups(self) -> bool:
        return bool(self._lookup_specs)

    def choose(self, record: Record, lookups: Lookups) -> Choice:
        """Which entries of the mapping want the record. Raises ValueRejected when that cannot be told."""
        if self._deleted.tests and self._deleted.holds(record.fields, lookups):
            return Choice(skipped=True, identity=self._identity_of(record, lookups))
        entries, skips = self._candidates(record)
        for skip in skips:
            if skip.holds(record.fields, lookups):
                return Choice(skipped=True, identity=self._identity_of(record, lookups, needed=False))
        identity = self._identity_of(record, lookups)
        chosen = tuple([entry for entry, when in entries if not when.tests or when.holds(record.fields, lookups)])
        declared = tuple([self._declared(entry, record, lookups) for entry in chosen])
        return Choice(chosen, declared, identity=identity)

    def _identity_of(self, record: Record, lookups: Lookups, *, needed: bool = True) -> str | None:
        """What ``record`` of the dataset file gives. Raises ValueRejected when that is needed and not one value."""
        if self._record is None:
            return None
        found = self._record.values(record.fields, lookups)
        if len(found) != 1:
            if not needed:
                return None
            raise ValueRejected(f"record: {len(found)} values tell this record apart, expected one")
        return clean_text(found[0], MAX_NAME)

    def _candidates(self, record: Record) -> _Candidates:
        """Entries and skips that the field all of them test first does not rule out, with what is left to test."""
        value = record.fields.get(self._switch) if self._switch is not None else None
        if not isinstance(value, str) or not value.strip():
            return self._all
        if value not in self._switched:
            self._switched[value] = (
                tuple((e, e.when.rest()) for e in self._entries if e.when.first_allows(value.strip())),
                tuple(skip.rest() for skip in self._skips if skip.first_allows(value.strip())),
            )
        return self._switched[value]

    def left_over(self, record: Record, choice: Choice) -> set[str]:
        """Fields that no chosen entry uses and nothing says to ignore."""
        if record.exact:
            # All that the file says here is one text; the fields only tell where it stands.
            return set()
        used = self._used.get(choice.entries)
        if used is None:
            used = self._used[choice.entries] = self._ignored.union(*(entry.fields for entry in choice.entries))
        return set() if used.issuperset(record.fields) else set(record.fields) - used

    @staticmethod
    def declarations(choice: Choice) -> list[tuple[EntityId, str]]:
        """The entities the record declares, with their types; those with problems are left to ``apply``."""
        return [(one.entity, one.type) for one in choice.declared if one is not None and not one.problem]

    def apply(self, record: Record, choice: Choice, lookups: Lookups) -> list[Mapped]:
        """The facts of one record, identity facts first; problems as values."""
        if not choice.entries and not choice.skipped:
            reason = "no entry of the mapping wants this record: add one, or a skip with its reason"
            return [Mapped(record.locator, reason=reason)]
        found: list[Mapped] = []
        for entry, declared in zip(choice.entries, choice.declared, strict=True):
            if declared is not None and declared.problem:
                found.append(Mapped(record.locator, reason=declared.problem))
                continue
            if declared is not None:
                found += declared.identity
            for fact in entry.facts:
                try:
                    found += self._facts(fact, declared.entity if declared else None, record, lookups)
                except ValueRejected as exc:
                    found.append(Mapped(record.locator, reason=str(exc)))
        return found

    def _declared(self, entry: _Entry, record: Record, lookups: Lookups) -> _Declared | None:
        if entry.entity is None:
            return None
        try:
            own, type_name = entry.entity.one(record.fields, lookups, self._ontology)
            said = Mapped(place_of(record, entry.entity.fields), self._identity_fact(own, TYPE, type_name))
            return _Declared(own, type_name, (said, *self._identity(entry, own, record, lookups)))
        except ValueRejected as exc:
            return _Declared(problem=str(exc))

    def _identity_fact(self, own: EntityId, predicate: str, text: str) -> Fact:
        """Remembered: the records of some files say what an entity is over and over."""
        key = (own, predicate, text)
        fact = self._identities.get(key)
        if fact is None:
            if len(self._identities) >= MEMO:
                self._identities.clear()
            fact = self._identities[key] = Fact.of(own, predicate, Literal(text))
        return fact

    def _identity(self, entry: _Entry, own: EntityId, record: Record, lookups: Lookups) -> Iterator[Mapped]:
        names: set[str] = set()
        for predicate, value, scheme in entry.said:
            at = place_of(record, value.fields)
            for found in value.values(record.fields, lookups):
                text = clean_text(found, MAX_NAME)
                if predicate == KEY:
                    canonical = self._ontology.keys[scheme].canonical(text)
                    if canonical is None:
                        raise ValueRejected(f"{text[:60]!r} is not a key of scheme {scheme}")
                    text = f"{scheme}:{canonical}"
                if predicate == NAME:
                    names.add(text)
                if predicate != ALIAS or text not in names:
                    yield Mapped(at, self._identity_fact(own, predicate, text))

    def _facts(self, spec: _Fact, own: EntityId | None, record: Record, lookups: Lookups) -> list[Mapped]:
        fields = record.fields
        if spec.when.tests and not spec.when.holds(fields, lookups):
            return []
        name = spec.predicate if isinstance(spec.predicate, str) else spec.predicate.one(fields, lookups, "predicate")
        if name is None:
            return []
        predicate = self._ontology.predicates[name]
        subjects = spec.subject.ids(fields, lookups, self._ontology) if spec.subject else [(own, "")]
        if not subjects:
            raise ValueRejected(f"{name}: no subject")
        valid = ALWAYS
        if spec.start or spec.end:
            valid = Interval(day(spec.start, fields, lookups), day(spec.end, fields, lookups))
        if valid.start and valid.end and valid.start > valid.end:
            raise ValueRejected(f"{name}: valid from {valid.start}, which is after {valid.end}")
        objects: list[EntityId | Literal] = []
        if spec.object is not None:
            objects += [entity for entity, _ in spec.object.ids(fields, lookups, self._ontology)]
        if spec.value is not None:
            values, used = spec.value.values(fields, lookups), spec.value.fields
            objects += [literal_of(value, predicate, record, used) for value in values]
        if not objects:
            return []
        at = place_of(record, spec.fields, name)
        return [Mapped(at, Fact.of(str(subject), name, target, valid)) for subject, _ in subjects for target in objects]
