"""Subjects of an RDF file that break the SHACL shapes given with it (W3C SHACL, 2017), by pyshacl. Needs ``shacl``."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import rdflib
from rdflib.namespace import RDF, RDFS, SH

from kg.errors import SourceUnreadable
from loaders.readers import needed

QUERIES = (SH.select, SH.ask, SH.construct, SH.update)


def broken(data: rdflib.Graph, shapes: rdflib.Graph) -> dict[Any, str]:
    """What is wrong with each focus node that has a violation; warnings and infos are none.

    What the shapes say is a subclass of what holds for the data as well.

    Raises SourceUnreadable for shapes that cannot be used.
    """
    pyshacl = needed("pyshacl", "shacl")
    classes = rdflib.Graph()
    for one, above in shapes.subject_objects(RDFS.subClassOf):
        classes.add((one, RDFS.subClassOf, above))
    given = {"shacl_graph": shapes, "ont_graph": classes}
    try:
        _, report, _ = pyshacl.validate(data, **given, inference="none", do_owl_imports=False, js=False)
    except Exception as exc:
        raise SourceUnreadable(f"shapes that cannot be used: {' '.join(str(exc).split())[:300]}") from exc
    if not isinstance(report, rdflib.Graph):
        raise SourceUnreadable(f"shapes that cannot be used: {' '.join(str(report).split())[:300]}")
    found: dict[Any, list[str]] = defaultdict(list)
    # Results inside others say in detail why those are.
    for result in report.objects(report.value(predicate=RDF.type, object=SH.ValidationReport), SH.result):
        if report.value(result, SH.resultSeverity) == SH.Violation:
            found[report.value(result, SH.focusNode)].append(_told(report, result))
    return {node: "; ".join(sorted(told)) for node, told in found.items()}


def without_queries(shapes: rdflib.Graph) -> rdflib.Graph:
    """These shapes. Raises SourceUnreadable if they hold queries: those could reach other machines."""
    if any((None, query, None) in shapes for query in QUERIES):
        raise SourceUnreadable("shapes with SPARQL in them are not run")
    return shapes


def _told(report: rdflib.Graph, result: Any) -> str:
    """The shape's own message, else its kind of constraint, with the path and the value."""
    path, value = report.value(result, SH.resultPath), report.value(result, SH.value)
    kind = (
        str(report.value(result, SH.sourceConstraintComponent)).rpartition("#")[2].removesuffix("ConstraintComponent")
    )
    message = report.value(result, SH.resultMessage) or kind
    said = f" ({str(value)[:60]})" if isinstance(value, rdflib.Literal | rdflib.URIRef) else ""
    place = f" at {path}" if isinstance(path, rdflib.URIRef) else ""
    return f"{' '.join(str(message).split())[:200]}{place}{said}"
