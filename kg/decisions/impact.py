"""Which decisions a source, a row, a fact, a run, a prompt … touches, and what they would say now.

::

    ref or change ──▶ keys ──▶ decisions that have one ──▶ each run again ──▶ before and after
                      kg/domain/touched.py                 kg/decisions/replay.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

from kg.answer.adapter import Adapter
from kg.answer.merged import MergedStore
from kg.decisions.compare import compare
from kg.decisions.impact_keys import keys_of_profile, keys_of_run, retired_by
from kg.decisions.impact_refs import Named, named
from kg.decisions.replay import RunAgain, as_now
from kg.decisions.withheld import WITHHELD, withheld
from kg.decisions.without import WithoutStore
from kg.domain.decision import Document
from kg.domain.lineage import GraphProfile, Run
from kg.domain.ref import ref_of
from kg.domain.review import Review, review_of
from kg.domain.scope import Scope
from kg.domain.touched import SEARCHED
from kg.errors import DatasetNotFound, DecisionErased, InvalidInput, PlanInvalid
from kg.ports.clock import Clock, instant
from kg.ports.ledger import Ledger, RunLedger
from kg.ports.rules import Registry
from kg.ports.store import GraphStore

MAX_TOUCHED = 1_000
"""Decisions that are told of one thing; there may be more, which is said."""
MAX_RUN_AGAIN = 300
"""Of these, so many are run again: some ten seconds."""
APPROVED = ("approved", "overridden", "excepted")
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
class Impact:
    """The decisions that one thing touches: approved ones first, of these those whose claims it carried."""

    ref: str
    what_if: bool
    touches: tuple[Touch, ...]
    more: bool = False
    """Whether there are more than are told."""

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

    def of(self, ref: str, scope: Scope, *, what_if: bool = False, tell: Tell = nobody) -> Impact:
        """Of what a ref names: the decisions that rest on it, or that looked at it, and what they say today.

        ``what_if`` says what they would say if it were retired. Raises InvalidInput, LineageNotFound, NameAmbiguous,
        PromptNotFound, ModelNotFound.
        """
        found = named(ref, scope, self.store, self.runs, self.registry)
        if what_if:
            return self._if(found, ref, tell)
        if found.run is not None and found.run.state == "complete":
            touched = dict(self.ledger.touching(found.keys, MAX_TOUCHED))
            change = keys_of_run(found.run, self.runs.changes(found.run.id), self.store)
            return self._told(ref, change, self.store, tell, carrying=touched)
        return self._told(ref, found.keys, self.store, tell, run_again=found.graph)

    def of_run(self, run: Run, most: int, tell: Tell = nobody) -> Impact:
        """Of what a run changed: the decisions whose claims, rows or evidence differ now; so many are run again."""
        keys = keys_of_run(run, self.runs.changes(run.id), self.store)
        return self._told(f"run:{run.id}", keys, self.store, tell, most=most, carrying={})

    def of_load(self, dataset: str, profile: GraphProfile) -> Impact:
        """Of a load that has not been made: the decisions that read what it would say; none is run again."""
        keys = {f"dataset:{dataset}", SEARCHED, *keys_of_profile(profile)}
        return self._told(f"dataset:{dataset}", keys, self.store, nobody, most=0, what_if=True)

    def _if(self, found: Named, ref: str, tell: Tell) -> Impact:
        if not found.graph:
            # Which prompt or model would say what cannot be told without asking it.
            return self._told(ref, found.keys, self.store, tell, run_again=False, what_if=True)
        if found.retirable is None:
            raise InvalidInput(f"{ref!r} cannot be retired: --what-if is for a dataset, a version of it, or a source")
        gone, versions, keys = retired_by(ref_of(found.retirable), self.store)
        recorded = self.store.recorded if isinstance(self.store, MergedStore) else self.store
        would = WithoutStore(recorded, gone, versions)
        return self._told(ref, keys, MergedStore(would, self.clock), tell, what_if=True, carrying={})

    def _told(  # noqa: PLR0913
        self,
        ref: str,
        keys: Collection[str],
        store: GraphStore,
        tell: Tell,
        *,
        most: int = MAX_RUN_AGAIN,
        run_again: bool = True,
        what_if: bool = False,
        carrying: dict[str, bool] | None = None,
    ) -> Impact:
        """With ``carrying`` it is a change: what was run again and says the same was only looked at."""
        touching = self.ledger.touching(keys, MAX_TOUCHED + 1)
        more, touching = len(touching) > MAX_TOUCHED, touching[:MAX_TOUCHED]
        reviews = self._reviews([decision for decision, _ in touching])
        touching.sort(key=lambda one: _state(reviews.get(one[0])) not in APPROVED)
        touches = []
        for number, (decision, carried) in enumerate(touching):
            tell(number, len(touching))
            document = self.ledger.decision(decision)
            if document is None or not self.may_read(document):
                continue
            review = reviews.get(decision)
            held = review is not None and not review.released
            made = _touch(withheld(document) if held else document, review, carried=carried)
            if held:
                made = replace(made, note=WITHHELD)
            elif not run_again:
                made = replace(made, note="not run again: a model would have to be asked")
            elif number < most:
                made = self._again(made, document, store)
            else:
                made = replace(made, note="not run again: too many are touched" if most else "not run again")
            if carrying is not None and made.changed is not None:
                made = replace(made, carried=made.changed or carrying.get(decision, False))
            touches.append(made)
        touches.sort(key=lambda one: (one.review not in APPROVED, not one.carried, not one.changed))
        return Impact(ref, what_if, tuple(touches), more)

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


def _touch(document: Document, review: Review | None, *, carried: bool) -> Touch:
    asked_at = document.get("trace", {}).get("asked_at") or ""
    question = document.get("question") or ""
    return Touch(document["decision_id"], question, asked_at, _state(review), carried, None, _side(document), None)


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
    }
