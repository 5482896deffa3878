"""OSCAL in XML as its JSON form: the two hold the same (NIST OSCAL 1.x, XML to JSON conversion)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from loaders.readers.xml import children, name_of, parse

LISTED = {
    "action": "actions", "activity": "activities", "actor": "actors", "add": "adds", "addr-line": "addr-lines",
    "address": "addresses", "alter": "alters", "assessment-platform": "assessment-platforms", "assessment-subject":
    "assessment-subjects", "associated-activity": "associated-activities", "attestation": "attestations",
    "authorized-privilege": "authorized-privileges", "by-component": "by-components", "capability": "capabilities",
    "categorization": "categorizations", "characterization": "characterizations", "choice": "choice", "component":
    "components", "constraint": "constraints", "control": "controls", "control-implementation":
    "control-implementations", "control-objective-selection": "control-objective-selections", "control-selection":
    "control-selections", "defined-component": "components", "dependency": "dependencies", "diagram": "diagrams",
    "document-id": "document-ids", "email-address": "email-addresses", "entry": "entries", "exclude-control":
    "exclude-controls", "exclude-controls": "exclude-controls", "exclude-objective": "exclude-objectives",
    "exclude-subject": "exclude-subjects", "external-id": "external-ids", "facet": "facets", "finding": "findings",
    "function-performed": "functions-performed", "group": "groups", "guideline": "guidelines",
    "implemented-component": "implemented-components", "implemented-requirement": "implemented-requirements",
    "import": "imports", "import-component-definition": "import-component-definitions", "include-control":
    "include-controls", "include-controls": "include-controls", "include-objective": "include-objectives",
    "include-subject": "include-subjects", "incorporates-component": "incorporates-components", "information-type":
    "information-types", "information-type-id": "information-type-ids", "inherited": "inherited", "insert-controls":
    "insert-controls", "inventory-item": "inventory-items", "leveraged-authorization": "leveraged-authorizations",
    "link": "links", "location": "locations", "location-uuid": "location-uuids", "logged-by": "logged-by",
    "matching": "matching", "member-of-organization": "member-of-organizations", "method": "methods",
    "mitigating-factor": "mitigating-factors", "objectives-and-methods": "objectives-and-methods", "observation":
    "observations", "origin": "origins", "param": "params", "part": "parts", "party": "parties", "party-uuid":
    "party-uuids", "poam-item": "poam-items", "port-range": "port-ranges", "prop": "props", "protocol": "protocols",
    "provided": "provided", "related-finding": "related-findings", "related-observation": "related-observations",
    "related-response": "related-responses", "related-risk": "related-risks", "related-task": "related-tasks",
    "relevant-evidence": "relevant-evidence", "remove": "removes", "required-asset": "required-assets", "resource":
    "resources", "response": "remediations", "responsibility": "responsibilities", "responsible-party":
    "responsible-parties", "responsible-role": "responsible-roles", "result": "results", "revision": "revisions",
    "risk": "risks", "rlink": "rlinks", "role": "roles", "role-id": "role-ids", "satisfied": "satisfied",
    "select-control-by-id": "select-control-by-id", "set-parameter": "set-parameters", "statement": "statements",
    "statement-id": "statement-ids", "step": "steps", "subject": "subjects", "system-id": "system-ids", "task":
    "tasks", "telephone-number": "telephone-numbers", "test": "tests", "threat-id": "threat-ids", "type": "types",
    "user": "users", "uses-component": "uses-components", "value": "values", "with-id": "with-ids",
}  # fmt: skip
"""Elements that JSON has in lists, with the name of the list."""
SINGLE = {
    ("characterization", "origin"), ("plan-of-action-and-milestones", "system-id"), ("risk", "statement"),
    ("system-security-plan", "control-implementation"),
}  # fmt: skip
"""Where one of them stands alone: the element around it, and its name."""
BLOCKS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "blockquote"))
"""Elements of text in several paragraphs (OSCAL markup-multiline)."""
TEXT_OF = {"part": "prose", "group": "prose"}
"""What the text of an element with children of its own is called."""


def from_xml(data: bytes) -> tuple[dict[str, Any], dict[int, str]]:
    """The document, and the XPath of each of its objects by identity. Raises SourceUnreadable."""
    root = parse(data, "XML")
    places: dict[int, str] = {}
    document = {name_of(root): _object(root, f"/{name_of(root)}[1]", places)}
    return document, places


def _object(element: Element, place: str, places: dict[int, str]) -> dict[str, Any]:
    value: dict[str, Any] = dict(element.attrib)
    places[id(value)] = place
    blocks = []
    for where, child in children(element, place):
        name = name_of(child)
        if name in BLOCKS:
            blocks.append(child)
        elif name in LISTED and (name_of(element), name) not in SINGLE:
            value.setdefault(LISTED[name], []).append(_value(child, where, places))
        else:
            value[name] = _value(child, where, places)
    if blocks:
        value[TEXT_OF.get(name_of(element), "text")] = "\n\n".join(filter(None, map(_block, blocks)))
    return value


def _value(element: Element, place: str, places: dict[int, str]) -> Any:
    """An object, or the text of an element that only holds text."""
    names = {name_of(child) for child in element}
    if not element.attrib and names and names <= BLOCKS:
        return "\n\n".join(filter(None, map(_block, element)))
    if not element.attrib and names <= INLINE and ((element.text or "").strip() or names):
        return _inline(element)
    value = _object(element, place, places)
    text = (element.text or "").strip()
    return value | {"text": text} if text and not names - INLINE else value


INLINE = frozenset(("em", "i", "strong", "b", "code", "q", "sub", "sup", "a", "insert", "img", "br"))
MARKS = {"em": "*", "i": "*", "strong": "**", "b": "**", "code": "`", "q": '"'}


def _block(element: Element) -> str:
    name = name_of(element)
    if name in ("ul", "ol"):
        return "\n".join(f"{'-' if name == 'ul' else f'{n}.'} {_inline(item)}" for n, item in enumerate(element, 1))
    if name == "table":
        return "\n".join(" | ".join(_inline(cell) for cell in row) for row in element.iter() if name_of(row) == "tr")
    return _inline(element)


def _inline(element: Element) -> str:
    """Text with marks of Markdown."""
    return re.sub(r"\s+", " ", "".join(_pieces(element))).strip()


def _pieces(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        name, inside = name_of(child), _inline(child) if name_of(child) else ""
        if name == "insert":
            yield f"{{{{ insert: {child.get('type')}, {child.get('id-ref')} }}}}"
        elif name == "a":
            yield f"[{inside}]({child.get('href', '')})"
        else:
            mark = MARKS.get(name, "")
            yield f"{mark}{inside}{mark}"
        yield child.tail or ""
