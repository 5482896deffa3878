"""Every text that reads or writes decisions, named; values are always parameters."""

from __future__ import annotations

_KEPT = """d.id, d.record, t.document, d.purged,
    (SELECT n.id FROM decision n WHERE n.supersedes = d.id) AS superseded_by,
    (SELECT h.document FROM decision_hold h WHERE h.decision = d.id ORDER BY h.n DESC LIMIT 1) AS hold, d.actor"""
_FROM = "FROM decision d LEFT JOIN decision_text t ON t.seq = d.seq"

DECISION = f"SELECT {_KEPT} {_FROM} WHERE d.id = :id"
DOCUMENTS = f"SELECT {_KEPT} FROM json_each(:ids) j CROSS JOIN {_FROM.removeprefix('FROM ')} WHERE d.id = j.value"
DECISION_SEQ = "SELECT seq FROM decision WHERE id = :id"
DECISIONS = f"""SELECT {_KEPT} {_FROM} WHERE d.seq < :before
AND (:outcome IS NULL OR d.outcome = :outcome) AND (:actor IS NULL OR d.actor = :actor)
AND (:since IS NULL OR d.asked_at >= :since) AND (:until IS NULL OR d.asked_at < :until)
AND (NOT :current OR NOT EXISTS (SELECT 1 FROM decision n WHERE n.supersedes = d.id))
ORDER BY d.seq DESC LIMIT :limit OFFSET :skip"""
DECISIONS_AFTER = f"SELECT d.seq, {_KEPT} {_FROM} WHERE d.seq > :after ORDER BY d.seq LIMIT :limit"
PUT_DECISION = """INSERT INTO decision (id, record, asked_at, outcome, actor, supersedes)
VALUES (:id, :record, :asked_at, :outcome, :actor, :supersedes) ON CONFLICT (id) DO NOTHING"""
PUT_TEXT = "INSERT INTO decision_text SELECT seq, :document FROM decision WHERE id = :id"
EMPTY_DECISION = "UPDATE decision SET record = :record, purged = :purged WHERE seq = :seq"
EMPTIED = ("DELETE FROM decision_text WHERE seq = :seq", "DELETE FROM idempotency WHERE decision = :id")

PUT_HOLD = "INSERT INTO decision_hold (decision, document) VALUES (:id, :document)"
HOLDS = "SELECT document FROM decision_hold WHERE decision = :id ORDER BY n"

REQUESTED = "SELECT body, decision, until FROM idempotency WHERE caller = :caller AND key = :key"
FORGET_REQUESTS = "DELETE FROM idempotency WHERE until <= :at"
PUT_REQUEST = "INSERT INTO idempotency VALUES (:caller, :key, :body, :decision, :until)"

EXPIRED = """SELECT seq, id FROM decision d WHERE asked_at < :before
AND NOT coalesce(
    (SELECT h.document ->> '$.held' FROM decision_hold h WHERE h.decision = d.id ORDER BY h.n DESC LIMIT 1), 0)
ORDER BY asked_at, seq LIMIT :limit"""
ERASE_DECISION = (
    *EMPTIED,
    "DELETE FROM decision_hold WHERE decision = :id",
    "DELETE FROM review_event WHERE decision = :id",
    "DELETE FROM review WHERE decision = :id",
    "DELETE FROM touch WHERE decision = :seq",
    "DELETE FROM decision WHERE seq = :seq",
)

PLANNED = {
    "decision": DECISION,
    "documents": DOCUMENTS,
    "decision_seq": DECISION_SEQ,
    "decisions": DECISIONS,
    "decisions_after": DECISIONS_AFTER,
    "put_text": PUT_TEXT,
    "empty_decision": EMPTY_DECISION,
    "holds": HOLDS,
    "requested": REQUESTED,
    "forget_requests": FORGET_REQUESTS,
    "expired": EXPIRED,
    **{f"erase_decision_{number}": text for number, text in enumerate(ERASE_DECISION)},
}
"""Texts whose plan a test looks at."""
