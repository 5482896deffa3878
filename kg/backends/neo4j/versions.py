"""Versions by kind, and their labels, as nodes beside the graph: of prompts, of decision tables, of review rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kg.backends.neo4j import audit
from kg.backends.neo4j.database import Database, Transaction
from kg.domain import acts
from kg.domain.fact import Instant
from kg.domain.prompt import LabelMove
from kg.domain.records import dump, load_move
from kg.ports.clock import Clock, instant

NODES = {"prompt": "Prompt", "table": "DecisionTable", "review": "ReviewRules"}
"""What the nodes of each kind are labelled; their versions and labels have names made of it."""

# As it is said for prompts. The SET takes the lock of the prompt's node, so that what is read after it stays so.
_TEXTS = {
    "hold to save": """MERGE (p:Prompt {id: $in.name}) SET p.touched = timestamp()
WITH p OPTIONAL MATCH (v:PromptVersion {content: $in.content}) RETURN coalesce(p.last, 0) + 1, v.document""",
    "save": """MATCH (p:Prompt {id: $in.name}) SET p.last = $in.readable.number
CREATE (p)<-[:VERSION_OF]-(v:PromptVersion {id: $in.id, content: $in.content}) SET v += $in.readable""",
    "hold to move": """MATCH (p:Prompt {id: $in.name}) SET p.touched = timestamp()
WITH p OPTIONAL MATCH (:PromptLabel {id: $in.label})-[:POINTS_AT]->(held:PromptVersion)
OPTIONAL MATCH (v:PromptVersion {id: $in.version}) RETURN held.number, v IS NOT NULL""",
    "move": """MATCH (p:Prompt {id: $in.name}) SET p.moves = coalesce(p.moves, 0) + 1
MERGE (l:PromptLabel {id: $in.id}) ON CREATE SET l.label = $in.label MERGE (l)-[:LABEL_OF]->(p)
CREATE (l)<-[:MOVE_OF]-(m:LabelMove {seq: p.moves}) SET m += $in.readable
WITH l OPTIONAL MATCH (l)-[held:POINTS_AT]->() DELETE held
WITH DISTINCT l MATCH (v:PromptVersion {id: $in.version}) CREATE (l)-[:POINTS_AT]->(v)""",
    "names": "MATCH (p:Prompt) RETURN p.id ORDER BY p.id",
    "versions": """MATCH (p:Prompt {id: $in.name})<-[:VERSION_OF]-(v:PromptVersion) USING INDEX SEEK p:Prompt(id)
RETURN v.document ORDER BY v.number""",
    "labels": """MATCH (p:Prompt {id: $in.name})<-[:LABEL_OF]-(l:PromptLabel)-[:POINTS_AT]->(v:PromptVersion)
USING INDEX SEEK p:Prompt(id) RETURN l.label, v.number ORDER BY l.label""",
    "history": """MATCH (p:Prompt {id: $in.name})<-[:LABEL_OF]-(l:PromptLabel)<-[:MOVE_OF]-(m:LabelMove)
USING INDEX SEEK p:Prompt(id) RETURN m.document ORDER BY m.seq DESC""",
    "history of all": """UNWIND $in.names AS name
MATCH (p:Prompt {id: name})<-[:LABEL_OF]-(l:PromptLabel)<-[:MOVE_OF]-(m:LabelMove) USING INDEX SEEK p:Prompt(id)
RETURN m.document ORDER BY m.moved_at DESC, p.id DESC, m.seq DESC""",
}
TEXTS = {
    (kind, name): text.replace(":Prompt", f":{label}") for name, text in _TEXTS.items() for kind, label in NODES.items()
}

Made = Callable[[int, Instant], str]
"""The document of a version, once its number and time are known."""


class Neo4jVersions:
    """The registries of one database; each change is one transaction that holds the lock of what it changes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def _save(self, kind: str, name: str, digest: str, made: Made, readable: Callable[[str], Mapping[str, Any]]) -> str:
        """The document of the version that has this content; it is made where there is none."""
        content = f"{name} {digest}"

        def save(tx: Transaction) -> str:
            [[number, held]] = tx.run(TEXTS[kind, "hold to save"], name=name, content=content)
            if held is not None:
                return str(held)
            at = instant(self._clock())
            document = made(number, at)
            shown = {**readable(document), "number": number, "hash": digest, "document": document}
            tx.run(TEXTS[kind, "save"], name=name, id=f"{name}@{number}", content=content, readable=shown)
            audit.append(tx, acts.of_version(kind, digest, document), at)
            return document

        return self._database.write(save)

    def _names(self, kind: str) -> tuple[str, ...]:
        return tuple(name for (name,) in self._database.read(TEXTS[kind, "names"]))

    def _versions(self, kind: str, name: str) -> tuple[str, ...]:
        return tuple(text for (text,) in self._database.read(TEXTS[kind, "versions"], name=name))

    def _labels(self, kind: str, name: str) -> dict[str, int]:
        rows = self._database.read(TEXTS[kind, "labels"], name=name)
        return {str(label): int(number) for label, number in rows}

    @staticmethod
    def _move(tx: Transaction, kind: str, move: LabelMove, check: Callable[[LabelMove, bool], None]) -> LabelMove:
        """Check and record a move in the transaction at hand; where the label points is read in it."""
        own = f"{move.name}@{move.label}"
        version = None if move.number is None else f"{move.name}@{move.number}"
        held = tx.run(TEXTS[kind, "hold to move"], name=move.name, label=own, version=version)
        before, there = held[0] if held else (None, False)
        move = LabelMove(move.name, move.label, move.number, before, move.actor, move.reason, move.moved_at)
        check(move, there)
        readable = {"actor": move.actor, "reason": move.reason, "moved_at": move.moved_at, "document": dump(move)}
        tx.run(TEXTS[kind, "move"], name=move.name, id=own, label=move.label, version=version, readable=readable)
        audit.append(tx, acts.of_move(kind, move), move.moved_at)
        return move

    def _history(self, kind: str, name: str | None) -> tuple[LabelMove, ...]:
        if name is not None:
            rows = self._database.read(TEXTS[kind, "history"], name=name)
        else:
            names = self._names(kind)
            rows = self._database.read(TEXTS[kind, "history of all"], names=names) if names else []
        return tuple(load_move(text) for (text,) in rows)
