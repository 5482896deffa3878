"""Versions of decision tables and review rules, and the labels that point at them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from kg.domain.prompt import LabelMove
from kg.domain.rule_file import CALLED, RuleKind, RuleVersion
from kg.errors import RulesNotFound
from kg.ports.prompts import UNSEEN, PromptRegistry, check_move


class RuleRegistry(Protocol):
    """As prompts are kept: versions are appended and never changed; labels move atomically and keep their history.

    A move of a table's label moves the graph's known time too, so that a view reads the table that was labelled then.
    """

    def save_rules(
        self, kind: RuleKind, name: str, content: Mapping[str, Any], message: str, actor: str
    ) -> RuleVersion:
        """The next version of that name; or the version that already has this content."""
        ...

    def rule_names(self, kind: RuleKind) -> tuple[str, ...]: ...

    def rule_versions(self, kind: RuleKind, name: str) -> tuple[RuleVersion, ...]:
        """Oldest first; none of an unknown name."""
        ...

    def rule_labels(self, kind: RuleKind, name: str) -> dict[str, int]: ...

    def move_rule_label(  # noqa: PLR0913, PLR0917 (a move is recorded with all of these)
        self,
        kind: RuleKind,
        name: str,
        label: str,
        number: int | None,
        actor: str,
        reason: str,
        expected: int | None = UNSEEN,
    ) -> LabelMove:
        """Point the label at a version, or remove it.

        Raises RulesNotFound for a version that is not there, LabelMoved where ``expected`` is given and it points
        elsewhere by now, and for a table LoadInProgress while a load is at work.
        """
        ...

    def rule_label_history(self, kind: RuleKind, name: str | None = None) -> tuple[LabelMove, ...]:
        """Newest first; without a name, of all of that kind."""
        ...


class Registry(PromptRegistry, RuleRegistry, Protocol):
    """Everything that is kept by version beside the graph."""


def check_rule_move(kind: RuleKind, move: LabelMove, expected: int | None, *, there: bool) -> None:
    """Whether the move may be made. Raises LabelMoved, RulesNotFound."""
    check_move(move, expected, there=there, missing=RulesNotFound, called=CALLED[kind])
