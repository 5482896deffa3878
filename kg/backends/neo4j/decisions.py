"""Decisions as nodes beside the graph: what each says, cites, rests on and was made with leads there."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from kg.backends.neo4j import audit, reviews, touches
from kg.backends.neo4j import decision_texts as texts
from kg.backends.neo4j.database import Database, Transaction
from kg.domain import acts
from kg.domain.audit import Act
from kg.domain.decision import Document
from kg.domain.fact import Instant
from kg.errors import DecisionNotFound
from kg.ports.clock import Clock, instant
from kg.ports.kept import ALL, HoldMove, Kept, Requested, Wanted, loaded, readable
from kg.ports.ledger import check_body, check_hold, check_supersedes

AFTER_ALL = 2**62
AT_ONCE = 100
SHORT = 300
"""Characters of an answer that its node shows."""


class Neo4jDecisions:
    """The ledger of decisions of one database; each change is one transaction that holds the lock of the ledger."""

    _database: Database
    _clock: Clock

    def append(self, kept: Kept, requested: Requested | None = None) -> Kept:
        at = instant(self._clock())

        def work(tx: Transaction) -> Kept:
            tx.run(texts.HOLD_LEDGER)
            if requested is not None:
                tx.run(texts.FORGET_REQUESTS, at=requested.at)
                held = tx.run(texts.REQUESTED, request=_request(requested.caller, requested.key))
                if held:
                    check_body(requested, held[0][0])
                    return loaded(*tx.run(texts.DECISION, id=held[0][1])[0])
            told = put(tx, kept)
            if requested is not None:
                request = _request(requested.caller, requested.key)
                tx.run(texts.PUT_REQUEST, request=request, body=requested.body, decision=kept.id, until=requested.until)
            for act in told:
                audit.append(tx, act, at)
            return kept

        return self._database.write(work)

    def requested(self, caller: str, key: str, at: Instant) -> tuple[str, str] | None:
        found = self._database.read(texts.REQUESTED, request=_request(caller, key))
        return None if not found or found[0][2] <= at else (found[0][0], found[0][1])

    def kept(self, decision_id: str) -> Kept | None:
        found = self._database.read(texts.DECISION, id=decision_id)
        return loaded(*found[0]) if found else None

    def decision(self, decision_id: str) -> Document | None:
        found = self.kept(decision_id)
        return None if found is None else found.document

    def documents(self, decision_ids: Collection[str]) -> dict[str, Document]:
        rows = self._database.read(texts.DOCUMENTS, ids=sorted(set(decision_ids)))
        return {(one := loaded(*row)).id: one.document for row in rows}

    def decisions(self, limit: int, after: str | None = None, wanted: Wanted = ALL, *, skip: int = 0) -> list[Document]:
        before = AFTER_ALL
        if after is not None:
            found = self._database.read(texts.DECISION_SEQ, id=after)
            if not found:
                raise DecisionNotFound(f"no decision {after!r} to go on after")
            before = found[0][0]
        rows = self._database.read(texts.DECISIONS, before=before, limit=limit, skip=skip, **asdict(wanted))
        return [loaded(*row).document for row in rows]

    def hold(self, move: HoldMove) -> None:
        def work(tx: Transaction) -> None:
            tx.run(texts.HOLD_LEDGER)
            found = tx.run(texts.DECISION, id=move.decision)
            check_hold(move, there=bool(found), held=bool(found) and loaded(*found[0]).hold is not None)
            tx.run(texts.PUT_HOLD, id=move.decision, held=move.held, document=_dump(move.document()))
            act = acts.of_hold(move.decision, move.actor, move.reason, held=move.held)
            audit.append(tx, act, instant(self._clock()))

        self._database.write(work)

    def holds(self, decision_id: str) -> tuple[HoldMove, ...]:
        rows = self._database.read(texts.HOLDS, id=decision_id)
        return tuple(HoldMove(decision_id, **json.loads(text)) for (text,) in rows)

    def expire(self, before: Instant, limit: int, actor: str) -> tuple[str, ...]:
        def work(tx: Transaction) -> tuple[str, ...]:
            tx.run(texts.HOLD_LEDGER)
            found = tuple(str(decision) for (decision,) in tx.run(texts.EXPIRED, before=before, limit=limit))
            for decision in found:
                for text in (texts.ERASE_WORDS, texts.ERASE_REQUESTS, texts.ERASE_DECISION):
                    tx.run(text, id=decision)
            for decision in found:
                audit.append(tx, acts.of_expiry(decision, actor), instant(self._clock()))
            return found

        return self._database.write(work)


def put(tx: Transaction, kept: Kept) -> list[Act]:
    """Append it with what it leads to, unless the same one is there; says what the audit log has to tell of it."""
    told = readable(kept)
    supersedes = told.pop("supersedes")
    if supersedes is not None:
        found = tx.run(texts.DECISION, id=supersedes)
        check_supersedes(supersedes, there=bool(found), by=loaded(*found[0]).superseded_by if found else None)
    document = kept.document
    words = {"question": document.get("question"), "answer": document.get("answer", {}).get("text", "")[:SHORT]}
    evidence, versions = document.get("evidence", []), document.get("versions", {})
    model = versions.get("model")
    made = tx.run(
        texts.PUT_DECISION,
        id=kept.id,
        record=_dump(kept.record),
        words=_dump(kept.text),
        readable=told | words,
        evidence=[[_part(kept, e["id"]), e["id"], e["kind"], e["text"]] for e in evidence],
        claims=[_claim(kept, claim) for claim in document.get("claims", [])],
        places=[[_part(kept, e["id"]), *place] for e in evidence for place in _places(e)],
        searched=[[_part(kept, e["id"]), source] for e in evidence for source in _searched(e)],
        datasets=versions.get("graph", {}).get("datasets") or [],
        prompts=list(_prompts(document)),
        models=[] if model is None else [{key: model[key] for key in ("name", "model", "scripted")}],
        supersedes=[] if supersedes is None else [supersedes],
        touches=touches.rows(document),
    )
    if not made:
        return []
    return [acts.of_decision(kept.id, kept.record, told["actor"]), *reviews.open_review(tx, document)]


def put_emptied(tx: Transaction, left: Sequence[Kept]) -> None:
    """Leave of them what a purge leaves."""
    for one in left:
        tx.run(texts.EMPTY_DECISION, id=one.id, record=_dump(one.record), purged=_dump(one.purged))
        tx.run(texts.ERASE_WORDS, id=one.id)
        tx.run(texts.ERASE_REQUESTS, id=one.id)
        touches.put_again(tx, one.id, one.document)
        reviews.empty(tx, one.id)


def _part(kept: Kept, number: str) -> str:
    return f"{kept.id}#{number}"


def _claim(kept: Kept, claim: dict[str, Any]) -> list[Any]:
    cited = [_part(kept, one) for one in claim["evidence"]]
    return [_part(kept, claim["id"]), claim["id"], claim.get("verdict"), claim["text"], cited]


def _places(evidence: dict[str, Any]) -> Iterator[list[Any]]:
    """Where its facts are said: version, locator, which facts, since when."""
    for one in evidence["sources"]:
        if one["locator"] is not None:
            yield [one["dataset"], one["locator"], evidence["facts"], one["recorded_at"]]


def _searched(evidence: dict[str, Any]) -> list[str]:
    return [f"{one['dataset']}/{one['source']}" for one in evidence["sources"] if one["locator"] is None]


def _prompts(document: Document) -> Iterator[list[Any]]:
    """The prompt versions; one that is shipped is told apart by its hash, since releases may change it."""
    for one in document.get("versions", {}).get("prompt") or ():
        ref = f"{one['name']}@{one['version']}"
        shipped = {"number": one["version"], "hash": one["hash"], "message": "shipped"}
        yield [f"{ref} {one['hash']}" if one["version"] == 0 else ref, shipped]


def _request(caller: str, key: str) -> str:
    return f"{caller}\x1f{key}"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def bring_up(database: Database) -> None:
    """Give the decisions of an earlier schema the properties that they are found by."""
    last = 0
    while found := database.read(texts.EARLIER, after=last, limit=AT_ONCE):
        last = found[-1][0]
        rows = []
        for seq, text in found:
            document = json.loads(text)
            told = readable(Kept("", document))
            del told["supersedes"]
            rows.append([seq, told | {"purged": _dump(document["purged"]) if "purged" in document else None}])
        database.write(lambda tx, rows=rows: tx.run(texts.BRING_UP, rows=rows))  # type: ignore[misc]
