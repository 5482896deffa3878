"""Constraints and indexes, and the node that says which schema a database has."""

from __future__ import annotations

from collections.abc import Collection

from kg.backends.neo4j import reviews, touches
from kg.backends.neo4j.database import Database
from kg.backends.neo4j.decisions import bring_up
from kg.backends.neo4j.names import DECISION_LABELS, OWN_LABELS, relationship
from kg.domain.fact import Literal
from kg.domain.lookup import lookup_of
from kg.errors import SchemaTooNew, StoreRejected

SCHEMA_VERSION = 14
TOUCHES_FROM = 13
"""The first schema that keeps what decisions touch."""
APPROVED_FROM = 14
"""The first schema that keeps which reviews release an answer."""

_UNIQUE = (
    "Entity", "Literal", "Source", "Dataset", "DatasetVersion", "Run", "Decision", "Graph",
    "LineageEvent", "LineageNode", "Prompt", "PromptVersion", "PromptLabel", "Spending", "DecisionTable",
    "DecisionTableVersion", "DecisionTableLabel", "ReviewRules", "ReviewRulesVersion", "ReviewRulesLabel",
    "AuditText", "Review", "ReviewEvent", "Claim", "Evidence", "Model", "DecisionRequest",
    "AccessKey",
)  # fmt: skip
_TAKEN = {
    6: ("Prompt", "PromptVersion", "PromptLabel", "LabelMove"),
    7: ("Spending",),
    8: (
        "DecisionTable", "DecisionTableVersion", "DecisionTableLabel", "ReviewRules", "ReviewRulesVersion",
        "ReviewRulesLabel",
    ),
    9: ("AuditEntry", "AuditText"),
    10: ("Review", "ReviewEvent"),
    11: DECISION_LABELS,
    12: ("AccessKey",),
    13: ("Touch",),
}  # fmt: skip
"""Labels that a schema took for itself: an entity type of that name has an underscore from then on."""
_INDEXES = {
    "literal_lookup": ("Literal", "lookup"),
    "assertion_fact": ("Assertion", "fact"),
    # All three, so that what is live, what a load retires and what it adds are each one range of the index.
    "assertion_known": ("Assertion", "version", "known_to", "known_from"),
    "assertion_place": ("Assertion", "version", "locator"),
    "assertion_record": ("Assertion", "version", "record"),
    "ontology_name": ("Ontology", "name"),
    "run_version": ("Run", "dataset", "version"),
    "run_seq": ("Run", "seq"),
    "decision_seq": ("Decision", "seq"),
    "decision_asked": ("Decision", "asked_at"),
    "decision_held": ("Decision", "held"),
    "request_until": ("DecisionRequest", "until"),
    "request_decision": ("DecisionRequest", "decision"),
    "event_run": ("LineageEvent", "run"),
    "prompt_content": ("PromptVersion", "content"),
    "table_content": ("DecisionTableVersion", "content"),
    "rules_content": ("ReviewRulesVersion", "content"),
    "review_seq": ("Review", "seq"),
    "review_standing": ("Review", "standing_seq"),
    "touch_key": ("Touch", "key"),
    "spending_day": ("Spending", "day"),
    "audit_seq": ("AuditEntry", "seq"),
    "audit_text": ("AuditText", "text"),
}
# Our folded text has words and single spaces only, so splitting at spaces finds what the embedded store finds.
_TEXT_INDEXES = {"names": "Name", "passages": "Quote"}
_TEXT_INDEX = """CREATE FULLTEXT INDEX whence_{} IF NOT EXISTS FOR (n:{}) ON EACH [n.folded]
OPTIONS {{indexConfig: {{`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: false}}}}"""

AT_ONCE = 5_000
_TEXTS = """MATCH (l:Literal)<-[r]-(:Entity) WHERE l.id > $in.after AND l.lookup IS NULL AND l.datatype = 'text'
RETURN l.id AS id, type(r), l.value ORDER BY id LIMIT $in.limit"""
_KEY_TEXTS = """UNWIND $in.rows AS row MATCH (l:Literal {id: row[0]}) SET l.lookup = row[1]"""
_RENAMED = """MATCH (e:Entity:{0}) CALL (e) {{ SET e:{0}_ REMOVE e:{0} }} IN TRANSACTIONS OF 5000 ROWS"""
_FOUND = """OPTIONAL MATCH (g:Graph {id: 'graph'})
RETURN g.schema, coalesce(g.unindexed, false), coalesce(g.object_predicates, [])"""
_FOREIGN = f"MATCH (n) WHERE n:{'|'.join(OWN_LABELS)} RETURN labels(n) LIMIT 1"
_FOUNDED = """UNWIND ['graph', 'runs', 'decisions', 'ontologies', 'audit', 'reviews'] AS id
MERGE (g:Graph {id: id}) ON CREATE SET g.last = 0
FOREACH (_ IN CASE WHEN id = 'audit' AND g.database IS NULL THEN [1] END |
    SET g.database = randomUUID(), g.hash = '')
WITH g WHERE g.id = 'graph'
SET g.schema = $in.schema, g.head = coalesce(g.head, '') REMOVE g.unindexed"""


def prepare(database: Database) -> None:
    """Check the schema, or make it in a database that has none. Raises SchemaTooNew, StoreRejected.

    A database made by ``neo4j-admin database import`` has all but the indexes.
    """
    [[found, unindexed, objects]] = database.read(_FOUND)
    if found == SCHEMA_VERSION and not unindexed:
        return
    if found is not None and found > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"{database.name!r} at {database.address!r} has schema {found}, this Whence knows {SCHEMA_VERSION}: "
            "upgrade Whence or use another database"
        )
    if found is None and (foreign := database.read(_FOREIGN)):
        raise StoreRejected(
            f"{database.name!r} at {database.address!r} has nodes {foreign[0][0]} that Whence did not write: "
            "use another database"
        )
    for name in _taken_since(SCHEMA_VERSION if found is None else found):
        database.define(_RENAMED.format(name))
    # One after the other: made side by side they collide.
    for name in _UNIQUE:
        database.define(
            f"CREATE CONSTRAINT whence_{name.lower()}_id IF NOT EXISTS FOR (n:{name}) REQUIRE n.id IS UNIQUE"
        )
    for index, (label, *properties) in _INDEXES.items():
        on = ", ".join(f"n.{name}" for name in properties)
        database.define(f"CREATE INDEX whence_{index} IF NOT EXISTS FOR (n:{label}) ON ({on})")
    for index, label in _TEXT_INDEXES.items():
        database.define(_TEXT_INDEX.format(index, label))
    database.define("CALL db.awaitIndexes(300)")
    if unindexed:
        index_facts(database, objects)
    _bring_up(database, SCHEMA_VERSION if found is None else found)
    database.write(lambda tx: tx.run(_FOUNDED, schema=SCHEMA_VERSION))


def _bring_up(database: Database, found: int) -> None:
    """Give nodes of an earlier schema what they are found by."""
    if found < 2:
        _index_values(database)
    if found < 11:
        bring_up(database)
    if found < TOUCHES_FROM:
        touches.fill(database)
    if found < APPROVED_FROM:
        reviews.fill(database)


def _taken_since(schema: int) -> list[str]:
    return [name for taken, names in _TAKEN.items() if taken > schema for name in names]


def _index_values(database: Database) -> None:
    """Give the texts that a database of schema 1 holds the key by which they are looked up as values."""
    last = ""
    while found := database.read(_TEXTS, after=last, limit=AT_ONCE):
        last = found[-1][0]
        keyed = [
            [literal, key]
            for literal, kind, value in found
            if (key := lookup_of(kind.lower(), Literal(value))) is not None
        ]
        database.write(lambda tx, keyed=keyed: tx.run(_KEY_TEXTS, rows=keyed))  # type: ignore[misc]


def index_facts(database: Database, predicates: Collection[str]) -> None:
    """Make the indexes that find the facts of these predicates by their id."""
    for predicate in predicates:
        kind = relationship(predicate)
        database.define(f"CREATE INDEX `whence_fact_{predicate}` IF NOT EXISTS FOR ()-[r:{kind}]-() ON (r.fact)")
    if predicates:
        database.define("CALL db.awaitIndexes(300)")
