"""Prompt versions and their labels, as nodes beside the graph: who said what to a model, and since when."""

from __future__ import annotations

from typing import Any

from kg.backends.neo4j import cypher
from kg.backends.neo4j.database import Database, Transaction
from kg.domain.prompt import LabelMove, PromptVersion, Template
from kg.domain.records import dump, dump_prompt, load_move, load_prompt
from kg.ports.clock import Clock, instant
from kg.ports.prompts import UNSEEN, check_move

# The SET takes the lock of the prompt's node, so that what is read after it stays so to the end.
HOLD_TO_SAVE = """MERGE (p:Prompt {id: $in.name}) SET p.touched = timestamp()
WITH p OPTIONAL MATCH (v:PromptVersion {content: $in.content}) RETURN coalesce(p.last, 0) + 1, v.document"""
SAVE = """MATCH (p:Prompt {id: $in.name}) SET p.last = $in.readable.number
CREATE (p)<-[:VERSION_OF]-(v:PromptVersion {id: $in.id, content: $in.content}) SET v += $in.readable"""
HOLD_TO_MOVE = """MATCH (p:Prompt {id: $in.name}) SET p.touched = timestamp()
WITH p OPTIONAL MATCH (:PromptLabel {id: $in.label})-[:POINTS_AT]->(held:PromptVersion)
OPTIONAL MATCH (v:PromptVersion {id: $in.version}) RETURN held.number, v IS NOT NULL"""
MOVE = """MATCH (p:Prompt {id: $in.name}) SET p.moves = coalesce(p.moves, 0) + 1
MERGE (l:PromptLabel {id: $in.id}) ON CREATE SET l.label = $in.label MERGE (l)-[:LABEL_OF]->(p)
CREATE (l)<-[:MOVE_OF]-(m:LabelMove {seq: p.moves}) SET m += $in.readable
WITH l OPTIONAL MATCH (l)-[held:POINTS_AT]->() DELETE held
WITH DISTINCT l MATCH (v:PromptVersion {id: $in.version}) CREATE (l)-[:POINTS_AT]->(v)"""


class Neo4jPrompts:
    """The prompt registry of one database; each change is one transaction that holds the lock of its prompt."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def save_prompt(self, name: str, template: Template, message: str, actor: str) -> PromptVersion:
        content = f"{name} {template.hash}"

        def save(tx: Transaction) -> PromptVersion:
            [[number, held]] = tx.run(HOLD_TO_SAVE, name=name, content=content)
            if held is not None:
                return load_prompt(held)
            made = PromptVersion(name, number, template, message, actor, instant(self._clock()))
            tx.run(SAVE, name=name, id=made.ref, content=content, readable=_readable(made))
            return made

        return self._database.write(save)

    def prompt_names(self) -> tuple[str, ...]:
        return tuple(name for (name,) in self._database.read(cypher.PROMPT_NAMES))

    def prompt_versions(self, name: str) -> tuple[PromptVersion, ...]:
        return tuple(load_prompt(text) for (text,) in self._database.read(cypher.PROMPT_VERSIONS, name=name))

    def prompt_labels(self, name: str) -> dict[str, int]:
        rows = self._database.read(cypher.PROMPT_LABELS, name=name)
        return {str(label): int(number) for label, number in rows}

    def move_label(  # noqa: PLR0913, PLR0917 (as the port has it)
        self, name: str, label: str, number: int | None, actor: str, reason: str, expected: int | None = UNSEEN
    ) -> LabelMove:
        own, version = f"{name}@{label}", None if number is None else f"{name}@{number}"

        def move(tx: Transaction) -> LabelMove:
            held = tx.run(HOLD_TO_MOVE, name=name, label=own, version=version)
            before, there = held[0] if held else (None, False)
            made = LabelMove(name, label, number, before, actor, reason, instant(self._clock()))
            check_move(made, expected, there=there)
            readable = {"actor": actor, "reason": reason, "moved_at": made.moved_at, "document": dump(made)}
            tx.run(MOVE, name=name, id=own, label=label, version=version, readable=readable)
            return made

        return self._database.write(move)

    def label_history(self, name: str) -> tuple[LabelMove, ...]:
        return tuple(load_move(text) for (text,) in self._database.read(cypher.LABEL_HISTORY, name=name))


def _readable(version: PromptVersion) -> dict[str, Any]:
    """Properties of its node, for people, and the document."""
    return {
        "number": version.number,
        "hash": version.hash,
        "message": version.message,
        "actor": version.actor,
        "created_at": version.created_at,
        "document": dump_prompt(version),
    }
