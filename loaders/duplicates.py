"""Entities that may be one: found by shared keys, and by a probabilistic model of what their facts have in common.

The model is Splink's: Fellegi and Sunter, A Theory for Record Linkage (1969), its parameters estimated from the data
itself by expectation maximisation, so that nothing has to be labelled. A reason's ``weight`` is in bits: how much
more likely (log2) what is compared looks like this for one entity than for two.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kg.domain.batches import batches
from kg.domain.fact import DIFFERENT_FROM, KEY, SAME_AS, Entity, EntityId, Fact, Literal
from kg.domain.words import fold
from kg.errors import ConfigError, InvalidInput
from kg.ports.store import GraphView

if TYPE_CHECKING:
    import splink

Progress = Callable[[str, int, int], None]
MAX_ENTITIES = 2_000_000
AT_ONCE = 5_000
MAX_OF_EACH = 50
"""Facts of one predicate that are looked at for one entity."""
LEAST_FILLED = 0.2
"""Share of the entities that a predicate has to speak of to be compared."""
MOST_PAIRS_EACH = 50
"""Pairs an entity that a rule may bring together on average; what many share tells nothing apart."""
RECALL = 0.7
"""Share of the true pairs that agree on all of a name and one thing more: Splink's recommended guess, not critical."""
MAX_NAMED = 5
"""Entities named that two have in common."""
LEAST_TRAINED = 100
"""Pairs that expectation maximisation needs to say anything."""
TRAINED_ON = 3
"""Rules it is run with, so that each column is told by one that does not take it as given."""
SAMPLE = 1_000_000
MISSING = "finding duplicates needs Splink, which is not installed: pip install 'whence[matching]'"


@dataclass(frozen=True, slots=True)
class Reason:
    """What two entities have in common, or have not."""

    what: str
    first: str
    second: str
    weight: float | None
    """Bits for (above 0) or against; none for a key that both have."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two entities that may be one."""

    first: Entity
    second: Entity
    probability: float
    reasons: tuple[Reason, ...]
    """The weightiest first."""


@dataclass
class _Table:
    """Entities of one type as rows to compare: a name, literals, and which entities they are tied to."""

    entities: dict[EntityId, Entity] = field(default_factory=dict)
    rows: dict[EntityId, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, list[EntityId]] = field(default_factory=dict)
    literals: dict[str, str] = field(default_factory=dict)
    """Datatype of each predicate that gives a literal."""
    links: set[str] = field(default_factory=set)
    settled: set[frozenset[EntityId]] = field(default_factory=set)
    """Pairs of which somebody has said whether they are one."""


def candidates(view: GraphView, type_name: str, least: float, progress: Progress = lambda *_: None) -> list[Candidate]:
    """Pairs of active entities of a type that may be one, the likeliest first; not those already settled.

    The view is one in which nothing is merged. Raises InvalidInput or ConfigError.
    """
    ontology = view.ontology()
    if type_name not in ontology.types:
        raise InvalidInput(f"no type {type_name[:80]!r}; known are {', '.join(sorted(ontology.types))}")
    if not 0 < least <= 1:
        raise InvalidInput(f"a probability lies above 0 and not above 1: {least} does not")
    table = _read(view, type_name, progress)
    by_key = {frozenset((one.first.id, one.second.id)): one for one in _by_key(table)}
    likely = {frozenset((one.first.id, one.second.id)): one for one in _likely(table, view, least, progress)}
    found = [one for pair, one in (likely | by_key).items() if pair not in table.settled]
    return sorted(found, key=lambda one: (-one.probability, one.first.id, one.second.id))


# --- rows -------------------------------------------------------------------------------------------------------


def _read(view: GraphView, type_name: str, progress: Progress) -> _Table:
    listing = view.scan(view.ontology().family(type_name), MAX_ENTITIES)
    if listing.cut:
        raise InvalidInput(f"more than {MAX_ENTITIES:,} entities are {type_name}: name a narrower type")
    table = _Table()
    for number, ids in enumerate(batches(listing.ids, AT_ONCE)):
        progress("read", number * AT_ONCE, len(listing.ids))
        met = {one: entity for one, entity in view.entities(ids).items() if entity.status is None}
        table.entities |= met
        for one, entity in met.items():
            names = sorted({fold(name) for name in (entity.name, *entity.aliases)})
            table.rows[one] = {"unique_id": one, "name": fold(entity.name), "names": names}
            table.keys.setdefault(one, []).append(one)
        for fact in view.follow(met, (), "out", MAX_OF_EACH).facts:
            _add(table, fact, fact.subject, fact.object, f"{fact.predicate}")
        for fact in view.follow(met, (), "in", MAX_OF_EACH).facts:
            _add(table, fact, str(fact.target), fact.subject, f"{fact.predicate} (towards it)")
        for fact in view.follow(met, (KEY,), "out", MAX_OF_EACH).facts:
            if isinstance(fact.object, Literal):
                table.keys.setdefault(fact.object.value, []).append(fact.subject)
    return table


def _add(table: _Table, fact: Fact, near: EntityId, far: EntityId | Literal, column: str) -> None:
    if fact.predicate in (SAME_AS, DIFFERENT_FROM):
        table.settled.add(frozenset((fact.subject, str(fact.target))))
    elif isinstance(far, Literal):
        table.literals[column] = far.datatype
        table.rows[near].setdefault(column, far.value)
    else:
        table.links.add(column)
        table.rows[near].setdefault(column, []).append(far)


def _by_key(table: _Table) -> Iterator[Candidate]:
    """Entities that are known by the same key."""
    for key, held in table.keys.items():
        for first, second in itertools.combinations(sorted(set(held)), 2):
            scheme, _, own = key.partition(":")
            reason = Reason(f"the same {scheme}", own, own, None)
            yield Candidate(table.entities[first], table.entities[second], 1.0, (reason,))


# --- the model --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the compared table: its predicate, and how it is compared."""

    name: str
    said: str
    kind: str


def _columns(table: _Table) -> list[_Column]:
    filled = Counter(column for row in table.rows.values() for column in row)
    enough = max(2.0, LEAST_FILLED * len(table.rows))
    told = [(said, kind) for said, kind in sorted(table.literals.items()) if filled[said] >= enough]
    told += [(said, "entities") for said in sorted(table.links) if filled[said] >= enough]
    return [_Column(f"c{number}", said, kind) for number, (said, kind) in enumerate(told)]


def _likely(table: _Table, view: GraphView, least: float, progress: Progress) -> Iterator[Candidate]:
    if len(table.rows) < 2:
        return
    columns = _columns(table)
    held = [
        {key: row[key] for key in ("unique_id", "name", "names")} | {c.name: row.get(c.said) for c in columns}
        for row in table.rows.values()
    ]
    progress("compare", 0, len(held))
    pairs = _pairs(held, columns, least)
    links = [column.name for column in columns if column.kind == "entities"]
    ends = {end for pair in pairs for name in links for end in _both(name, pair)[:MAX_NAMED]}
    names = {end: met.name for batch in batches(ends, AT_ONCE) for end, met in view.entities(batch).items()}
    for pair in pairs:
        left, right = sorted((pair["unique_id_l"], pair["unique_id_r"]))
        sides = ("_l", "_r") if left == pair["unique_id_l"] else ("_r", "_l")
        first, second = table.entities[left], table.entities[right]
        reasons = [Reason("name", first.name, second.name, round(pair["mw_name"], 2))]
        for column in columns:
            if column.kind == "entities":
                shared = ", ".join(names[end] for end in _both(column.name, pair)[:MAX_NAMED]) or "nothing in common"
                told = (shared, shared)
            else:
                told = (str(pair[column.name + sides[0]]), str(pair[column.name + sides[1]]))
            reasons.append(Reason(column.said.replace("_", " "), *told, round(pair[f"mw_{column.name}"], 2)))
        said = sorted((one for one in reasons if one.weight), key=lambda one: (-abs(one.weight or 0), one.what))
        yield Candidate(first, second, round(pair["match_probability"], 6), tuple(said))


def _both(name: str, pair: dict[str, Any]) -> list[EntityId]:
    """The entities that both are tied to."""
    return sorted(set(pair[f"{name}_l"] or ()) & set(pair[f"{name}_r"] or ()))


def _pairs(rows: list[dict[str, Any]], columns: Sequence[_Column], least: float) -> list[dict[str, Any]]:
    """Splink's predictions, with the weight of each comparison."""
    try:
        import pyarrow as pa
        import splink.comparison_library as compare
        from splink import DuckDBAPI, Linker, SettingsCreator
    except ImportError as exc:
        raise ConfigError(MISSING) from exc
    plain = [column.name for column in columns if column.kind != "entities"]
    comparisons = [_by_name(), *(_comparison(compare, column) for column in columns)]
    with _quiet():
        frame = DuckDBAPI().register(pa.Table.from_pylist(rows))
        settings = SettingsCreator(
            link_type="dedupe_only",
            comparisons=comparisons,
            blocking_rules_to_generate_predictions=_rules(rows, columns),
            retain_intermediate_calculation_columns=True,
            probability_two_random_records_match=_prior(rows, plain),
        )
        linker = Linker(frame, settings, log_level=logging.CRITICAL)
        _train(linker, rows, plain)
        found: list[dict[str, Any]] = linker.inference.predict(threshold_match_probability=least).as_record_list()
    return found


def _by_name() -> Any:
    import splink.comparison_level_library as level
    from splink.comparison_library import CustomComparison

    return CustomComparison(
        output_column_name="name",
        comparison_levels=[
            level.NullLevel("name"),
            level.ExactMatchLevel("name"),
            level.ArrayIntersectLevel("names", min_intersection=1),
            level.JaroWinklerLevel("name", 0.95),
            level.JaroWinklerLevel("name", 0.88),
            level.JaroWinklerLevel("name", 0.7),
            level.ElseLevel(),
        ],
    )


def _comparison(compare: Any, column: _Column) -> Any:
    if column.kind == "entities":
        return compare.ArrayIntersectAtSizes(column.name, [3, 1])
    if column.kind == "boolean":
        return compare.ExactMatch(column.name)
    # Dates and numbers are written wrongly as words are: by a digit or two.
    return compare.LevenshteinAtThresholds(column.name, [1, 2])


def _rules(rows: Sequence[dict[str, Any]], columns: Sequence[_Column]) -> list[Any]:
    """What brings pairs together to be compared."""
    from splink import block_on

    found = [
        block_on("names", arrays_to_explode=["names"]),
        block_on("substr(name, 1, 5)"),
        block_on("regexp_extract(name, '[^ ]+$')"),
    ]
    for column in columns:
        if _pairs_alike(rows, column.name) <= MOST_PAIRS_EACH * len(rows):
            many = [column.name] if column.kind == "entities" else None
            found.append(block_on(column.name, arrays_to_explode=many))
    return found


def _pairs_alike(rows: Iterable[dict[str, Any]], *columns: str) -> int:
    """How many pairs of rows agree in all of these columns."""
    values: Counter[Any] = Counter()
    for row in rows:
        values.update(itertools.product(*(_listed(row[column]) for column in columns)))
    return sum(count * (count - 1) // 2 for count in values.values())


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _prior(rows: Sequence[dict[str, Any]], plain: Sequence[str]) -> float:
    """How likely two random rows are one: from the pairs that agree on their name and one thing more."""
    certain = max((_pairs_alike(rows, "name", column) for column in plain), default=0)
    return max(1.0, certain / RECALL) / max(1, len(rows) * (len(rows) - 1) / 2)


def _train(linker: splink.Linker, rows: Sequence[dict[str, Any]], plain: Sequence[str]) -> None:
    """Estimate how often true pairs and others agree; what too little data cannot tell keeps Splink's defaults."""
    from splink import block_on

    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLE, seed=1)
    enough = [
        one for one in ("name", *plain) if LEAST_TRAINED <= _pairs_alike(rows, one) <= MOST_PAIRS_EACH * len(rows)
    ]
    for column in enough[:TRAINED_ON]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what Splink logs and warns of its own training."""
    log = logging.getLogger("splink")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
