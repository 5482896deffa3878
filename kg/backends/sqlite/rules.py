"""Versions of decision tables and review rules and their labels, as rows beside the graph."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from kg.backends.sqlite.versions import SqliteVersions
from kg.domain.fact import Instant
from kg.domain.prompt import LabelMove
from kg.domain.records import dump_prompt, load_rules
from kg.domain.rule_file import RuleKind, RuleVersion, content_hash
from kg.ports.clock import instant
from kg.ports.prompts import UNSEEN
from kg.ports.rules import check_rule_move


class SqliteRules(SqliteVersions):
    """The registry of decision tables and review rules of one database."""

    @abstractmethod
    def _moving_known_time(self) -> contextlib.AbstractContextManager[tuple[Any, Instant]]:
        """One transaction, as a load of its own, that views read from its end on, with its known time."""

    def save_rules(
        self, kind: RuleKind, name: str, content: Mapping[str, Any], message: str, actor: str
    ) -> RuleVersion:
        def made(number: int, at: Instant) -> str:
            return dump_prompt(RuleVersion(kind, name, number, content, message, actor, at))

        return load_rules(self._save(kind, name, content_hash(content), made))

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
        with self._moving(kind) as (connection, at):
            wanted = LabelMove(name, label, number, None, actor, reason, at)
            return self._move(
                connection, kind, wanted, lambda move, there: check_rule_move(kind, move, expected, there=there)
            )

    @contextlib.contextmanager
    def _moving(self, kind: RuleKind) -> Any:
        if kind == "table":
            with self._moving_known_time() as (connection, at):
                yield connection, at
        else:
            with self._database.write() as connection:
                yield connection, instant(self._clock())

    def rule_label_history(self, kind: RuleKind, name: str | None = None) -> tuple[LabelMove, ...]:
        return self._history(kind, name)
