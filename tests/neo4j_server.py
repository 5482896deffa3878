"""The Neo4j server of the tests: how to sign in, and how to empty it."""

from __future__ import annotations

import os

import neo4j

from kg.backends.neo4j.names import OWN_LABELS


def neo4j_auth() -> tuple[str, str] | None:
    user = os.environ.get("WHENCE_NEO4J_USER", "")
    return (user, os.environ.get("WHENCE_NEO4J_PASSWORD", "")) if user else None


def empty(driver: neo4j.Driver, database: str) -> None:
    """Delete what a store wrote, so many nodes at a time; indexes stay, they are made once."""
    text = f"MATCH (n) WHERE n:{'|'.join(OWN_LABELS)} WITH n LIMIT 5000 DETACH DELETE n RETURN count(*)"
    while driver.execute_query(text, database_=database).records[0][0]:
        pass
