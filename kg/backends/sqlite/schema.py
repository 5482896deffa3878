"""The tables of the embedded store, and how a database of an earlier schema is brought up to them."""

from __future__ import annotations

from kg.domain.fact import FOREVER

SCHEMA_VERSION = 15

LINEAGE = """
CREATE TABLE lineage_event (id TEXT PRIMARY KEY, run TEXT, document TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX lineage_event_run ON lineage_event (run) WHERE run IS NOT NULL;
CREATE TABLE lineage_node (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE lineage_link (start TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY (start, target)) WITHOUT ROWID;
CREATE INDEX lineage_link_up ON lineage_link (target, start);
"""

# A passage is under the number of its fact, as a name is.
PASSAGE_TEXT = """
CREATE VIRTUAL TABLE passage_text USING fts5(
    stems, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0'
);
"""

# What the records of a version say now: a digest of all assertions at one locator, less its fields.
SAID = """
CREATE TABLE said (
    version INTEGER NOT NULL, source INTEGER NOT NULL, locator TEXT NOT NULL, digest BLOB,
    PRIMARY KEY (version, source, locator)
) WITHOUT ROWID;
"""

# A prompt's content is found by its hash, so that it is one version however often it is saved.
PROMPTS = """
CREATE TABLE prompt_version (
    name TEXT NOT NULL, number INTEGER NOT NULL, hash TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (name, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX prompt_content ON prompt_version (name, hash);
CREATE TABLE prompt_label (
    name TEXT NOT NULL, label TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (name, label)
) WITHOUT ROWID;
CREATE TABLE label_move (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, document TEXT NOT NULL);
CREATE INDEX label_move_name ON label_move (name, seq);
"""

# Of prompts, decision tables and review rules: what was said of prompts above, for each kind.
VERSIONS = """
CREATE TABLE version (
    kind TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, hash TEXT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (kind, name, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX version_content ON version (kind, name, hash);
CREATE TABLE version_label (
    kind TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (kind, name, label)
) WITHOUT ROWID;
CREATE TABLE label_move (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL);
CREATE INDEX label_move_name ON label_move (kind, name, seq);
CREATE INDEX label_move_kind ON label_move (kind, seq);
"""

REVIEWS = """
CREATE TABLE review (seq INTEGER PRIMARY KEY, decision TEXT NOT NULL UNIQUE, standing INTEGER NOT NULL);
CREATE INDEX review_standing ON review (seq) WHERE standing;
CREATE TABLE review_event (
    decision TEXT NOT NULL, number INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (decision, number)
) WITHOUT ROWID;
"""

# Whether an answer may be used by what was said of it last: such decisions come first where impact is told.
APPROVED = """
ALTER TABLE review ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;
"""

SPENDING = """
CREATE TABLE spending (
    day TEXT NOT NULL, model TEXT NOT NULL, caller TEXT NOT NULL, purpose TEXT NOT NULL,
    requests INTEGER NOT NULL, tokens INTEGER NOT NULL, cost REAL NOT NULL, PRIMARY KEY (day, model, caller, purpose)
) WITHOUT ROWID;
"""

# The head says which database this is, and which entry is the last; what entries say of people lies apart.
AUDIT = """
CREATE TABLE audit (seq INTEGER PRIMARY KEY, document TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE audit_head (database TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL);
CREATE TABLE audit_text (digest TEXT PRIMARY KEY, salt TEXT NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX audit_text_text ON audit_text (text);
INSERT INTO audit_head VALUES (lower(hex(randomblob(16))), 0, '');
"""

# The record of a decision is the one its id is made of; a purge takes the row with its words, and says so.
DECISIONS = """
CREATE TABLE decision (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT NOT NULL, asked_at TEXT NOT NULL,
    outcome TEXT NOT NULL, actor TEXT NOT NULL, supersedes TEXT, purged TEXT
);
CREATE INDEX decision_asked ON decision (asked_at);
CREATE INDEX decision_supersedes ON decision (supersedes) WHERE supersedes IS NOT NULL;
CREATE TABLE decision_text (seq INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE decision_hold (n INTEGER PRIMARY KEY, decision TEXT NOT NULL, document TEXT NOT NULL);
CREATE INDEX decision_hold_decision ON decision_hold (decision, n);
CREATE TABLE idempotency (
    caller TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, decision TEXT NOT NULL, until TEXT NOT NULL,
    PRIMARY KEY (caller, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_until ON idempotency (until);
CREATE INDEX idempotency_decision ON idempotency (decision);
"""

ACCESS = """
CREATE TABLE access_key (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
"""

# What a decision rests on and read (kg/domain/touched.py).
TOUCHES = """
CREATE TABLE touch (
    key TEXT NOT NULL, decision INTEGER NOT NULL, carried INTEGER NOT NULL, PRIMARY KEY (key, decision)
) WITHOUT ROWID;
CREATE INDEX touch_decision ON touch (decision);
"""

SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE predicate (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE entity (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE fact (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    subject INTEGER NOT NULL,
    predicate INTEGER NOT NULL,
    object INTEGER,
    value TEXT,
    datatype TEXT,
    valid_from TEXT,
    valid_to TEXT,
    lookup TEXT
);
CREATE INDEX fact_out ON fact (subject, predicate, id);
CREATE INDEX fact_in ON fact (object, predicate, id) WHERE object IS NOT NULL;
CREATE INDEX fact_lookup ON fact (lookup, subject) WHERE lookup IS NOT NULL;
CREATE VIRTUAL TABLE name_text USING fts5(
    folded, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0'
);
CREATE VIRTUAL TABLE name_word USING fts5vocab(name_text, 'row');
CREATE TABLE dataset_version (
    n INTEGER PRIMARY KEY, dataset TEXT NOT NULL, version TEXT NOT NULL, UNIQUE (dataset, version)
);
CREATE TABLE dataset_state (
    version INTEGER NOT NULL, document TEXT NOT NULL, profile TEXT NOT NULL, ontology TEXT NOT NULL,
    known_from TEXT NOT NULL, known_to TEXT NOT NULL, PRIMARY KEY (version, known_from)
) WITHOUT ROWID;
CREATE TABLE dataset_current (
    dataset TEXT NOT NULL, version INTEGER NOT NULL, known_from TEXT NOT NULL, known_to TEXT NOT NULL,
    PRIMARY KEY (dataset, known_from)
) WITHOUT ROWID;
CREATE TABLE source (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL);
CREATE TABLE source_state (
    source INTEGER NOT NULL, document TEXT NOT NULL, known_from TEXT NOT NULL, known_to TEXT NOT NULL,
    PRIMARY KEY (source, known_from)
) WITHOUT ROWID;
CREATE TABLE ontology_state (
    name TEXT NOT NULL, document TEXT NOT NULL, known_from TEXT NOT NULL, known_to TEXT NOT NULL,
    PRIMARY KEY (name, known_from)
) WITHOUT ROWID;
CREATE TABLE run (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, dataset TEXT NOT NULL, version TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE TABLE rejection (
    run TEXT NOT NULL, seq INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE assertion (
    fact INTEGER NOT NULL,
    source INTEGER NOT NULL,
    locator TEXT NOT NULL,
    known_from TEXT NOT NULL,
    known_to TEXT NOT NULL,
    version INTEGER NOT NULL,
    class INTEGER NOT NULL,
    run TEXT NOT NULL,
    record TEXT,
    PRIMARY KEY (fact, source, locator, known_from)
) WITHOUT ROWID;
CREATE INDEX assertion_version ON assertion (version, source, locator);
CREATE INDEX assertion_record ON assertion (version, record) WHERE record IS NOT NULL;
CREATE TABLE change (
    run TEXT NOT NULL, fact INTEGER NOT NULL, gained INTEGER NOT NULL, PRIMARY KEY (run, fact, gained)
) WITHOUT ROWID;
{LINEAGE}{PASSAGE_TEXT}{SAID}{VERSIONS}{SPENDING}{AUDIT}{REVIEWS}{APPROVED}{DECISIONS}{ACCESS}{TOUCHES}"""

MIGRATIONS = {
    1: """
DROP INDEX assertion_version;
CREATE INDEX assertion_version ON assertion (version, source, locator);
CREATE VIRTUAL TABLE name_word USING fts5vocab(name_text, 'row');
UPDATE fact SET lookup = (
    SELECT whence_lookup(p.name, fact.value, fact.datatype) FROM predicate p WHERE p.n = fact.predicate)
WHERE lookup IS NULL AND datatype = 'text';
""",
    2: LINEAGE,
    3: """
ALTER TABLE assertion ADD COLUMN record TEXT;
CREATE INDEX assertion_record ON assertion (version, record) WHERE record IS NOT NULL;
CREATE TABLE change (
    run TEXT NOT NULL, fact INTEGER NOT NULL, gained INTEGER NOT NULL, PRIMARY KEY (run, fact, gained)
) WITHOUT ROWID;
""",
    4: PASSAGE_TEXT,
    5: f"""{SAID}
INSERT INTO said SELECT DISTINCT version, source,
    CASE instr(locator, '#') WHEN 0 THEN locator ELSE substr(locator, 1, instr(locator, '#') - 1) END, NULL
FROM assertion WHERE known_to = '{FOREVER}';
""",
    6: PROMPTS,
    7: SPENDING,
    8: f"""
ALTER TABLE label_move RENAME TO prompt_move;
DROP INDEX label_move_name;
{VERSIONS}
INSERT INTO version SELECT 'prompt', name, number, hash, document FROM prompt_version;
INSERT INTO version_label SELECT 'prompt', name, label, number FROM prompt_label;
INSERT INTO label_move SELECT seq, 'prompt', name, document FROM prompt_move;
DROP TABLE prompt_version;
DROP TABLE prompt_label;
DROP TABLE prompt_move;
""",
    9: AUDIT,
    10: REVIEWS,
    11: f"""
ALTER TABLE decision RENAME TO decision_whole;
{DECISIONS}
INSERT INTO decision SELECT seq, id, document, coalesce(document ->> '$.trace.asked_at', ''),
    coalesce(document ->> '$.outcome', ''), '', NULL, document -> '$.purged' FROM decision_whole;
DROP TABLE decision_whole;
""",
    12: ACCESS,
    13: f"""{TOUCHES}
INSERT INTO touch SELECT j.key, d.seq, j.value
FROM decision d LEFT JOIN decision_text t ON t.seq = d.seq,
    json_each(whence_touched(d.id, d.record, t.document, d.purged)) j;
""",
    14: f"""{APPROVED}
UPDATE review SET approved = whence_approved((
    SELECT json_group_array(json(e.document) ORDER BY e.number) FROM review_event e
    WHERE e.decision = review.decision));
""",
}
"""What makes a database of the next schema of one of this."""
