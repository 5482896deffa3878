"""Versions of decision tables and review rules and their labels, as nodes beside the graph."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from kg.backends.neo4j.database import Transaction
from kg.backends.neo4j.versions import Neo4jVersions
from kg.domain.fact import Instant
from kg.domain.prompt import LabelMove
from kg.domain.records import dump_prompt, load_rules
from kg.domain.rule_file import RuleKind, RuleVersion, content_hash
from kg.ports.clock import instant
from kg.ports.prompts import UNSEEN
from kg.ports.rules import check_rule_move


class Neo4jRules(Neo4jVersions):
    """The registry of decision tables and review rules of one database."""

    @abstractmethod
    def _moving_known_time(self, what: str, work: Callable[[Transaction, Instant], Any]) -> Any:
        """Do the work in one transaction, as a load of its own, that views read from its end on."""

    def save_rules(
        self, kind: RuleKind, name: str, content: Mapping[str, Any], message: str, actor: str
    ) -> RuleVersion:
        def made(number: int, at: Instant) -> str:
            return dump_prompt(RuleVersion(kind, name, number, content, message, actor, at))

        return load_rules(self._save(kind, name, content_hash(content), made, _readable))

    def rule_names(self, kind: RuleKind) -> tuple[str, ...]:
        return self._names(kind)

    def rule_versions(self, kind: RuleKind, name: str) -> tuple[RuleVersion, ...]:
        return tuple(load_rules(text) for text in self._versions(kind, name))

    def rule_labels(self, kind: RuleKind, name: str) -> dict[str, int]:
        return self._labels(kind, name)

    def move_rule_label(  # noqa: PLR0913, PLR0917 (as the port has it)
        self,
        kind: RuleKind,
        name: str,
        label: str,
        number: int | None,
        actor: str,
        reason: str,
        expected: int | None = UNSEEN,
    ) -> LabelMove:
        def move(tx: Transaction, at: Instant) -> LabelMove:
            wanted = LabelMove(name, label, number, None, actor, reason, at)
            return self._move(tx, kind, wanted, lambda one, there: check_rule_move(kind, one, expected, there=there))

        if kind == "table":
            done: LabelMove = self._moving_known_time(f"label of the decision table {name}", move)
            return done
        at = instant(self._clock())
        return self._database.write(lambda tx: move(tx, at))

    def rule_label_history(self, kind: RuleKind, name: str | None = None) -> tuple[LabelMove, ...]:
        return self._history(kind, name)


def _readable(document: str) -> dict[str, Any]:
    """Properties of its node, for people."""
    version = load_rules(document)
    return {"message": version.message, "actor": version.actor, "created_at": version.created_at}
