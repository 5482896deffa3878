"""Every SQL text of the embedded store, named; values are always parameters."""

from __future__ import annotations

from kg.backends.sqlite import spending

_SUPPORT = """EXISTS (
    SELECT 1 FROM assertion a WHERE a.fact = {fact}.n
    AND a.version IN (SELECT value FROM json_each(:versions)) AND a.class <= :ceiling
    AND a.known_from <= :at AND a.known_to > :at)"""

_VISIBLE = (
    _SUPPORT.format(fact="f")
    + " AND (f.valid_from IS NULL OR f.valid_from <= :until) AND (f.valid_to IS NULL OR f.valid_to >= :since)"
)

_DECLARED = (
    "EXISTS (SELECT 1 FROM fact t WHERE t.subject = {entity} AND t.predicate = :type AND "
    + _SUPPORT.format(fact="t")
    + ")"
)

_ENDS_DECLARED = (
    f"{_DECLARED.format(entity='f.subject')} AND (f.object IS NULL OR {_DECLARED.format(entity='f.object')})"
)

_FACT = """SELECT f.id, s.id, p.name, o.id, f.value, f.datatype, f.valid_from, f.valid_to
FROM fact f JOIN entity s ON s.n = f.subject JOIN predicate p ON p.n = f.predicate
LEFT JOIN entity o ON o.n = f.object"""

IDENTITY_FACTS = f"""SELECT e.id, p.name, f.value
FROM json_each(:ids) j CROSS JOIN entity e ON e.id = j.value
CROSS JOIN fact f ON f.subject = e.n AND f.predicate IN (SELECT value FROM json_each(:predicates))
CROSS JOIN predicate p ON p.n = f.predicate
WHERE {_VISIBLE} ORDER BY e.id, p.name, f.value"""

DECLARED_NUMBERS = f"""SELECT e.n, e.id FROM json_each(:ids) j CROSS JOIN entity e ON e.id = j.value
WHERE {_DECLARED.format(entity="e.n")} ORDER BY e.id"""

FOLLOW_OUT = f"""{_FACT} WHERE f.subject = :n AND f.predicate = :predicate AND {_VISIBLE}
AND (f.object IS NULL OR {_DECLARED.format(entity="f.object")}) ORDER BY f.id LIMIT :limit"""

FOLLOW_IN = f"""{_FACT} WHERE f.object = :n AND f.predicate = :predicate AND {_VISIBLE}
AND {_DECLARED.format(entity="f.subject")} ORDER BY f.id LIMIT :limit"""

# Many entities in one statement: a statement for each costs sixteen times as much.
_OF_IDS = "FROM json_each(:ids) j CROSS JOIN entity e ON e.id = j.value CROSS JOIN fact f"
_MANY = f"""{_FACT.replace("FROM fact f", _OF_IDS)}
WHERE {_DECLARED.format(entity="e.n")} AND f.predicate IN (SELECT value FROM json_each(:predicates)) AND {_VISIBLE}"""

FOLLOW_MANY_OUT = f"""{_MANY} AND f.subject = e.n
AND (f.object IS NULL OR {_DECLARED.format(entity="f.object")}) LIMIT :limit"""

FOLLOW_MANY_IN = f"""{_MANY} AND f.object = e.n AND {_DECLARED.format(entity="f.subject")} LIMIT :limit"""

NAMED = f"""SELECT DISTINCT s.id FROM fact f JOIN entity s ON s.n = f.subject
WHERE f.lookup = :lookup AND {_VISIBLE} AND {_DECLARED.format(entity="f.subject")} ORDER BY s.id LIMIT :limit"""

WALK = f"""SELECT e.id FROM entity e
WHERE e.id > :after AND {_DECLARED.format(entity="e.n")} ORDER BY e.id LIMIT :limit"""

# An entity with several fitting names stands where the shortest of them, then the first, puts it.
SEARCH = f"""SELECT s.id FROM name_text x JOIN fact f ON f.n = x.rowid JOIN entity s ON s.n = f.subject
WHERE name_text MATCH :match AND {_VISIBLE}
AND EXISTS (SELECT 1 FROM fact t WHERE t.subject = f.subject AND t.predicate = :type
    AND (:types = '[]' OR t.value IN (SELECT value FROM json_each(:types))) AND {_SUPPORT.format(fact="t")})
GROUP BY s.id ORDER BY min(printf('%08d', length(f.value)) || f.value), s.id LIMIT :limit"""

WORDS = "SELECT term FROM name_word WHERE term >= :first AND term < :end"

PASSAGES = f"""{_FACT.replace("FROM fact f", "FROM passage_text x CROSS JOIN fact f ON f.n = x.rowid")}
WHERE passage_text MATCH :match AND {_VISIBLE}
AND (:ids IS NULL OR s.id IN (SELECT value FROM json_each(:ids)))
AND EXISTS (SELECT 1 FROM fact t WHERE t.subject = f.subject AND t.predicate = :type
    AND (:types = '[]' OR t.value IN (SELECT value FROM json_each(:types))) AND {_SUPPORT.format(fact="t")})
ORDER BY s.id, f.id LIMIT :limit"""

VALUE_HELD = f"""SELECT 1 FROM fact f WHERE f.lookup = :lookup AND {_VISIBLE}
AND {_DECLARED.format(entity="f.subject")} LIMIT 1"""

# A locator is its record, then "#" and fields, or in a document "#" and the characters; what stands inside a record has
# the record's locator, then "/".
RECORDED_WITH = f"""WITH place AS MATERIALIZED (
    SELECT DISTINCT g.id AS told, a.version, a.source,
        CASE WHEN instr(a.locator, '#') < 2 THEN a.locator
            ELSE substr(a.locator, 1, instr(a.locator, '#') - 1) END AS record
    FROM json_each(:ids) j CROSS JOIN fact g ON g.id = j.value CROSS JOIN assertion a ON a.fact = g.n
    WHERE a.version IN (SELECT value FROM json_each(:versions)) AND a.class <= :ceiling
    AND a.known_from <= :at AND a.known_to > :at),
beside AS MATERIALIZED (
    SELECT p.told, b.fact FROM place p CROSS JOIN assertion b INDEXED BY assertion_version
        ON b.version = p.version AND b.source = p.source
        AND b.locator >= p.record || '#' AND b.locator < p.record || '$'
    WHERE b.class <= :ceiling AND b.known_from <= :at AND b.known_to > :at
    UNION
    SELECT p.told, b.fact FROM place p CROSS JOIN assertion b INDEXED BY assertion_version
        ON b.version = p.version AND b.source = p.source
        AND b.locator >= p.record || '/' AND b.locator < p.record || '0'
    WHERE b.class <= :ceiling AND b.known_from <= :at AND b.known_to > :at)
SELECT w.told, {_FACT.replace("SELECT ", "").replace("FROM fact f", "FROM beside w CROSS JOIN fact f ON f.n = w.fact")}
WHERE f.id <> w.told AND {_VISIBLE} AND {_ENDS_DECLARED} ORDER BY w.told, f.id"""

TOUCHING = """SELECT d.id, max(t.carried) AS carried
FROM json_each(:keys) j CROSS JOIN touch t ON t.key = j.value CROSS JOIN decision d ON d.seq = t.decision
LEFT JOIN review r ON r.decision = d.id
GROUP BY d.seq ORDER BY max(coalesce(r.approved, 0)) DESC, carried DESC, d.seq DESC LIMIT :limit"""

HELD = """SELECT j.value FROM json_each(:lookups) j
WHERE EXISTS (SELECT 1 FROM fact f WHERE f.lookup = j.value) ORDER BY j.value"""

FACTS = f"""{_FACT.replace("FROM fact f", "FROM json_each(:ids) j CROSS JOIN fact f ON f.id = j.value")}
WHERE {_VISIBLE} AND {_ENDS_DECLARED} ORDER BY f.id"""

ASSERTIONS = """SELECT f.id, c.id, a.locator, a.run, a.known_from, a.known_to
FROM json_each(:ids) j CROSS JOIN fact f ON f.id = j.value CROSS JOIN assertion a ON a.fact = f.n
CROSS JOIN source c ON c.n = a.source
WHERE a.version IN (SELECT value FROM json_each(:versions)) AND a.class <= :ceiling
AND a.known_from <= :at AND a.known_to > :at ORDER BY f.id, c.id, a.locator"""

# One source a statement, so that none reads more than it gives.
SAID_BY = """SELECT f.id, c.id, a.locator, a.run, a.known_from, a.known_to
FROM source c CROSS JOIN assertion a INDEXED BY assertion_version ON a.version = c.version AND a.source = c.n
CROSS JOIN fact f ON f.n = a.fact
WHERE c.id = :source AND c.version IN (SELECT value FROM json_each(:versions)) AND a.class <= :ceiling
AND a.known_from <= :at AND a.known_to > :at ORDER BY a.locator, f.id LIMIT :limit"""

SOURCES = """SELECT c.id, t.document FROM source_state t JOIN source c ON c.n = t.source
WHERE c.version IN (SELECT value FROM json_each(:versions))
AND t.known_from <= :at AND t.known_to > :at ORDER BY c.id"""

# The newest description that is committed, whatever time is asked for: its classification holds for the past too.
_NEWEST = """(SELECT n.document FROM dataset_state n WHERE n.version = v.version
    AND n.known_from <= (SELECT value FROM meta WHERE key = 'head') ORDER BY n.known_from DESC LIMIT 1)"""

VERSIONS_NOW = f"""SELECT c.version, v.document, v.profile, v.ontology, {_NEWEST} FROM dataset_current c
JOIN dataset_state v ON v.version = c.version AND v.known_from <= :at AND v.known_to > :at
WHERE c.known_from <= :at AND c.known_to > :at ORDER BY c.dataset"""

VERSIONS = f"""SELECT v.document, {_NEWEST} FROM dataset_state v
WHERE v.known_from <= :at AND v.known_to > :at"""

VERSION_NAMED = f"""SELECT d.n, v.document, v.profile, v.ontology, {_NEWEST} FROM dataset_version d
JOIN dataset_state v ON v.version = d.n AND v.known_from <= :at AND v.known_to > :at
WHERE d.dataset = :dataset AND d.version = :version"""

ONTOLOGY = "SELECT document FROM ontology_state WHERE name = :name AND known_from <= :at AND known_to > :at"

# --- lineage ------------------------------------------------------------------------------------------------

EVENTS = "SELECT document FROM lineage_event WHERE run = :run"
KNOWN_NODES = "SELECT n.key FROM json_each(:keys) j CROSS JOIN lineage_node n ON n.key = j.value"
LINKED_DOWN = "SELECT target FROM lineage_link WHERE start = :key ORDER BY target LIMIT :limit"
LINKED_UP = "SELECT start FROM lineage_link WHERE target = :key ORDER BY start LIMIT :limit"
ERASE_LINEAGE = (
    "DELETE FROM lineage_event WHERE run IN (SELECT value FROM json_each(:runs))",
    "DELETE FROM lineage_link WHERE start IN (SELECT value FROM json_each(:keys))",
    "DELETE FROM lineage_link WHERE target IN (SELECT value FROM json_each(:keys))",
)
PUT_EVENT = "INSERT INTO lineage_event VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"
PUT_NODE = "INSERT INTO lineage_node VALUES (?) ON CONFLICT DO NOTHING"
PUT_LINK = "INSERT INTO lineage_link VALUES (?, ?) ON CONFLICT DO NOTHING"

# --- prompts ------------------------------------------------------------------------------------------------

REVIEW_EVENTS = """SELECT e.document FROM json_each(:ids) j CROSS JOIN review_event e ON e.decision = j.value
ORDER BY e.decision, e.number"""
REVIEW_SEQ = "SELECT seq FROM review WHERE decision = :decision"
REVIEWS = "SELECT decision FROM review WHERE seq < :before ORDER BY seq DESC LIMIT :limit OFFSET :skip"
STANDING_REVIEWS = """SELECT decision FROM review WHERE standing AND seq < :before
ORDER BY seq DESC LIMIT :limit OFFSET :skip"""
HAS_REVIEW = "SELECT 1 FROM review WHERE decision = :decision"
LAST_REVIEW_EVENT = "SELECT max(number) FROM review_event WHERE decision = :decision"

VERSION_NAMES = "SELECT DISTINCT name FROM version WHERE kind = :kind ORDER BY name"
VERSIONS_OF = "SELECT document FROM version WHERE kind = :kind AND name = :name ORDER BY number"
VERSION_CONTENT = "SELECT document FROM version WHERE kind = :kind AND name = :name AND hash = :hash"
LAST_VERSION = "SELECT max(number) FROM version WHERE kind = :kind AND name = :name"
VERSION_NUMBER = "SELECT 1 FROM version WHERE kind = :kind AND name = :name AND number = :number"
VERSION_LABELS = "SELECT label, number FROM version_label WHERE kind = :kind AND name = :name ORDER BY label"
LABEL_HISTORY = "SELECT document FROM label_move WHERE kind = :kind AND name = :name ORDER BY seq DESC"
LABEL_HISTORY_OF_ALL = "SELECT document FROM label_move WHERE kind = :kind ORDER BY seq DESC"

# --- writing ------------------------------------------------------------------------------------------------

LIVE_TYPES = """SELECT e.id, t.value FROM json_each(:ids) j CROSS JOIN entity e ON e.id = j.value
CROSS JOIN fact t ON t.subject = e.n AND t.predicate = :type
WHERE EXISTS (SELECT 1 FROM assertion a
    WHERE a.fact = t.n AND a.known_from <= :at AND a.known_to > :at
    AND a.version NOT IN (SELECT value FROM json_each(:own)))
ORDER BY e.id, t.value DESC"""

KNOWN_FACTS = "SELECT f.id, f.n FROM json_each(:ids) j CROSS JOIN fact f ON f.id = j.value"
KNOWN_ENTITIES = "SELECT e.id, e.n FROM json_each(:ids) j CROSS JOIN entity e ON e.id = j.value"
PUT_ENTITY = "INSERT INTO entity (n, id) VALUES (?, ?)"
PUT_FACT = "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
PUT_NAME = "INSERT INTO name_text (rowid, folded) VALUES (?, ?)"
PUT_PASSAGE = "INSERT INTO passage_text (rowid, stems) VALUES (?, ?)"
PUT_ASSERTION = "INSERT OR IGNORE INTO assertion VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
LIVE_ASSERTION = """SELECT 1 FROM assertion
WHERE fact = ? AND source = ? AND locator = ? AND record IS ? AND known_to = ? AND class = ?"""
# With the types of assertion's columns: without them no comparison uses the key, and retiring takes the square.
SEEN = """CREATE TEMP TABLE IF NOT EXISTS seen (
    fact INTEGER, source INTEGER, locator TEXT, record TEXT, PRIMARY KEY (fact, source, locator)) WITHOUT ROWID"""
MARK_SEEN = "INSERT OR IGNORE INTO temp.seen VALUES (?, ?, ?, ?)"
REPLACE = "INSERT OR IGNORE INTO temp.replaced VALUES (?)"
REPLACED = "CREATE TEMP TABLE IF NOT EXISTS replaced (record TEXT PRIMARY KEY) WITHOUT ROWID"
RETIRE_REPLACED = """UPDATE assertion INDEXED BY assertion_record SET known_to = :at
WHERE version = :version AND record IN (SELECT record FROM temp.replaced) AND known_to = :forever AND known_from < :at
RETURNING fact, source, locator"""
# What one source says and said lies together in the index, whatever else the graph holds.
RETIRE_SOURCE = """UPDATE assertion INDEXED BY assertion_version SET known_to = :at
WHERE version = :version AND source = :source AND known_to = :forever RETURNING fact"""
RETIRE_VERSION = """UPDATE assertion INDEXED BY assertion_version SET known_to = :at
WHERE version = :version AND known_to = :forever RETURNING fact"""
# Temporary tables hold what one run touches, so reading one whole grows with that alone.
# Facts a run may have made a version say, or no longer say: those it touched, told apart from those it did change.
TOUCHED = """CREATE TEMP TABLE IF NOT EXISTS touched (
    fact INTEGER, gained INTEGER, PRIMARY KEY (gained, fact)) WITHOUT ROWID"""
TOUCH = "INSERT OR IGNORE INTO temp.touched (gained, fact) VALUES (?, ?)"
NOTE_GAINED = """INSERT INTO change SELECT :run, touched.fact, 1 FROM temp.touched WHERE gained = 1
AND NOT EXISTS (SELECT 1 FROM assertion b
    WHERE b.fact = touched.fact AND b.version = :version AND b.known_from < :at AND b.known_to >= :at)"""
NOTE_LOST = """INSERT INTO change SELECT :run, touched.fact, 0 FROM temp.touched WHERE gained = 0
AND NOT EXISTS (SELECT 1 FROM assertion b
    WHERE b.fact = touched.fact AND b.version = :version AND b.known_to = :forever)"""
# Reads both versions once.
NOTE_APART = """INSERT OR IGNORE INTO change SELECT :run, a.fact, :gained
FROM assertion a INDEXED BY assertion_version
WHERE a.version = :one AND a.known_to = :forever
AND NOT EXISTS (SELECT 1 FROM assertion b WHERE b.fact = a.fact AND b.version = :other AND b.known_to = :forever)"""
COUNT_CHANGES = "SELECT gained, count(*) FROM change WHERE run = :run GROUP BY gained"
_TOLD = _FACT.removeprefix("SELECT ")
CHANGES = f"""SELECT c.gained, {_TOLD.replace("FROM fact f", "FROM change c CROSS JOIN fact f ON f.n = c.fact")}
WHERE c.run = :run ORDER BY p.name, f.id, c.gained"""
LOST_BY = f"""{_FACT.replace("FROM fact f", "FROM temp.touched CROSS JOIN fact f ON f.n = touched.fact")}
WHERE NOT EXISTS (SELECT 1 FROM assertion b
    WHERE b.fact = touched.fact AND b.version = :version AND b.known_to = :forever)"""
UNSAID = """SELECT count(*) FROM temp.touched
WHERE NOT EXISTS (SELECT 1 FROM assertion b WHERE b.fact = touched.fact AND b.known_to = :forever)"""
# --- erasing ---

PURGED = (
    "CREATE TEMP TABLE IF NOT EXISTS purged (fact INTEGER PRIMARY KEY)",
    "CREATE TEMP TABLE IF NOT EXISTS loose (entity INTEGER PRIMARY KEY)",
    "DELETE FROM temp.purged",
    "DELETE FROM temp.loose",
)
_OF_SOURCE = "FROM assertion INDEXED BY assertion_version WHERE version = :version AND source = :source"
FIND_PURGED = f"INSERT OR IGNORE INTO temp.purged SELECT fact {_OF_SOURCE}"
ERASE_ASSERTIONS = f"DELETE {_OF_SOURCE}"
KEEP_SAID = """DELETE FROM temp.purged
WHERE EXISTS (SELECT 1 FROM assertion a WHERE a.fact = purged.fact)"""
_PURGED = "FROM temp.purged CROSS JOIN fact f ON f.n = purged.fact"
PURGED_IDENTITY = f"""{_FACT.replace("FROM fact f", _PURGED)}
WHERE p.name IN (SELECT value FROM json_each(:identity))"""
ERASE_FACTS = (
    f"INSERT OR IGNORE INTO temp.loose SELECT f.subject {_PURGED}",
    f"INSERT OR IGNORE INTO temp.loose SELECT f.object {_PURGED} WHERE f.object IS NOT NULL",
    "DELETE FROM name_text WHERE rowid IN (SELECT fact FROM temp.purged)",
    "DELETE FROM passage_text WHERE rowid IN (SELECT fact FROM temp.purged)",
    "DELETE FROM fact WHERE n IN (SELECT fact FROM temp.purged)",
    "DELETE FROM temp.loose WHERE EXISTS (SELECT 1 FROM fact f WHERE f.subject = loose.entity)",
    "DELETE FROM temp.loose WHERE EXISTS (SELECT 1 FROM fact f WHERE f.object = loose.entity)",
    "DELETE FROM entity WHERE n IN (SELECT entity FROM temp.loose)",
)

DISCARD = (
    "DELETE FROM assertion WHERE version = :version AND known_from > :at",
    "DELETE FROM name_text WHERE rowid > :facts",
    "DELETE FROM passage_text WHERE rowid > :facts",
    "DELETE FROM fact WHERE n > :facts",
    "DELETE FROM entity WHERE n > :entities",
    "DELETE FROM said WHERE version = :version AND :first",
)

# Texts whose query plan the tests check: none may scan a table that grows with the graph.
PLANNED = {
    "identity_facts": IDENTITY_FACTS,
    "declared_numbers": DECLARED_NUMBERS,
    "follow_out": FOLLOW_OUT,
    "follow_in": FOLLOW_IN,
    "follow_many_out": FOLLOW_MANY_OUT,
    "follow_many_in": FOLLOW_MANY_IN,
    "held": HELD,
    "named": NAMED,
    "walk": WALK,
    "facts": FACTS,
    "assertions": ASSERTIONS,
    "live_types": LIVE_TYPES,
    "known_facts": KNOWN_FACTS,
    "known_entities": KNOWN_ENTITIES,
    "search": SEARCH,
    "passages": PASSAGES,
    "value_held": VALUE_HELD,
    "recorded_with": RECORDED_WITH,
    "touching": TOUCHING,
    "said_by": SAID_BY,
    "events": EVENTS,
    "known_nodes": KNOWN_NODES,
    "linked_down": LINKED_DOWN,
    "linked_up": LINKED_UP,
    "review_events": REVIEW_EVENTS,
    "review_seq": REVIEW_SEQ,
    "reviews": REVIEWS,
    "standing_reviews": STANDING_REVIEWS,
    "has_review": HAS_REVIEW,
    "last_review_event": LAST_REVIEW_EVENT,
    "version_names": VERSION_NAMES,
    "versions_of": VERSIONS_OF,
    "version_content": VERSION_CONTENT,
    "last_version": LAST_VERSION,
    "version_number": VERSION_NUMBER,
    "version_labels": VERSION_LABELS,
    "label_history": LABEL_HISTORY,
    "label_history_of_all": LABEL_HISTORY_OF_ALL,
    "retire_replaced": RETIRE_REPLACED,
    "retire_source": RETIRE_SOURCE,
    "retire_version": RETIRE_VERSION,
    "note_gained": NOTE_GAINED,
    "note_lost": NOTE_LOST,
    "note_apart": NOTE_APART,
    "changes": CHANGES,
    "count_changes": COUNT_CHANGES,
    "lost_by": LOST_BY,
    "unsaid": UNSAID,
    "find_purged": FIND_PURGED,
    "erase_assertions": ERASE_ASSERTIONS,
    "keep_said": KEEP_SAID,
    "purged_identity": PURGED_IDENTITY,
    **{f"erase_facts_{number}": text for number, text in enumerate(ERASE_FACTS)},
    **{f"erase_lineage_{number}": text for number, text in enumerate(ERASE_LINEAGE)},
    "spent_on_day": spending.OF_DAY,
}
