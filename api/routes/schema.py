"""What there is to ask about: types, relations, dataset versions, and questions to begin with."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import ServicesDep, ViewDep
from api.documented import refusals
from api.newest import newest_loads
from api.strict import StrictRoute
from api.wire_schema import DatasetList, DatasetOut, ExamplesOut, FreshOut, PredicateOut, SchemaOut, TypeOut
from kg.answer.examples import examples
from kg.domain.ontology import RESERVED
from kg.ports.clock import instant

router = APIRouter(prefix="/v1", tags=["graph"], route_class=StrictRoute)


@router.get("/schema", responses=refusals(400, 404, 409, 422, 503, 504))
def schema(view: ViewDep) -> SchemaOut:
    """Types and relations with how many there are of each, and the dataset versions that can be read."""
    ontology, profile = view.ontology(), view.profile()
    read = {version.ref for version in view.datasets()}
    return SchemaOut(
        types=[TypeOut.of(spec, profile) for _, spec in sorted(ontology.types.items())],
        predicates=[
            PredicateOut.of(spec, profile) for name, spec in sorted(ontology.predicates.items()) if name not in RESERVED
        ],
        datasets=[DatasetOut.of(version, current=version.ref in read) for version in view.versions()],
        known_at=view.known_at,
    )


@router.get("/datasets", responses=refusals(400, 404, 409, 422, 503, 504))
def datasets(view: ViewDep, services: ServicesDep) -> DatasetList:
    """The dataset versions that can be read: who publishes them, how often, and when they were loaded last."""
    versions, read = view.versions(), {version.ref for version in view.datasets()}
    loads, now = newest_loads(services.runs, {one.ref for one in versions}), instant(services.clock())
    return DatasetList(
        datasets=[FreshOut.told(one, loads.get(one.ref), now, current=one.ref in read) for one in versions]
    )


@router.get("/examples", responses=refusals(400, 404, 409, 422, 503, 504))
def example_questions(view: ViewDep, services: ServicesDep) -> ExamplesOut:
    """A few questions that this graph can be asked, made from its ontology and what it holds."""
    return ExamplesOut(questions=list(examples(view, services.adapter)))
