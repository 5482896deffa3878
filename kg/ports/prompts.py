"""Prompt versions and the labels that point at them."""

from __future__ import annotations

from typing import Protocol

from kg.domain.prompt import LabelMove, PromptVersion, Template
from kg.errors import LabelMoved, NotFound, PromptNotFound

UNSEEN = -1
"""Says that a label is moved wherever it points now."""


class PromptRegistry(Protocol):
    """Versions are appended and never changed; labels move atomically and keep their history."""

    def save_prompt(self, name: str, template: Template, message: str, actor: str) -> PromptVersion:
        """The next version of the prompt; or the version that already has this content."""
        ...

    def prompt_names(self) -> tuple[str, ...]: ...

    def prompt_versions(self, name: str) -> tuple[PromptVersion, ...]:
        """Oldest first; none of an unknown prompt."""
        ...

    def prompt_labels(self, name: str) -> dict[str, int]: ...

    def move_label(  # noqa: PLR0913, PLR0917 (a move is recorded with all of these)
        self, name: str, label: str, number: int | None, actor: str, reason: str, expected: int | None = UNSEEN
    ) -> LabelMove:
        """Point the label at a version, or remove it.

        Raises PromptNotFound for a version that is not there, and LabelMoved where ``expected`` (the version it
        points at, ``None`` for none) is given and it points elsewhere by now.
        """
        ...

    def label_history(self, name: str) -> tuple[LabelMove, ...]:
        """Newest first."""
        ...


def check_move(
    move: LabelMove,
    expected: int | None,
    *,
    there: bool,
    missing: type[NotFound] = PromptNotFound,
    called: str = "prompt",
) -> None:
    """Whether the move may be made: the rule of every registry. ``there`` says that its version exists.

    Raises LabelMoved, and ``missing`` where there is no such version or label of what is ``called`` so.
    """
    at = f"{move.name}@{move.label}"
    if expected not in (UNSEEN, move.before):
        now, seen = ("no version" if n is None else f"version {n}" for n in (move.before, expected))
        raise LabelMoved(f"{at} points at {now} by now, not at {seen}: look at it again, and then move it")
    if move.number is None and move.before is None:
        raise missing(f"{at} points at no version: there is no label to remove")
    if move.number is not None and not there:
        raise missing(f"{called} {move.name!r} has no version {move.number}; list its versions to see which there are")
