"""Learning which words speak for which chains, from questions and their answers alone.

A question is explained by any chain that finds its answer. Training maximises how likely these chains are together
among all chains from all entities that the question may name (a log-linear model with what is hidden summed out).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.answer.grading import overlap
from kg.answer.learned import (
    SHARED,
    Chain,
    Learned,
    Read,
    agreement,
    aspects,
    chains_from,
    comes_back,
    grams,
    meant,
    origin_of,
    spoken,
)
from kg.domain.fact import Entity, EntityId, Literal
from kg.domain.ontology import Ontology, Step
from kg.domain.question import Linked, Mention
from kg.errors import TrainingRefused
from kg.ports.store import GraphView

MOST_EACH = 1_000
"""Facts of one predicate read from one entity; from what has more, no chain is learned."""
MOST_REACHED = 3_000
"""Entities that a chain may lead through."""
NEAR = 0.75
"""Agreement with the gold (F1) from which on a chain that is the nearest of all explains the question: a graph may
lack a few of the facts that the gold was made from."""
HELD_BACK, HELD_BACK_FEW, FEW = 0.3, 1.0, 300
"""How strongly weights are held to zero; more where there are few questions. On 422 film questions apart from the
training questions 0.1, 0.3 and 1.0 put a right chain first in 74, 77 and 81 % after 99 questions, in 91, 91 and 89 %
after 999; where between them the change lies was not measured."""
HELD_BACK_SHARED = 0.05
ROUNDS = 80
LEAST_WEIGHT = 0.02
"""Smaller weights are left out of the file."""


@dataclass
class Near:
    """What is one step away of each entity met so far, read once for all questions."""

    view: GraphView
    ontology: Ontology
    steps: dict[EntityId, dict[Step, set[Any]]] = field(default_factory=dict)
    entities: dict[EntityId, Entity] = field(default_factory=dict)
    cut: set[EntityId] = field(default_factory=set)

    def reach(self, ids: Collection[EntityId], step: Step) -> set[Any] | None:
        """What one step leads to: entities, or literal values; ``None`` where not all of it was read."""
        self._read([one for one in ids if one not in self.steps])
        if any(one in self.cut for one in ids):
            return None
        return {end for one in ids for end in self.steps[one].get(step, ())}

    def _read(self, ids: Sequence[EntityId]) -> None:
        if not ids:
            return
        for one in ids:
            self.steps[one] = defaultdict(set)
        for direction in ("out", "in"):
            found = self.view.follow(ids, (), direction, MOST_EACH)
            self.cut.update(found.cut)
            self.entities |= found.entities
            for fact in found.facts:
                far = fact.object.value if isinstance(fact.object, Literal) else fact.object
                if direction == "out":
                    self.steps[fact.subject][fact.predicate, "out"].add(far)
                elif far in self.steps:
                    self.steps[far][fact.predicate, "in"].add(fact.subject)

    def answers(self, mention: Mention, chains: Sequence[Chain]) -> list[set[Any] | None]:
        """What each chain finds, prefixes shared; ``None`` where it leads nowhere or too wide."""
        origin = set(origin_of(mention))
        found: dict[Chain, set[Any] | None] = {(): origin}
        for chain in chains:
            before = found.get(chain[:-1])
            after = None
            if before and len(before) <= MOST_REACHED:
                after = self.reach(before, chain[-1])
            if after and comes_back(chain):
                after = after - origin
            found[chain] = after or None
        return [found[chain] for chain in chains]


@dataclass(frozen=True, slots=True)
class Example:
    """A question's mentions of entities, each with the chains from there (by place) that explain its answer."""

    linked: Linked
    explained: tuple[tuple[Mention, str, frozenset[int]], ...]
    read: Read
    """The chains that the grammar reads by itself."""

    @property
    def explains(self) -> bool:
        return any(chains for _, _, chains in self.explained)


def example(gold: dict[str, Any], linked: Linked, near: Near, read: Read) -> Example:
    """Find the chains that explain the answer: those that are right, or else those nearest to it."""
    scored = []
    sizes = _sizes(gold["answer"])
    for mention in (m for m in linked.mentions if m.kind == "entity"):
        start = linked.entities[mention.value].type
        chains = chains_from(near.ontology, start)
        agreed = {}
        for place, found in enumerate(near.answers(mention, chains)):
            if found is None or not sizes[0] <= len(found) <= sizes[1]:
                continue
            how = overlap(gold, _as_answer(found, chains[place], near), near.ontology)
            if how >= NEAR:
                agreed[place] = how
        scored.append((mention, start, agreed))
    best = max((how for _, _, agreed in scored for how in agreed.values()), default=0.0)
    kept = [(m, start, frozenset(at for at, how in agreed.items() if how == best)) for m, start, agreed in scored]
    return Example(linked, tuple(kept), read)


def _sizes(answer: dict[str, Any]) -> tuple[float, float]:
    """How many members an answer may have that agrees with this one."""
    members = answer.get("ids") or answer.get("names") or ()
    if answer["type"] == "list" and members:
        return len(set(members)) * 0.6, len(set(members)) / 0.6
    return (1, MOST_REACHED) if answer["type"] == "value" else (1, 0)


def _as_answer(found: set[Any], chain: Chain, near: Near) -> dict[str, Any]:
    """What a chain found, in the form that answers are graded in."""
    spec = near.ontology.predicates[chain[-1][0]]
    if spec.value is not None:
        values = sorted(_typed(one, spec.value) for one in found)
        return {"type": "value", "value": values[0] if len(values) == 1 else values, "entities": []}
    met = (near.entities[one] for one in found if one in near.entities)
    return {"type": "list", "value": None, "entities": [{"keys": list(one.keys), "name": one.name} for one in met]}


def _typed(value: str, datatype: str) -> Any:
    if datatype != "number":
        return value
    number = float(value)
    return int(number) if number.is_integer() else number


def learn(examples: Sequence[Example], ontology: Ontology) -> Learned:
    """Weights of words for chains. Raises TrainingRefused where scikit-learn is not installed."""
    try:
        import numpy as np
        from scipy.optimize import minimize
        from threadpoolctl import threadpool_limits
    except ImportError as exc:
        raise TrainingRefused(MISSING) from exc
    rows = _Rows(examples, ontology)
    size = len(rows.grams) * len(rows.aspects)

    def loss(values: Any) -> tuple[float, Any]:
        words, shared = values[:size].reshape(len(rows.grams), -1), values[size:]
        return rows.loss(words, shared)

    start = np.zeros(size + len(SHARED))
    with threadpool_limits(1):  # ten times as quick as several threads on matrices of this size
        fitted = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    words, shared = fitted.x[:size].reshape(len(rows.grams), -1), fitted.x[size:]
    return Learned(
        {
            gram: {
                rows.aspects[place]: round(float(row[place]), 2) for place in np.nonzero(abs(row) >= LEAST_WEIGHT)[0]
            }
            for gram, row in zip(rows.grams, words, strict=True)
        },
        {name: round(float(value), 3) for name, value in zip(SHARED, shared, strict=True)},
    )


MISSING = "training needs scikit-learn, which is not installed: pip install 'whence[train]'"


class _Rows:
    """The examples as matrices: one row a mention, one column a chain; and the questions that rows belong to."""

    def __init__(self, examples: Sequence[Example], ontology: Ontology) -> None:
        import numpy as np

        self.np = np
        told = [
            (number, one.linked, mention, start, chains, one.read.get(frozenset(origin_of(mention)), {}))
            for number, one in enumerate(one for one in examples if one.explains)
            for mention, start, chains in one.explained
        ]
        self.questions = np.array([row[0] for row in told], dtype=int)
        self.grams = list(dict.fromkeys(gram for _, linked, mention, *_ in told for gram in grams(linked, mention)))
        starts = sorted({row[3] for row in told})
        chains = {start: chains_from(ontology, start) for start in starts}
        self.aspects = list(
            dict.fromkeys(aspect for start in starts for chain in chains[start] for aspect in aspects(chain))
        )
        self.held_back = HELD_BACK if len(set(self.questions.tolist())) > FEW else HELD_BACK_FEW
        self.blocks = [self._block(start, chains[start], told) for start in starts]

    def _block(self, start: str, chains: Sequence[Chain], told: Sequence[Any]) -> Mapping[str, Any]:
        from scipy.sparse import csr_matrix

        np = self.np
        own = [(place, row) for place, row in enumerate(told) if row[3] == start]
        gram_at = {gram: at for at, gram in enumerate(self.grams)}
        aspect_at = {aspect: at for at, aspect in enumerate(self.aspects)}
        made = np.zeros((len(chains), len(self.aspects)))
        for at, chain in enumerate(chains):
            made[at, [aspect_at[aspect] for aspect in aspects(chain)]] = 1.0
        pairs = [(i, gram_at[gram]) for i, (_, row) in enumerate(own) for gram in grams(row[1], row[2])]
        ones = np.ones(len(pairs))
        said = csr_matrix((ones, tuple(zip(*pairs, strict=True))), shape=(len(own), len(self.grams)))
        right = np.zeros((len(own), len(chains)), dtype=bool)
        agreed = np.zeros((len(own), len(chains), len(SHARED)))
        for i, (_, (_, linked, mention, _, explained, read)) in enumerate(own):
            right[i, list(explained)] = True
            phrases, named = spoken(linked, mention), meant(linked, mention)
            for at, chain in enumerate(chains):
                agreed[i, at] = (*agreement(chain, phrases), *named, read.get(chain, 0.0))
        return {"places": [place for place, _ in own], "made": made, "said": said, "right": right, "agreed": agreed}

    def loss(self, words: Any, shared: Any) -> tuple[float, Any]:
        """Minus the log-likelihood of what explains each question, and its gradient."""
        np = self.np
        scores = [(b["said"] @ words) @ b["made"].T + b["agreed"] @ shared for b in self.blocks]
        top = np.full(self.questions.max() + 1, -np.inf)
        for b, score in zip(self.blocks, scores, strict=True):
            np.maximum.at(top, self.questions[b["places"]], score.max(1))
        every, right = np.zeros(len(top)), np.zeros(len(top))
        raised = []
        for b, score in zip(self.blocks, scores, strict=True):
            own = self.questions[b["places"]]
            raised.append(np.exp(score - top[own][:, None]))
            np.add.at(every, own, raised[-1].sum(1))
            np.add.at(right, own, (raised[-1] * b["right"]).sum(1))
        right = np.maximum(right, 1e-300)
        value = float((np.log(every) - np.log(right)).sum())
        value += self.held_back / 2 * float((words**2).sum()) + HELD_BACK_SHARED * float((shared**2).sum())
        slope_words, slope_shared = self.held_back * words, 2 * HELD_BACK_SHARED * shared
        for b, score in zip(self.blocks, raised, strict=True):
            own = self.questions[b["places"]]
            pull = score / every[own][:, None] - score * b["right"] / right[own][:, None]
            slope_words = slope_words + b["said"].T @ (pull @ b["made"])
            slope_shared = slope_shared + np.einsum("ij,ijk->k", pull, b["agreed"])
        return value, np.concatenate([slope_words.ravel(), slope_shared])
