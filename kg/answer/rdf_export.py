"""A decision document as PROV-O: what the answer used, where each fact was read, by which run."""

from __future__ import annotations

import json
from typing import Any

from rdflib import Graph, URIRef
from rdflib.namespace import PROV, RDF, RDFS, XSD
from rdflib.term import Literal

from kg.answer.rdf_terms import CONTEXT, WHENCE, iri, literal, new_graph, ordered, put, support, text
from kg.domain.decision import Document

AGENT = URIRef("urn:whence:agent:whence")


def turtle(document: Document) -> str:
    """The decision in Turtle."""
    return provenance(document).serialize(format="turtle")


def trig(document: Document) -> str:
    """The decision in TriG: a named graph of its own, so that many lie side by side in one store."""
    # rdflib's writer of TriG uses what rdflib itself warns of; TriG is Turtle with the statements in braces.
    prefixes, _, statements = turtle(document).partition("\n\n")
    name = iri("decision", document["decision_id"]).n3()
    return f"{prefixes}\n\n{name} a prov:Bundle .\n\n{name} {{\n{statements.strip()}\n}}\n"


def jsonld(document: Document) -> str:
    """The decision in JSON-LD 1.1 with its context inside."""
    made = json.loads(provenance(document).serialize(format="json-ld", context=CONTEXT))
    return json.dumps(ordered(made), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def provenance(document: Document) -> Graph:
    """Decision, claims, evidence, facts, sources, runs and the plan as one graph."""
    graph = new_graph()
    decision = iri("decision", document["decision_id"])
    put(graph, decision, "Decision", label=document["question"])
    text(graph, decision, question=document["question"], outcome=document["outcome"])
    text(graph, decision, text=document["answer"]["text"], reason=document["answer"]["reason"])
    for entity in document["answer"]["entities"]:
        graph.add((decision, WHENCE.answer, iri("entity", entity["id"])))
    activity = _activity(graph, document, decision)
    facts = _facts(graph, document)
    for fact in facts.values():
        graph.add((activity, PROV.used, fact))
    evidence = _evidence(graph, document, activity, facts)
    for node, _ in evidence.values():
        graph.add((decision, PROV.wasDerivedFrom, node))
    _people(graph, document, decision)
    for claim in document["claims"]:
        node = iri("claim", document["decision_id"], claim["id"])
        put(graph, node, "Claim", label=claim["id"])
        text(graph, node, text=claim["text"], verdict=claim["verdict"])
        graph.add((decision, WHENCE.claim, node))
        for cited in claim["evidence"]:
            graph.add((node, WHENCE.evidence, evidence[cited][0]))
            for fact in evidence[cited][1]:
                graph.add((node, PROV.wasDerivedFrom, fact))
    return graph


def _activity(graph: Graph, document: Document, decision: URIRef) -> URIRef:
    """The answering, with the plan it followed."""
    activity = iri("answering", document["decision_id"])
    graph.add((activity, RDF.type, PROV.Activity))
    graph.add((decision, PROV.wasGeneratedBy, activity))
    asked = document["trace"].get("asked_at")
    if asked:
        graph.add((activity, PROV.endedAtTime, Literal(asked, datatype=XSD.dateTime, normalize=False)))
    graph.add((AGENT, RDF.type, PROV.SoftwareAgent))
    graph.add((AGENT, RDFS.label, Literal("Whence")))
    graph.add((activity, PROV.wasAssociatedWith, AGENT))
    if document["plan"] is not None:
        plan = iri("plan", document["decision_id"])
        _followed(graph, activity, iri("association", document["decision_id"]), AGENT, plan)
        put(graph, plan, "Plan", label=document["interpretation"])
        text(graph, plan, json=json.dumps(document["plan"], ensure_ascii=False, sort_keys=True))
    if (model := document["versions"]["model"]) is not None:
        _model(graph, document, activity, model)
    return activity


def _model(graph: Graph, document: Document, activity: URIRef, model: dict[str, Any]) -> None:
    """The language model that took part, and the prompt versions that it was told."""
    agent = iri("model", model["name"])
    graph.add((agent, RDF.type, PROV.SoftwareAgent))
    graph.add((agent, RDFS.label, Literal(model["name"])))
    text(graph, agent, model=model["model"])
    graph.add((agent, PROV.actedOnBehalfOf, AGENT))
    graph.add((activity, PROV.wasAssociatedWith, agent))
    for prompt in document["versions"]["prompt"]:
        ref = f"{prompt['name']}@{prompt['version']}"
        plan = iri("prompt", ref, prompt["hash"])
        _followed(graph, activity, iri("association", document["decision_id"], ref), agent, plan)
        put(graph, plan, "PromptVersion", label=ref)
        text(graph, plan, hash=prompt["hash"])


def _followed(graph: Graph, activity: URIRef, association: URIRef, agent: URIRef, plan: URIRef) -> None:
    """The agent took part in it by this plan."""
    graph.add((activity, PROV.qualifiedAssociation, association))
    graph.add((association, RDF.type, PROV.Association))
    graph.add((association, PROV.agent, agent))
    graph.add((association, PROV.hadPlan, plan))
    graph.add((plan, RDF.type, PROV.Plan))


def _people(graph: Graph, document: Document, decision: URIRef) -> None:
    """Who asked, who had the last word in its review, and which decision it takes the place of."""
    trace, review = document["trace"], document["review"]
    if actor := trace.get("actor"):
        graph.add((decision, PROV.wasAttributedTo, _person(graph, actor)))
    if by := review.get("by"):
        judging = iri("review", document["decision_id"])
        graph.add((judging, RDF.type, PROV.Activity))
        graph.add((judging, PROV.used, decision))
        graph.add((judging, PROV.wasAssociatedWith, _person(graph, by)))
        text(graph, judging, state=review["state"], reason=review.get("state_reason"))
    if supersedes := trace.get("supersedes"):
        graph.add((decision, PROV.wasRevisionOf, iri("decision", supersedes)))


def _person(graph: Graph, name: str) -> URIRef:
    agent = iri("agent", name)
    graph.add((agent, RDF.type, PROV.Agent))
    graph.add((agent, RDFS.label, Literal(name)))
    return agent


def _facts(graph: Graph, document: Document) -> dict[str, URIRef]:
    """Each drawn fact, its two ends, and the plain triple it says."""
    explanation = document["explanation"]
    nodes = {node["id"]: node for node in explanation["nodes"]}
    for node in nodes.values():
        if node["labels"] != ["Literal"]:
            entity = iri("entity", node["id"])
            graph.add((entity, RDFS.label, Literal(node["name"])))
            text(graph, entity, key=node["properties"].get("key"))
            for label in node["labels"]:
                graph.add((entity, RDF.type, iri("type", label)))
    made: dict[str, URIRef] = {}
    for edge in explanation["relationships"]:
        fact = made[edge["id"]] = iri("fact", edge["id"])
        subject, predicate = iri("entity", edge["start"]), iri("predicate", edge["type"].lower())
        end = nodes[edge["end"]]
        target = (
            literal(end["properties"]["value"], end["properties"]["datatype"])
            if end["labels"] == ["Literal"]
            else iri("entity", edge["end"])
        )
        put(graph, fact, "Fact")
        graph.add((subject, predicate, target))
        graph.add((fact, WHENCE.subject, subject))
        graph.add((fact, WHENCE.predicate, predicate))
        graph.add((fact, WHENCE.object, target))
        valid = edge["properties"]
        text(graph, fact, validFrom=valid.get("valid_from"), validTo=valid.get("valid_to"))
    return made


def _evidence(
    graph: Graph, document: Document, activity: URIRef, facts: dict[str, URIRef]
) -> dict[str, tuple[URIRef, list[URIRef]]]:
    """Each piece of evidence with its facts; where a fact was read hangs on the fact."""
    made = {}
    for item in document["evidence"]:
        node = iri("evidence", document["decision_id"], item["id"])
        put(graph, node, "Evidence", label=item["id"])
        text(graph, node, text=item["text"], kind=item["kind"])
        used = [facts.setdefault(fact, iri("fact", fact)) for fact in item["facts"]]
        for fact in used:
            graph.add((node, PROV.wasDerivedFrom, fact))
        for number, place in enumerate(item["sources"], 1):
            source = _source(graph, place)
            if place["locator"] is None:
                graph.add((node, WHENCE.searched, source))
                graph.add((activity, PROV.used, source))
            elif len(used) == 1:
                support(graph, used[0], iri("assertion", item["facts"][0], str(number)), source, place)
        made[item["id"]] = (node, used)
    return made


def _source(graph: Graph, place: dict[str, Any]) -> URIRef:
    source = iri("source", f"{place['dataset']}/{place['source']}")
    put(graph, source, "Source", label=place["source"])
    text(graph, source, dataset=place["dataset"])
    return source
