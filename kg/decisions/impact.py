"""Which decisions a source, a row, a fact, a run, a prompt … touches, and what they would say now.

::

    ref or change ──▶ keys ──▶ decisions that have one ──▶ each run again ──▶ before and after
                      kg/domain/touched.py                 kg/decisions/replay.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from kg.answer.adapter import Adapter
from kg.answer.merged import MergedStore
from kg.decisions.compare import compare
from kg.decisions.impact_keys import keys_of_profile, keys_of_run, retired_by
from kg.decisions.impact_refs import Named, come_of, named
from kg.decisions.kept import KeptStore
from kg.decisions.replay import RunAgain, as_now
from kg.decisions.withheld import WITHHELD, withheld
from kg.decisions.without import WithoutStore
from kg.domain.batches import batches
from kg.domain.decision import Document
from kg.domain.fact import Instant
from kg.domain.lineage import GraphProfile, Run
from kg.domain.openlineage import LineageEvent, LineageNode
from kg.domain.ref import ref_of
from kg.domain.review import RELEASING, Review, review_of
from kg.domain.scope import Scope
from kg.domain.touched import SEARCHED
from kg.errors import DatasetNotFound, DecisionErased, InvalidInput, PlanInvalid
from kg.ports.clock import Clock, instant
from kg.ports.ledger import Ledger, RunLedger
from kg.ports.rules import Registry
from kg.ports.store import GraphStore

MAX_TOUCHED = 1_000
"""Decisions that are told of one thing; there may be more, which is said."""
MAX_LOOKED_AT = 10_000
"""Decisions among which those that may be read are looked for; of these whole ones are read, so many at a time."""
AT_ONCE = 100
MAX_RUN_AGAIN = 300
"""Of these, so many are run again: some ten seconds."""
AFTER_A_LOAD = 100
"""Decisions that are run again after a load, of however many datasets: a few seconds."""
Tell = Callable[[int, int], None]
MayRead = Callable[[Document], bool]


def nobody(_: int, __: int) -> None:
    """Nobody looks on."""


def all_of_them(_: Document) -> bool:
    """Whoever asks may read every decision."""
    return True


@dataclass(frozen=True, slots=True)
class Side:
    """What a decision says, before or after."""

    outcome: str
    text: str
    value: Any
    rows: int


@dataclass(frozen=True, slots=True)
class Touch:
    """One decision that is touched."""

    decision: str
    question: str
    asked_at: str
    review: str | None
    """State of its review, if one was asked for."""
    carried: bool
    """Whether a claim of it was carried, or says something else after the change; else it was only looked at."""
    changed: bool | None
    """Whether its claims, rows or evidence differ when it is run again; None where it was not."""
    before: Side
    after: Side | None
    note: str = ""
    """Why it was not run again."""


@dataclass(frozen=True, slots=True)
class Looking:
    """How decisions are looked at, and those that were, each once for all that touch it."""

    store: GraphStore
    """In which they are run again."""
    most: int = MAX_RUN_AGAIN
    asks_model: bool = False
    """Whether a model would have to be asked, so that none is run again."""
    seen: dict[str, Touch | None] = field(default_factory=dict)
    """By id; none in the place of one that may not be read."""

    @staticmethod
    def at(store: GraphStore, most: int = MAX_RUN_AGAIN, *, asks_model: bool = False) -> Looking:
        """At the store in its state of now, of which each thing is read once."""
        kept = (
            replace(store, recorded=KeptStore(store.recorded)) if isinstance(store, MergedStore) else KeptStore(store)
        )
        return Looking(kept, most, asks_model)

    @property
    def full(self) -> bool:
        """Whether as many as may be were run again."""
        return sum(one is not None and one.changed is not None for one in self.seen.values()) >= self.most


@dataclass(frozen=True, slots=True)
class Ended:
    """Since when a thing is not seen any more, and what ended it."""

    at: Instant
    run: str
    job: str
    """``retire REF``, or the load that did not say it again."""

    @staticmethod
    def by(run: Run) -> Ended:
        return Ended(run.ended_at or run.started_at, run.id, run.job)


@dataclass(frozen=True, slots=True)
class Impact:
    """The decisions that one thing touches: approved ones first, of these those whose claims it carried."""

    ref: str
    what_if: bool
    touches: tuple[Touch, ...]
    more: bool = False
    """Whether there are more than are told."""
    ended: Ended | None = None
    """None while the thing is there."""

    @property
    def not_run(self) -> int:
        return sum(one.changed is None for one in self.touches)


@dataclass(frozen=True, slots=True)
class Impacts:
    """Looks for impact over the ports of one database."""

    store: GraphStore
    """Its views read matched entities as one."""
    ledger: Ledger
    runs: RunLedger
    registry: Registry
    adapter: Adapter
    clock: Clock
    may_read: MayRead = all_of_them
    most_touched: int = MAX_TOUCHED
    most_looked_at: int = MAX_LOOKED_AT

    def of(self, ref: str, scope: Scope, *, what_if: bool = False, tell: Tell = nobody) -> Impact:
        """Of what a ref names: the decisions that rest on it, or that looked at it, and what they say today.

        ``what_if`` says what they would say if it were retired. Raises InvalidInput, LineageNotFound, NameAmbiguous,
        PromptNotFound, ModelNotFound.
        """
        found = named(ref, scope, self.store, self.runs, self.registry)
        if what_if:
            return self._if(found, ref, tell)
        told = self._of(found, ref, tell)
        return told if found.ended_by is None else replace(told, ended=Ended.by(found.ended_by))

    def _of(self, found: Named, ref: str, tell: Tell) -> Impact:
        if found.run is not None and found.run.state == "complete":
            touched = dict(self.ledger.touching(found.keys, self._most))
            return self._told(ref, self._changed(found.run), Looking.at(self.store), tell, carrying=touched)
        return self._told(ref, found.keys, Looking.at(self.store, asks_model=not found.graph), tell)

    def of_runs(self, runs: Iterable[Run], most: int, tell: Tell = nobody) -> list[Impact]:
        """Of what each run changed: the decisions whose claims, rows or evidence differ now, after all of them.

        A decision that several touched is run again once; so many are.
        """
        looking = Looking.at(self.store, most)
        return [self._told(f"run:{run.id}", self._changed(run), looking, tell, carrying={}) for run in runs]

    def _changed(self, run: Run) -> set[str]:
        return keys_of_run(run, self.runs.changes(run.id), self.store)

    def of_load(self, dataset: str, profile: GraphProfile, looking: Looking) -> Impact:
        """Of a load that has not been made: the decisions that read what it would say; none is run again.

        Several loads share how they are ``looking``, so that each decision is read once.
        """
        keys = {f"dataset:{dataset}", SEARCHED, *keys_of_profile(profile)}
        return self._told(f"dataset:{dataset}", keys, looking, nobody, what_if=True)

    def of_events(self, events: Iterable[LineageEvent], scope: Scope) -> Impact:
        """Of what jobs of others say of themselves: the decisions that rest on what comes of it; none is run again."""
        written = [one for event in events for one in _told_by(event)]
        keys = come_of(written, self.store.view(scope), self.runs)
        return self._told("events", keys, Looking.at(self.store, 0), nobody)

    def _if(self, found: Named, ref: str, tell: Tell) -> Impact:
        if (run := found.ended_by) is not None:
            raise InvalidInput(f"{ref!r} ended already, at {run.ended_at} by {run.id}: ask without --what-if")
        if not found.graph:
            # Which prompt or model would say what cannot be told without asking it.
            return self._told(ref, found.keys, Looking.at(self.store, asks_model=True), tell, what_if=True)
        if found.retirable is None:
            raise InvalidInput(f"{ref!r} cannot be retired: --what-if is for a dataset, a version of it, or a source")
        gone, versions, keys = retired_by(ref_of(found.retirable), self.store)
        recorded = self.store.recorded if isinstance(self.store, MergedStore) else self.store
        would = MergedStore(WithoutStore(recorded, gone, versions), self.clock)
        return self._told(ref, keys, Looking.at(would), tell, what_if=True, carrying={})

    def _told(  # noqa: PLR0913
        self,
        ref: str,
        keys: Collection[str],
        looking: Looking,
        tell: Tell,
        *,
        what_if: bool = False,
        carrying: dict[str, bool] | None = None,
    ) -> Impact:
        """With ``carrying`` it is a change: what was run again and says the same was only looked at."""
        touching = self.ledger.touching(keys, self._most)
        touches: list[Touch] = []
        for made, carried in self._looked_at(touching, looking):
            if len(touches) == self.most_touched:
                return Impact(ref, what_if, _ranked(touches), more=True)
            tell(len(touches), min(len(touching), self.most_touched))
            if carrying is not None and made.changed is not None:
                carried = made.changed or carrying.get(made.decision, False)  # noqa: PLW2901
            touches.append(replace(made, carried=carried))
        # Of others that were looked at nothing tells, but that these were so many.
        return Impact(ref, what_if, _ranked(touches), more=len(touching) >= self._most)

    @property
    def _most(self) -> int:
        """Decisions that the store is asked for: one more than are told, or those that may be told are among more."""
        return self.most_touched + 1 if self.may_read is all_of_them else self.most_looked_at

    def _looked_at(self, touching: Sequence[tuple[str, bool]], looking: Looking) -> Iterator[tuple[Touch, bool]]:
        """Those that may be read, in the order of the store; each is read once for all that touch it."""
        for some in batches(touching, AT_ONCE):
            new = [decision for decision, _ in some if decision not in looking.seen]
            documents = self.ledger.documents(new) if new else {}
            reviews = self._reviews(new) if new else {}
            for decision, carried in some:
                if decision not in looking.seen:
                    document = documents.get(decision)
                    looking.seen[decision] = self._seen(document, reviews.get(decision), looking)
                if (made := looking.seen[decision]) is not None:
                    yield made, carried

    def _seen(self, document: Document | None, review: Review | None, looking: Looking) -> Touch | None:
        """A decision, run again while that may be; none that may not be read."""
        if document is None or not self.may_read(document):
            return None
        held = review is not None and not review.released
        made = _touch(withheld(document) if held else document, review)
        if held:
            return replace(made, note=WITHHELD)
        if looking.asks_model:
            return replace(made, note="not run again: a model would have to be asked")
        if looking.full:
            return replace(made, note="not run again: too many are touched" if looking.most else "not run again")
        return self._again(made, document, looking.store)

    def _reviews(self, decisions: list[str]) -> dict[str, Review]:
        events, now = self.ledger.review_events(decisions), instant(self.clock())
        return {one: review for one, said in events.items() if (review := review_of(said, now)) is not None}

    def _again(self, made: Touch, document: Document, store: GraphStore) -> Touch:
        try:
            again = as_now(document, store, self.registry, self.adapter)
        except DecisionErased:
            return replace(made, note="what it quoted was purged")
        except (DatasetNotFound, PlanInvalid) as exc:
            return replace(made, changed=True, note=f"it cannot be run any more: {exc}")
        return replace(made, changed=differs(document, again), after=_side(again.document))


def _told_by(event: LineageEvent) -> Iterable[LineageNode]:
    """What an event says is written; of one that names nothing of the kind its job, or what it is about."""
    ends = [end for _, end in event.links]
    return [one for one in ends if one.kind != "job"] or ends or event.nodes


def together(found: Sequence[Impact], ref: str) -> Impact:
    """What several changes touch, each decision once."""
    touches: dict[str, Touch] = {}
    for one in (touch for impact in found for touch in impact.touches):
        held = touches.setdefault(one.decision, one)
        touches[one.decision] = replace(one, carried=held.carried or one.carried)
    return Impact(ref, any(one.what_if for one in found), _ranked(touches.values()), any(one.more for one in found))


def _ranked(touches: Iterable[Touch]) -> tuple[Touch, ...]:
    return tuple(sorted(touches, key=lambda one: (one.review not in RELEASING, not one.carried, not one.changed)))


def differs(document: Document, again: RunAgain) -> bool:
    """Whether claims, rows or evidence are others; of what a model wrote, what it was written from."""
    found = compare(document, again.document)
    same = found.same_evidence and found.same_answer
    return not same if again.asked_anew else not same or bool(found.rows or found.claims)


def _side(document: Document) -> Side:
    answer = document["answer"]
    return Side(document["outcome"], answer["text"], answer.get("value"), len(answer.get("rows", ())))


def _state(review: Review | None) -> str | None:
    return None if review is None else review.state


def _touch(document: Document, review: Review | None) -> Touch:
    asked_at = document.get("trace", {}).get("asked_at") or ""
    question = document.get("question") or ""
    return Touch(
        document["decision_id"],
        question,
        asked_at,
        _state(review),
        carried=False,
        changed=None,
        before=_side(document),
        after=None,
    )


def report(found: Impact) -> dict[str, Any]:
    """As JSON."""
    told = [asdict(one) for one in found.touches]
    return {
        "ref": found.ref,
        "what_if": found.what_if,
        "carried": [one for one in told if one["carried"]],
        "looked_at": [one for one in told if not one["carried"]],
        "not_run": found.not_run,
        "more": found.more,
        "ended": None if found.ended is None else asdict(found.ended),
    }
