"""A recorded decision is run again: on the graph as it was known then, or on the graph of today.

The question is not read anew: the readings that were run are in the record, and are run again through the same steps
as an answer. A model is not asked: it says again what the record has of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kg.answer.adapter import Adapter
from kg.answer.answering import readings_of, run_fitting
from kg.answer.confidence import GIVEN, NOTHING, SEVERAL, unsure
from kg.answer.document import abstained
from kg.answer.finish import Asked
from kg.answer.link import link
from kg.answer.pipeline import decide
from kg.answer.prompts import Prompts
from kg.answer.seal import evidence_hash
from kg.answer.trace import Trace
from kg.answer.views import Views
from kg.answer.write import Author
from kg.domain.decision import Document
from kg.domain.lineage import Classification
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.errors import DecisionErased, PlanInvalid
from kg.models.replayed import Replayed, spec_of
from kg.ports.prompts import PromptRegistry
from kg.ports.store import GraphStore, GraphView

Through = Callable[[GraphView], GraphView]
BEFORE_ALL = "0001-01-01T00:00:00.000000Z"
"""Known time of a graph in which nothing was loaded yet."""
NOT_RUN_AGAIN = ("release", "prompt", "model", "adapter", "policy")
"""Versions of what takes no part in a run of what was read already."""


@dataclass(frozen=True, slots=True)
class RunAgain:
    """What a decision comes to when it is run again, not recorded; whole but for its id."""

    document: Document
    asked_anew: bool = False
    """Whether a model would have been asked what the record has no reply to, so that its sentences are not here."""
    read_anew: bool = False
    """Whether the question was read again, since nothing was run for it then."""


def unchanged(view: GraphView) -> GraphView:
    """Each view as it is."""
    return view


def as_then(
    recorded: Document, store: GraphStore, prompts: PromptRegistry, *, through: Through = unchanged
) -> RunAgain:
    """Run it on the graph as it was known then, on the day it was asked for; each view is seen ``through``.

    Raises DecisionErased, or DatasetNotFound where a dataset that its scope names was purged.
    """
    kept = recorded["as_of"]
    scope = scope_of_decision(recorded, valid_as_of=kept["valid"], known_as_of=kept["known"] or BEFORE_ALL)
    return _run(recorded, store, prompts, scope, through)


def as_now(
    recorded: Document, store: GraphStore, prompts: PromptRegistry, adapter: Adapter, *, through: Through = unchanged
) -> RunAgain:
    """Run it on the graph of today, within the datasets and up to the ceiling that it was asked in.

    A question for which nothing was run is read again, without a model. Raises DecisionErased, DatasetNotFound.
    """
    scope = scope_of_decision(recorded, valid_as_of=recorded["scope"]["valid_as_of"])
    if _erased(recorded) or readings_of(recorded):
        return _run(recorded, store, prompts, scope, through)
    views = Views(store.view(scope), store.view).seen_through(through)
    document, _ = decide(Question(recorded["question"], scope), views, adapter, Trace())
    document["as_of"] = {"valid": scope.valid_as_of, "known": views.own.known_at}
    return RunAgain(_carried(document, recorded, ("adapter",)), read_anew=True)


def scope_of_decision(recorded: Document, *, valid_as_of: str | None = None, known_as_of: str | None = None) -> Scope:
    """The datasets and the ceiling that it was asked in, at these points."""
    kept = recorded["scope"]
    granted = kept.get("granted")
    return Scope(
        tuple(kept["datasets"]),
        Classification[kept["ceiling"].upper()],
        valid_as_of,
        known_as_of,
        granted=None if granted is None else tuple(granted),
        tables=tuple(kept.get("tables", ())),
    )


def _erased(recorded: Document) -> bool:
    return bool(recorded.get("purged"))


def _run(recorded: Document, store: GraphStore, prompts: PromptRegistry, scope: Scope, through: Through) -> RunAgain:
    if _erased(recorded):
        raise DecisionErased(f"{recorded['decision_id']} quoted what was purged, so there is nothing left to run again")
    # The scope as it was asked for, which the document tells of; the views are made from where that stands.
    kept = recorded["scope"]
    question = Question(
        recorded["question"],
        scope_of_decision(recorded, valid_as_of=kept["valid_as_of"], known_as_of=kept["known_as_of"]),
    )
    views = Views(store.view(scope), store.view).seen_through(through)
    readings = readings_of(recorded)
    author = _author(recorded, prompts)
    if readings:
        asked = Asked(question, link(question, views.own), views, author)
        try:
            document = run_fitting(asked, readings, Trace())
        except PlanInvalid as exc:
            # An entity or a dataset version that it names is not there any more.
            reason = f"what it was read as cannot be asked of this graph: {exc}"
            document = abstained(question, views.own, reason, readings[0].plan)
    else:
        document = abstained(question, views.own, recorded["answer"]["reason"]) | {"plan": recorded["plan"]}
    document["confidence"] = _confidence(document, recorded)
    if doubted(recorded) and document["outcome"] not in ("abstained", "ambiguous"):
        keys = ("confidence", "interpretation", "plan", "reader")
        document = abstained(question, views.own, unsure(document)) | {key: document[key] for key in keys}
    document["as_of"] = {"valid": scope.valid_as_of, "known": views.own.known_at}
    model = None if author is None else author.model
    return RunAgain(_carried(document, recorded), asked_anew=isinstance(model, Replayed) and model.other)


def _author(recorded: Document, prompts: PromptRegistry) -> Author | None:
    """The model as the record has it, with the very prompt versions."""
    held = recorded["versions"]["model"]
    if held is None:
        return None
    model = Replayed(spec_of(held), recorded["calls"])
    used = {one["name"]: f"{one['name']}@{one['version']}" for one in recorded["versions"]["prompt"]}
    author = Author(model, Prompts(prompts, used), kept=True)
    author.kept = recorded["writer"]["reason"] == author.above
    return author


def doubted(recorded: Document) -> bool:
    """Whether it had an answer that was not given, because it was likelier wrong than allowed."""
    return recorded["outcome"] == "abstained" and recorded["confidence"]["value"] is not None


def _confidence(document: Document, recorded: Document) -> dict[str, object]:
    """How sure the reading was does not change; whether anything is answered by it may."""
    if document["outcome"] in ("abstained", "ambiguous"):
        return {"value": None, "reason": NOTHING if document["outcome"] == "abstained" else SEVERAL}
    held: dict[str, object] = recorded["confidence"]
    return {"value": None, "reason": GIVEN} if held["reason"] in (NOTHING, SEVERAL) else held


def _carried(document: Document, recorded: Document, made: tuple[str, ...] = ()) -> Document:
    """The document with what is not run again as the record has it."""
    document["versions"] |= {key: recorded["versions"][key] for key in NOT_RUN_AGAIN if key not in made}
    if not made:
        document |= {key: recorded[key] for key in ("reader", "calls", "usage")}
    document |= {key: recorded[key] for key in ("attribution", "review")}
    document["evidence_hash"] = evidence_hash(document)
    document["decision_id"] = recorded["decision_id"]
    return document
