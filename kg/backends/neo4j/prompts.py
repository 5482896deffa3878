"""Prompt versions and their labels, as nodes beside the graph: who said what to a model, and since when."""

from __future__ import annotations

from typing import Any

from kg.backends.neo4j.database import Transaction
from kg.backends.neo4j.versions import Neo4jVersions
from kg.domain.fact import Instant
from kg.domain.prompt import LabelMove, PromptVersion, Template
from kg.domain.records import dump_prompt, load_prompt
from kg.ports.clock import instant
from kg.ports.prompts import UNSEEN, check_move

KIND = "prompt"


class Neo4jPrompts(Neo4jVersions):
    """The prompt registry of one database."""

    def save_prompt(self, name: str, template: Template, message: str, actor: str) -> PromptVersion:
        def made(number: int, at: Instant) -> str:
            return dump_prompt(PromptVersion(name, number, template, message, actor, at))

        return load_prompt(self._save(KIND, name, template.hash, made, _readable))

    def prompt_names(self) -> tuple[str, ...]:
        return self._names(KIND)

    def prompt_versions(self, name: str) -> tuple[PromptVersion, ...]:
        return tuple(load_prompt(text) for text in self._versions(KIND, name))

    def prompt_labels(self, name: str) -> dict[str, int]:
        return self._labels(KIND, name)

    def move_label(  # noqa: PLR0913, PLR0917 (as the port has it)
        self, name: str, label: str, number: int | None, actor: str, reason: str, expected: int | None = UNSEEN
    ) -> LabelMove:
        wanted = LabelMove(name, label, number, None, actor, reason, instant(self._clock()))

        def move(tx: Transaction) -> LabelMove:
            return self._move(tx, KIND, wanted, lambda one, there: check_move(one, expected, there=there))

        return self._database.write(move)

    def label_history(self, name: str) -> tuple[LabelMove, ...]:
        return self._history(KIND, name)


def _readable(document: str) -> dict[str, Any]:
    """Properties of its node, for people."""
    version = load_prompt(document)
    return {"message": version.message, "actor": version.actor, "created_at": version.created_at}
