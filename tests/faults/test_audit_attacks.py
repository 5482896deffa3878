"""The audit log is changed in the database itself, in every way at random: it is seen, and where."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import apsw
import neo4j
import pytest

from kg.decisions.audit import Verification, verify
from kg.decisions.checkpoint import Checkpoint, read_checkpoints, take
from kg.domain.audit import Act, AuditEntry, Row, founded, sha256
from kg.settings import neo4j_address
from tests.builders import MakeStore, Store, TickingClock

PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
ENTRIES, ANCHORED = 40, 30
"""Entries of the log, and how many the checkpoint saw."""


@dataclass(frozen=True)
class Log:
    """The log as it lies in the database."""

    database: str
    rows: tuple[Row, ...]
    last: int
    hash: str
    texts: tuple[tuple[str, str, str], ...]


Write = Callable[[Log], None]


def written_in_sqlite(path: Path) -> Write:
    def write(log: Log) -> None:
        with apsw.Connection(str(path)) as connection:
            connection.execute("DELETE FROM audit; DELETE FROM audit_text")
            connection.executemany(
                "INSERT INTO audit VALUES (?, ?, ?)", [(r.seq, r.document, r.hash) for r in log.rows]
            )
            connection.executemany("INSERT INTO audit_text VALUES (?, ?, ?)", log.texts)
            connection.execute("UPDATE audit_head SET seq = ?, hash = ?", (log.last, log.hash))

    return write


def written_in_neo4j(driver: neo4j.Driver, database: str) -> Write:
    text = """CALL () { MATCH (n) WHERE n:AuditEntry OR n:AuditText DETACH DELETE n }
    CALL () { UNWIND $rows AS row CREATE (:AuditEntry {seq: row[0], document: row[1], hash: row[2]}) }
    CALL () { UNWIND $texts AS text CREATE (:AuditText {id: text[0], salt: text[1], text: text[2]}) }
    MATCH (g:Graph {id: 'audit'}) SET g.last = $last, g.hash = $hash"""

    def write(log: Log) -> None:
        rows = [[r.seq, r.document, r.hash] for r in log.rows]
        texts = [list(one) for one in log.texts]
        driver.execute_query(text, rows=rows, texts=texts, last=log.last, hash=log.hash, database_=database)

    return write


@dataclass(frozen=True)
class Attacked:
    """The log after an attack, and where it has to be seen: by itself, or by the checkpoint."""

    log: Log
    seen_at: int | None
    by_checkpoint: bool = False


def changed(log: Log, **changes: Any) -> Log:
    return replace(log, **changes)


def at(log: Log, seq: int, **changes: Any) -> Log:
    return changed(log, rows=tuple(replace(row, **changes) if row.seq == seq else row for row in log.rows))


def edited(document: str, random_: random.Random) -> str:
    """One field of it, as somebody would who has something to hide."""
    told = json.loads(document)
    name = random_.choice(sorted(told.keys() - {"seq"}))
    told[name] = f"{told[name]}x" if random_.random() < 0.5 else str(told[name])[1:] + "y"
    return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def made_anew(log: Log, seq: int, document: str) -> Log:
    """The whole chain from this entry on, with the head: what who knows how it is made can do."""
    rows, before = [], log.rows[seq - 2].hash if seq > 1 else founded(log.database)
    for row in log.rows:
        if row.seq >= seq:
            entry = replace(AuditEntry.of(document if row.seq == seq else row.document), prev=before)
            row = Row(row.seq, entry.document, entry.hash)  # noqa: PLW2901
        before = row.hash
        rows.append(row)
    return changed(log, rows=tuple(rows), hash=rows[-1].hash)


def edit(log: Log, r: random.Random) -> Attacked:
    seq = r.randint(1, ENTRIES)
    return Attacked(at(log, seq, document=edited(log.rows[seq - 1].document, r)), seq)


def edit_with_its_hash(log: Log, r: random.Random) -> Attacked:
    seq = r.randint(1, ENTRIES)
    document = edited(log.rows[seq - 1].document, r)
    broken = json.loads(document)["prev"] != json.loads(log.rows[seq - 1].document)["prev"]
    after = at(log, seq, document=document, hash=sha256(document))
    return Attacked(after, seq if broken else min(seq + 1, ENTRIES))


def edit_of_a_hash(log: Log, r: random.Random) -> Attacked:
    seq = r.randint(1, ENTRIES)
    return Attacked(at(log, seq, hash=sha256(str(r.random()))), seq)


def deletion(log: Log, r: random.Random) -> Attacked:
    first = r.randint(1, ENTRIES - 1)
    last = r.randint(first, min(first + 5, ENTRIES - 1))
    return Attacked(changed(log, rows=tuple(one for one in log.rows if not first <= one.seq <= last)), first)


def deletion_with_new_numbers(log: Log, r: random.Random) -> Attacked:
    gone = r.randint(1, ENTRIES - 1)
    left = [one for one in log.rows if one.seq != gone]
    moved = tuple(replace(one, seq=one.seq - (one.seq > gone)) for one in left)
    return Attacked(changed(log, rows=moved, last=ENTRIES - 1, hash=moved[-1].hash), gone)


def swap(log: Log, r: random.Random) -> Attacked:
    one, other = sorted(r.sample(range(1, ENTRIES + 1), 2))
    numbers = {one: other, other: one}
    rows = sorted((replace(row, seq=numbers.get(row.seq, row.seq)) for row in log.rows), key=lambda row: row.seq)
    return Attacked(changed(log, rows=tuple(rows)), one)


def cut(log: Log, r: random.Random) -> Attacked:
    left = r.randint(0, ENTRIES - 1)
    return Attacked(changed(log, rows=log.rows[:left]), left + 1)


def cut_with_the_head(log: Log, r: random.Random) -> Attacked:
    left = r.randint(0, ANCHORED - 1)
    after = changed(log, rows=log.rows[:left], last=left, hash=log.rows[left - 1].hash if left else "")
    return Attacked(after, None, by_checkpoint=True)


def entry_added(log: Log, r: random.Random) -> Attacked:
    entry = replace(AuditEntry.of(log.rows[-1].document), seq=ENTRIES + 1, prev=log.hash)
    return Attacked(changed(log, rows=(*log.rows, Row(entry.seq, entry.document, entry.hash))), ENTRIES + 1)


def chain_made_anew(log: Log, r: random.Random) -> Attacked:
    seq = r.randint(1, ANCHORED)
    entry = replace(AuditEntry.of(log.rows[seq - 1].document), detail=f"other {r.random()}")
    return Attacked(made_anew(log, seq, entry.document), None, by_checkpoint=True)


def head_changed(log: Log, r: random.Random) -> Attacked:
    if r.random() < 0.5:
        return Attacked(changed(log, hash=sha256(str(r.random()))), ENTRIES)
    last = r.choice([n for n in range(ENTRIES + 9) if n != ENTRIES])
    return Attacked(changed(log, last=last), min(last, ENTRIES) + 1)


def name_changed(log: Log, r: random.Random) -> Attacked:
    digest, _, text = r.choice(log.texts)
    texts = tuple((*one[:2], f"{text[:-1]}?") if one[0] == digest else one for one in log.texts)
    first = next(row.seq for row in log.rows if digest in row.document)
    return Attacked(changed(log, texts=texts), first)


ATTACKS = (
    edit, edit_with_its_hash, edit_of_a_hash, deletion, deletion_with_new_numbers, swap, cut, cut_with_the_head,
    entry_added, chain_made_anew, head_changed, name_changed,
)  # fmt: skip


def held(store: Store) -> Log:
    rows = store.audit_rows(0, 10_000)
    digests = {json.loads(row.document)[name] for row in rows for name in ("actor", "reason")} - {""}
    texts = sorted((one.digest, one.salt, one.text) for one in store.audit_texts(digests).values())
    head = store.audit_head()
    return Log(head.database, tuple(rows), head.seq, head.hash, tuple(texts))


@pytest.fixture
def seen(tmp_path: Path) -> Callable[[Store, TickingClock], list[Checkpoint]]:
    def see(store: Store, clock: TickingClock) -> list[Checkpoint]:
        take(store, tmp_path / "checkpoints", tmp_path / "audit.key", clock)
        return read_checkpoints(tmp_path / "checkpoints", tmp_path / "audit.pub")

    return see


@pytest.fixture(params=["sqlite-file", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def attacked(
    request: pytest.FixtureRequest, make_store: MakeStore, tmp_path: Path
) -> Iterator[tuple[Store, Write, int]]:
    store = make_store(request.param)
    if request.param == "neo4j":
        _, database = neo4j_address(request.getfixturevalue("neo4j_url"))
        yield store, written_in_neo4j(request.getfixturevalue("neo4j_driver"), database), 1_000 if PROOFS else 24
    else:
        yield store, written_in_sqlite(tmp_path / "whence.db"), 1_000 if PROOFS else 120


def append(store: Store, first: int, last: int) -> None:
    for n in range(first, last + 1):
        store.audit(Act("decision", f"d-{n}", f"caller {n % 7}", "answered", reason=f"why {n}" if n % 3 else ""))


def test_each_attack_is_seen_and_where(
    attacked: tuple[Store, Write, int], seen: Callable[[Store, TickingClock], list[Checkpoint]], clock: TickingClock
) -> None:
    store, write, tries = attacked
    append(store, 1, ANCHORED)
    checkpoints = seen(store, clock)
    append(store, ANCHORED + 1, ENTRIES)
    whole = held(store)
    untouched = verify(store, checkpoints, clock)
    assert (untouched.sound, untouched.complete, untouched.unanchored) == (True, True, ENTRIES - ANCHORED)
    missed = []
    for number in range(tries):
        attack = ATTACKS[number % len(ATTACKS)]
        after = attack(whole, random.Random(number))  # noqa: S311 (no secrets)
        write(after.log)
        found = verify(store, checkpoints, clock)
        if not told(found, after):
            missed.append((attack.__name__, number, after.seen_at, found.problems[:3], found.completeness))
    write(whole)
    assert missed == []
    assert verify(store, checkpoints, clock).sound


def told(found: Verification, after: Attacked) -> bool:
    if after.by_checkpoint:
        return found.integrity and found.complete is False and bool(found.completeness)
    return not found.integrity and found.problems[0].seq == after.seen_at
