"""What things are called inside Neo4j. Names cannot be parameters of a text, so only checked ones get into it."""

from __future__ import annotations

import re

from kg.errors import StoreRejected

DECISION_LABELS = ("Claim", "Evidence", "Model", "DecisionText", "DecisionHold", "DecisionRequest")
"""Labels of what decisions say and were made with."""
OWN_LABELS = (
    "Entity", "Literal", "Name", "Quote", "Assertion", "Source", "Dataset", "DatasetVersion", "State",
    "Ontology", "Run", "Rejection", "Changes", "Decision", "Graph", "LineageEvent", "LineageNode",
    "Prompt", "PromptVersion", "PromptLabel", "LabelMove", "Spending",
    "DecisionTable", "DecisionTableVersion", "DecisionTableLabel", "ReviewRules", "ReviewRulesVersion",
    "ReviewRulesLabel", "AuditEntry", "AuditText", "Review", "ReviewEvent",
    *DECISION_LABELS, "AccessKey", "Touch",
)  # fmt: skip
"""Labels of nodes that Whence writes, beside those of the entity types."""

OWN_PROPERTIES = frozenset(
    {"id", "key", "type_names", "type_facts", "type_versions", "type_classes", "type_known_from"} | {"type_known_to"}
)
"""Properties of an entity that no readable copy may overwrite."""

BACKSLASH = "\\"
_PREDICATE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TYPE = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")


def quoted(name: str) -> str:
    r"""A label, relationship type or property of any text, quoted so that no character of it ends the name.

    Cypher reads ``\u0060`` as a backtick before it looks at quotes, so a backslash is written by its number too.
    """
    return f"`{name.replace(BACKSLASH, BACKSLASH + 'u005C').replace('`', '``')}`"


def relationship(predicate: str) -> str:
    """The relationship type of a predicate, quoted: ``uses`` is ``USES``. Raises StoreRejected."""
    if not _PREDICATE.fullmatch(predicate):
        raise StoreRejected(f"{predicate!r} is not a predicate: lower-case letters, digits and _")
    return f"`{predicate.upper()}`"


def label(type_name: str) -> str:
    """The label of an entity type, quoted; one that Whence uses itself gets an underscore. Raises StoreRejected."""
    if not _TYPE.fullmatch(type_name):
        raise StoreRejected(f"{type_name!r} is not a type: one CamelCase word")
    return f"`{type_name}_`" if type_name in OWN_LABELS else f"`{type_name}`"


def labels(type_names: tuple[str, ...]) -> str:
    """Several labels as a text takes them: ``:`Malware`:`Software```."""
    return "".join(f":{label(name)}" for name in type_names)
