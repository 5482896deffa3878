"""Prompt versions and their labels, as rows beside the graph."""

from __future__ import annotations

from kg.backends.sqlite import sql
from kg.backends.sqlite.database import Database
from kg.domain.prompt import LabelMove, PromptVersion, Template
from kg.domain.records import dump, dump_prompt, load_move, load_prompt
from kg.ports.clock import Clock, instant
from kg.ports.prompts import UNSEEN, check_move


class SqlitePrompts:
    """The prompt registry of one database; each change is one transaction that holds the writer's lock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def save_prompt(self, name: str, template: Template, message: str, actor: str) -> PromptVersion:
        with self._database.write() as connection:
            content = {"name": name, "hash": template.hash}
            held: str | None = connection.execute(sql.PROMPT_CONTENT, content).get
            if held is not None:
                return load_prompt(held)
            number = 1 + (connection.execute(sql.LAST_PROMPT, {"name": name}).get or 0)
            made = PromptVersion(name, number, template, message, actor, instant(self._clock()))
            row = (name, number, template.hash, dump_prompt(made))
            connection.execute("INSERT INTO prompt_version VALUES (?, ?, ?, ?)", row)
        return made

    def prompt_names(self) -> tuple[str, ...]:
        with self._database.use() as connection:
            return tuple(name for (name,) in connection.execute("SELECT DISTINCT name FROM prompt_version ORDER BY 1"))

    def prompt_versions(self, name: str) -> tuple[PromptVersion, ...]:
        with self._database.use() as connection:
            return tuple(load_prompt(text) for (text,) in connection.execute(sql.PROMPT_VERSIONS, {"name": name}))

    def prompt_labels(self, name: str) -> dict[str, int]:
        with self._database.use() as connection:
            return dict(connection.execute(sql.PROMPT_LABELS, {"name": name}))

    def move_label(  # noqa: PLR0913, PLR0917 (as the port has it)
        self, name: str, label: str, number: int | None, actor: str, reason: str, expected: int | None = UNSEEN
    ) -> LabelMove:
        with self._database.write() as connection:
            before: int | None = dict(connection.execute(sql.PROMPT_LABELS, {"name": name})).get(label)
            move = LabelMove(name, label, number, before, actor, reason, instant(self._clock()))
            found = connection.execute(sql.PROMPT_NUMBER, {"name": name, "number": number}).get
            check_move(move, expected, there=found is not None)
            if number is None:
                connection.execute("DELETE FROM prompt_label WHERE name = ? AND label = ?", (name, label))
            else:
                connection.execute("INSERT OR REPLACE INTO prompt_label VALUES (?, ?, ?)", (name, label, number))
            connection.execute("INSERT INTO label_move (name, document) VALUES (?, ?)", (name, dump(move)))
        return move

    def label_history(self, name: str) -> tuple[LabelMove, ...]:
        with self._database.use() as connection:
            return tuple(load_move(text) for (text,) in connection.execute(sql.LABEL_HISTORY, {"name": name}))
