"""What each decision rests on and read, as nodes of its own tied to it: no node that many decisions would lock."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kg.backends.neo4j import decision_texts
from kg.backends.neo4j.database import Database, Transaction
from kg.domain.decision import Document
from kg.domain.touched import touched
from kg.ports.kept import loaded

PUT_AGAIN = """MATCH (d:Decision {id: $in.id}) CALL (d) { MATCH (d)<-[:TOUCHES]-(t:Touch) DETACH DELETE t }
UNWIND $in.rows AS row CREATE (d)<-[:TOUCHES]-(:Touch {key: row[0], carried: row[1]})"""
TOUCHING = """UNWIND $in.keys AS key MATCH (t:Touch {key: key})-[:TOUCHES]->(d:Decision)
USING INDEX SEEK t:Touch(key)
WITH d, max(CASE WHEN t.carried THEN 1 ELSE 0 END) AS carried
WITH d, carried, EXISTS { (d)<-[:REVIEW_OF]-(:Review {approved: true}) } AS approved
RETURN d.id, carried = 1 ORDER BY approved DESC, carried DESC, d.seq DESC LIMIT $in.limit"""

AT_ONCE = 100


def rows(document: Document) -> list[list[Any]]:
    """The keys of a decision."""
    return [[key, carried] for key, carried in touched(document).items()]


def put_again(tx: Transaction, decision_id: str, document: Document) -> None:
    """The keys of a decision in place of those it had."""
    tx.run(PUT_AGAIN, id=decision_id, rows=rows(document))


def touching(database: Database, keys: Collection[str], limit: int) -> list[tuple[str, bool]]:
    found = database.read(TOUCHING, keys=sorted(set(keys)), limit=limit)
    return [(str(decision), bool(carried)) for decision, carried in found]


def fill(database: Database) -> None:
    """Give the decisions of a database of an earlier schema their keys."""
    last = 0
    while found := database.read(decision_texts.DECISIONS_AFTER, after=last, limit=AT_ONCE):
        last = found[-1][0]
        for _, *row in found:
            one = loaded(*row)
            database.write(lambda tx, one=one: put_again(tx, one.id, one.document))  # type: ignore[misc]
