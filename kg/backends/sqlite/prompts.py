"""Prompt versions and their labels, as rows beside the graph."""

from __future__ import annotations

from functools import partial

from kg.backends.sqlite.versions import SqliteVersions
from kg.domain.fact import Instant
from kg.domain.prompt import LabelMove, PromptVersion, Template
from kg.domain.records import dump_prompt, load_prompt
from kg.ports.clock import instant
from kg.ports.prompts import UNSEEN, check_move

KIND = "prompt"


class SqlitePrompts(SqliteVersions):
    """The prompt registry of one database."""

    def save_prompt(self, name: str, template: Template, message: str, actor: str) -> PromptVersion:
        def made(number: int, at: Instant) -> str:
            return dump_prompt(PromptVersion(name, number, template, message, actor, at))

        return load_prompt(self._save(KIND, name, template.hash, made))

    def prompt_names(self) -> tuple[str, ...]:
        return self._names(KIND)

    def prompt_versions(self, name: str) -> tuple[PromptVersion, ...]:
        return tuple(load_prompt(text) for text in self._versions(KIND, name))

    def prompt_labels(self, name: str) -> dict[str, int]:
        return self._labels(KIND, name)

    def move_label(  # noqa: PLR0913, PLR0917 (as the port has it)
        self, name: str, label: str, number: int | None, actor: str, reason: str, expected: int | None = UNSEEN
    ) -> LabelMove:
        with self._database.write() as connection:
            wanted = LabelMove(name, label, number, None, actor, reason, instant(self._clock()))
            check = partial(_check, expected)
            return self._move(connection, KIND, wanted, check)

    def label_history(self, name: str) -> tuple[LabelMove, ...]:
        return self._history(KIND, name)


def _check(expected: int | None, move: LabelMove, there: bool) -> None:  # noqa: FBT001 (as it is called)
    check_move(move, expected, there=there)
