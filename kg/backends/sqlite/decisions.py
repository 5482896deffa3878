"""Decisions as rows beside the graph: the record of each, and apart from it the words it quotes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from typing import Any

from kg.backends.sqlite import audit, reviews, touches
from kg.backends.sqlite import decision_sql as sql
from kg.backends.sqlite.database import Database
from kg.domain import acts
from kg.domain.decision import Document
from kg.domain.fact import Instant
from kg.errors import DecisionNotFound
from kg.ports.clock import Clock, instant
from kg.ports.kept import ALL, HoldMove, Kept, Requested, Wanted, emptied, loaded, readable
from kg.ports.ledger import check_body, check_hold, check_supersedes

AFTER_ALL = 2**62
AT_ONCE = 100


class SqliteDecisions:
    """The ledger of decisions of one database; each change is one transaction that holds the writer's lock."""

    _database: Database
    _clock: Clock

    def append(self, kept: Kept, requested: Requested | None = None) -> Kept:
        with self._database.write() as connection:
            if requested is not None:
                connection.execute(sql.FORGET_REQUESTS, {"at": requested.at})
                held = connection.execute(sql.REQUESTED, asdict(requested)).fetchone()
                if held is not None:
                    check_body(requested, held[0])
                    return _read(connection, sql.DECISION, {"id": held[1]})[0]
            _put(connection, kept, instant(self._clock()))
            if requested is not None:
                connection.execute(sql.PUT_REQUEST, asdict(requested) | {"decision": kept.id})
        return kept

    def requested(self, caller: str, key: str, at: Instant) -> tuple[str, str] | None:
        with self._database.use() as connection:
            found: tuple[str, str, str] | None = connection.execute(
                sql.REQUESTED, {"caller": caller, "key": key}
            ).fetchone()
            return None if found is None or found[2] <= at else found[:2]

    def kept(self, decision_id: str) -> Kept | None:
        with self._database.use() as connection:
            return next(iter(_read(connection, sql.DECISION, {"id": decision_id})), None)

    def decision(self, decision_id: str) -> Document | None:
        found = self.kept(decision_id)
        return None if found is None else found.document

    def documents(self, decision_ids: Collection[str]) -> dict[str, Document]:
        with self._database.use() as connection:
            found = _read(connection, sql.DOCUMENTS, {"ids": json.dumps(sorted(set(decision_ids)))})
        return {one.id: one.document for one in found}

    def decisions(self, limit: int, after: str | None = None, wanted: Wanted = ALL, *, skip: int = 0) -> list[Document]:
        with self._database.use() as connection:
            before = AFTER_ALL if after is None else connection.execute(sql.DECISION_SEQ, {"id": after}).get
            if before is None:
                raise DecisionNotFound(f"no decision {after!r} to go on after")
            found = _read(connection, sql.DECISIONS, asdict(wanted) | {"before": before, "limit": limit, "skip": skip})
        return [one.document for one in found]

    def hold(self, move: HoldMove) -> None:
        with self._database.write() as connection:
            found = _read(connection, sql.DECISION, {"id": move.decision})
            check_hold(move, there=bool(found), held=bool(found and found[0].hold))
            connection.execute(sql.PUT_HOLD, {"id": move.decision, "document": _dump(move.document())})
            act = acts.of_hold(move.decision, move.actor, move.reason, held=move.held)
            audit.append(connection, act, instant(self._clock()))

    def holds(self, decision_id: str) -> tuple[HoldMove, ...]:
        with self._database.use() as connection:
            rows = connection.execute(sql.HOLDS, {"id": decision_id})
            return tuple(HoldMove(decision_id, **json.loads(text)) for (text,) in rows)

    def expire(self, before: Instant, limit: int, actor: str) -> tuple[str, ...]:
        with self._database.write() as connection:
            found = connection.execute(sql.EXPIRED, {"before": before, "limit": limit}).fetchall()
            for seq, decision in found:
                for text in sql.ERASE_DECISION:
                    connection.execute(text, {"seq": seq, "id": decision})
                audit.append(connection, acts.of_expiry(str(decision), actor), instant(self._clock()))
        return tuple(str(decision) for _, decision in found)


def _put(connection: Any, kept: Kept, at: Instant) -> None:
    told = readable(kept)
    if told["supersedes"] is not None:
        found = _read(connection, sql.DECISION, {"id": told["supersedes"]})
        check_supersedes(told["supersedes"], there=bool(found), by=found[0].superseded_by if found else None)
    connection.execute(sql.PUT_DECISION, {"id": kept.id, "record": _dump(kept.record), **told})
    if connection.changes():
        connection.execute(sql.PUT_TEXT, {"id": kept.id, "document": _dump(kept.text)})
        audit.append(connection, acts.of_decision(kept.id, kept.record, told["actor"]), at)
        document = kept.document
        reviews.open_review(connection, document, at)
        touches.put(connection, kept.id, document)


def _read(connection: Any, text: str, values: Mapping[str, Any]) -> list[Kept]:
    return [loaded(*row) for row in connection.execute(text, values)]


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def empty_decisions(
    connection: Any, quotes: Callable[[Document], bool], mark: Mapping[str, str]
) -> tuple[int, list[str]]:
    """Erase the words of the decisions that quote it: how many; and which do, but are held and stay."""
    last, count, held = 0, 0, list[str]()
    while found := connection.execute(sql.DECISIONS_AFTER, {"after": last, "limit": AT_ONCE}).fetchall():
        last = found[-1][0]
        for seq, *row in found:
            one = loaded(*row)
            if not quotes(one.document):
                continue
            if one.hold is not None:
                held.append(one.id)
                continue
            left = emptied(one, mark)
            connection.execute(
                sql.EMPTY_DECISION, {"seq": seq, "record": _dump(left.record), "purged": _dump(left.purged)}
            )
            for text in sql.EMPTIED:
                connection.execute(text, {"seq": seq, "id": one.id})
            touches.put(connection, one.id, left.document)
            reviews.empty(connection, one.id)
            count += 1
    return count, held
