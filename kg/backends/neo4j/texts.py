"""Every Cypher text that writes, named; values are always parameters, names come checked from ``names``.

All parameters come in one map, ``in``, as in ``cypher``.
"""

from __future__ import annotations

import functools

from kg.backends.neo4j.names import labels, relationship

# --- the right to load: one at a time, with a lease, so that a killed load holds it for seconds only ---

HOLDER = "MATCH (g:Graph {id: 'graph'}) RETURN g.loading, g.holder"

# The first SET takes the node's lock, so that what is read after it is the newest and stays so to the end.
TAKE = """MATCH (g:Graph {id: 'graph'}) SET g.touched = timestamp()
WITH g WHERE g.loading IS NULL OR g.lease_until < timestamp() OR g.loading = $in.dead
SET g.loading = $in.run, g.holder = $in.holder, g.lease_until = timestamp() + $in.lease
RETURN g.head, g.staged_run, g.staged_version, g.staged_at"""

FENCE = """MATCH (g:Graph {id: 'graph'}) SET g.touched = timestamp()
WITH g WHERE g.loading = $in.run SET g.lease_until = timestamp() + $in.lease
RETURN g.head, coalesce(g.object_predicates, []), coalesce(g.literal_predicates, [])"""

RELEASE = """MATCH (g:Graph {id: 'graph'}) SET g.touched = timestamp()
WITH g WHERE g.loading = $in.run REMOVE g.loading, g.holder, g.lease_until"""

# What a load tells of itself while it runs, on the node of its lease, so that both are read at one moment.
LIVE = """MATCH (g:Graph {id: 'graph'}) WHERE g.live IS NOT NULL
RETURN g.live, coalesce(g.live_run = g.loading AND g.lease_until >= timestamp(), false), coalesce(g.holder, '')"""
TELL = "MATCH (g:Graph {id: 'graph'}) SET g.live = $in.document, g.live_run = $in.run"
UNTELL = "MATCH (g:Graph {id: 'graph'}) WHERE g.live_run = $in.run REMOVE g.live, g.live_run"

STAGE = (
    """MATCH (g:Graph {id: 'graph'}) SET g.staged_run = $in.run, g.staged_version = $in.version, g.staged_at = $in.at"""
)
STAGED_NOW = "MATCH (g:Graph {id: 'graph'}) RETURN g.staged_run, g.staged_version, g.staged_at"
UNSTAGE = """MATCH (g:Graph {id: 'graph'}) REMOVE g.staged_run, g.staged_version, g.staged_at"""
MOVE_HEAD = "MATCH (g:Graph {id: 'graph'}) SET g.head = $in.at"
REGISTER = (
    """MATCH (g:Graph {id: 'graph'}) SET g.object_predicates = $in.objects, g.literal_predicates = $in.literals"""
)

# --- lineage ---

PUT_VERSION = """MERGE (d:Dataset {id: $in.dataset})
MERGE (v:DatasetVersion {id: $in.version}) SET v.dataset = $in.dataset, v.name = $in.version
MERGE (v)-[:VERSION_OF]->(d)
MERGE (r:Run {id: $in.run}) MERGE (r)-[:LOADED]->(v)
WITH v UNWIND $in.sources AS id
MERGE (c:Source {id: id}) MERGE (c)-[:PART_OF]->(v)"""

PUT_VERSION_STATE = """MATCH (v:DatasetVersion {id: $in.version})
SET v += $in.readable
WITH v OPTIONAL MATCH (v)-[:STATE]->(t:State {known_to: $in.forever}) SET t.known_to = $in.at
WITH DISTINCT v
CREATE (v)-[:STATE]->(:State {document: $in.document, profile: $in.profile, ontology: $in.ontology,
    known_from: $in.at, known_to: $in.forever})"""

END_SOURCE_STATES = """MATCH (v:DatasetVersion {id: $in.version})<-[:PART_OF]-(c:Source)-[:STATE]->(t:State)
USING INDEX SEEK v:DatasetVersion(id) WHERE t.known_to = $in.forever SET t.known_to = $in.at"""

PUT_SOURCE_STATES = """UNWIND $in.rows AS row MATCH (c:Source {id: row.id}) SET c += row.readable
CREATE (c)-[:STATE]->(:State {document: row.document, known_from: $in.at, known_to: $in.forever})"""

PUT_CURRENT = """MATCH (d:Dataset {id: $in.dataset})
OPTIONAL MATCH (pinned:DatasetVersion {id: $in.pinned}) USING INDEX SEEK pinned:DatasetVersion(id)
    WHERE EXISTS { (pinned)-[:STATE]->(:State {known_to: $in.forever}) }
WITH d, coalesce(pinned.id, $in.version) AS wanted
MATCH (v:DatasetVersion {id: wanted})
WHERE NOT EXISTS { (d)-[:CURRENT {known_to: $in.forever}]->(v) }
OPTIONAL MATCH (d)-[held:CURRENT {known_to: $in.forever}]->() SET held.known_to = $in.at
WITH DISTINCT d, v CREATE (d)-[:CURRENT {known_from: $in.at, known_to: $in.forever}]->(v)"""

HELD_ONTOLOGY = """MATCH (g:Graph {id: 'ontologies'}) SET g.touched = timestamp()
WITH g OPTIONAL MATCH (o:Ontology {name: $in.name}) WHERE o.known_to = $in.forever RETURN o.document"""

PUT_ONTOLOGY = """OPTIONAL MATCH (held:Ontology {name: $in.name}) WHERE held.known_to = $in.forever
SET held.known_to = $in.at
WITH DISTINCT 1 AS one
MERGE (o:Ontology {name: $in.name, known_from: $in.at}) SET o.document = $in.document, o.known_to = $in.forever"""

PUT_RUN = """MATCH (c:Graph {id: 'runs'}) SET c.touched = timestamp()
MERGE (r:Run {id: $in.id})
WITH c, r WHERE r.seq IS NULL OR r.state = 'lost'
SET c.last = c.last + 1, r += $in.readable, r.seq = c.last
RETURN r.seq"""

PUT_REJECTIONS = """MERGE (r:Run {id: $in.run})
WITH r UNWIND $in.rows AS row
CREATE (r)-[:REJECTED]->(:Rejection {seq: row[0], document: row[1]})"""

PUT_CHANGES = """MATCH (r:Run {id: $in.run})
UNWIND $in.rows AS row CREATE (r)-[:CHANGED]->(:Changes {seq: row[0], documents: row[1]})"""

HELD_PROFILE = """MATCH (v:DatasetVersion {id: $in.version})-[:STATE]->(t:State)
USING INDEX SEEK v:DatasetVersion(id) WHERE t.known_to = $in.forever RETURN t.profile"""

CURRENT = """MATCH (d:Dataset {id: $in.dataset})-[c:CURRENT]->(v:DatasetVersion) USING INDEX SEEK d:Dataset(id)
WHERE c.known_to = $in.forever RETURN v.id"""

KNOWN_EVENTS = "UNWIND $in.ids AS id MATCH (e:LineageEvent {id: id}) RETURN id"
PUT_EVENTS = """UNWIND $in.rows AS row MERGE (e:LineageEvent {id: row[0]})
ON CREATE SET e.run = row[1], e.document = row[2]"""
PUT_LINEAGE_NODES = """UNWIND $in.rows AS row MERGE (n:LineageNode {id: row[0]})
ON CREATE SET n.kind = row[1], n.namespace = row[2], n.name = row[3] SET n.known = n.known OR $in.known"""
PUT_LINEAGE_LINKS = """UNWIND $in.rows AS row
MATCH (a:LineageNode {id: row[0]}) MATCH (b:LineageNode {id: row[1]}) MERGE (a)-[:LEADS_TO]->(b)"""

ERASE_EVENTS = "MATCH (e:LineageEvent {run: $in.run}) DELETE e"
# With what only this tied to it: the file that was read.
ERASE_LINKS = """MATCH (n:LineageNode {id: $in.key}) OPTIONAL MATCH (n)<-[:LEADS_TO]-(file)
WHERE file.known IS NULL AND COUNT { (file)--() } = 1
DETACH DELETE n, file"""

# --- spending: counted one at a time, held by the lock that the first SET takes ---

TAKE_SPENDING = "MERGE (c:Graph {id: 'spending'}) SET c.touched = timestamp()"
ADD_SPENDING = """MERGE (s:Spending {id: $in.id})
ON CREATE SET s += $in.key, s.requests = 0, s.tokens = 0, s.cost = 0.0
SET s.requests = s.requests + $in.requests, s.tokens = s.tokens + $in.tokens, s.cost = s.cost + $in.cost"""

# --- facts ---

KNOWN_ENTITIES = """UNWIND $in.ids AS id MATCH (e:Entity {id: id})
RETURN id, e.type_facts, e.type_names, e.type_versions, e.type_classes, e.type_known_from, e.type_known_to"""

LIVE_TYPES = """UNWIND $in.ids AS id MATCH (e:Entity {id: id})
WITH id, [i IN range(0, size(coalesce(e.type_versions, [])) - 1) WHERE e.type_known_from[i] <= $in.at
    AND e.type_known_to[i] > $in.at AND (NOT e.type_versions[i] STARTS WITH $in.own OR e.type_versions[i] = $in.ours)
    | e.type_names[i]] AS types
UNWIND types AS type RETURN id, min(type)"""

# By their place, since a fact that every record repeats has as many assertions as there are records.
LIVE_ASSERTIONS = """UNWIND $in.places AS place
MATCH (a:Assertion {version: $in.version, locator: place[1]})-[:FROM]->(c:Source)
USING INDEX SEEK a:Assertion(version, locator)
WHERE a.fact = place[0] AND a.known_to = $in.forever AND a.class = $in.class
RETURN place[0], c.id, place[1], a.record"""

PUT_ASSERTIONS = """UNWIND $in.groups AS group MATCH (c:Source {id: group[0]})
UNWIND group[1] AS row
CREATE (:Assertion {fact: row[0], subject: row[1], predicate: row[2], locator: row[3], run: $in.run,
    record: row[4], version: $in.version, class: $in.class, known_from: $in.at, known_to: $in.forever})-[:FROM]->(c)"""

SET_LITERAL_SUPPORT = """UNWIND $in.rows AS row
MATCH (l:Literal {id: row[0]})<-[r]-(:Entity) USING INDEX SEEK l:Literal(id) SET r += row[1]"""

SET_COPIES = "UNWIND $in.rows AS row MATCH (e:Entity {id: row[0]}) SET e += row[1]"


# Supports of the facts that the graph holds already, seen or not: a text a predicate, since one text for those that
# a batch happens to have is another text, and has to be planned anew, with nearly every batch.
KNOWN_LITERALS = """UNWIND $in.ids AS id MATCH (l:Literal {id: id})<-[r]-(:Entity) USING INDEX SEEK l:Literal(id)
RETURN id, r.versions, r.classes, r.known_from, r.known_to"""


@functools.lru_cache(maxsize=256)
def known_relationships(predicate: str) -> str:
    kind = relationship(predicate)
    return f"""UNWIND $in.ids AS id MATCH ()-[r:{kind}]->() USING INDEX SEEK r:{kind}(fact) WHERE r.fact = id
RETURN id, r.versions, r.classes, r.known_from, r.known_to"""


@functools.lru_cache(maxsize=64)
def create_entities(types: tuple[str, ...]) -> str:
    return f"UNWIND $in.rows AS row CREATE (e:Entity{labels(types)} {{id: row[0], key: row[1]}}) SET e += row[2]"


@functools.lru_cache(maxsize=64)
def update_entities(types: tuple[str, ...]) -> str:
    more = f", e{labels(types)}" if types else ""
    return f"UNWIND $in.rows AS row MATCH (e:Entity {{id: row[0]}}) SET e += row[1]{more}"


@functools.lru_cache(maxsize=64)
def remove_labels(types: tuple[str, ...]) -> str:
    return f"UNWIND $in.ids AS id MATCH (e:Entity {{id: id}}) REMOVE e{labels(types)}"


_RELATION = """fact: row[0], valid_from: row[3], valid_to: row[4],
    versions: $in.versions, classes: $in.classes, known_from: $in.known_from, known_to: $in.known_to"""


@functools.lru_cache(maxsize=256)
def create_relationships(predicate: str) -> str:
    return f"""UNWIND $in.rows AS row MATCH (s:Entity {{id: row[1]}}) MATCH (o:Entity {{id: row[2]}})
CREATE (s)-[:{relationship(predicate)} {{{_RELATION}}}]->(o)"""


@functools.lru_cache(maxsize=256)
def create_literals(predicate: str, found_as: str = "") -> str:
    """``found_as``: the label under which a text index holds it."""
    return f"""UNWIND $in.rows AS row MATCH (s:Entity {{id: row[1]}})
CREATE (s)-[:{relationship(predicate)} {{{_RELATION}}}]->(:Literal{":" + found_as if found_as else ""}
    {{id: row[0], value: row[2], datatype: row[5], lookup: row[6], folded: row[7]}})"""


@functools.lru_cache(maxsize=256)
def set_support(predicate: str) -> str:
    kind = relationship(predicate)
    return f"""UNWIND $in.rows AS row
MATCH ()-[r:{kind}]->() USING INDEX SEEK r:{kind}(fact) WHERE r.fact = row[0] SET r += row[1]"""


# --- retiring and discarding, in batches ---

LIVE_OF_VERSION = """MATCH (a:Assertion)-[:FROM]->(c:Source) USING INDEX SEEK a:Assertion(version, known_to, known_from)
WHERE a.version = $in.version AND a.known_to = $in.forever AND a.known_from < $in.at
RETURN elementId(a), a.fact + '\\u001f' + c.id + '\\u001f' + a.locator + '\\u001f' + coalesce(a.record, ''), a.class"""

OF_RECORDS = """UNWIND $in.records AS record
MATCH (a:Assertion {version: $in.version, record: record}) USING INDEX SEEK a:Assertion(version, record)
WHERE a.known_to = $in.forever AND a.known_from < $in.at RETURN elementId(a)"""

LIVE_IDS_OF_VERSION = """MATCH (a:Assertion) USING INDEX SEEK a:Assertion(version, known_to, known_from)
WHERE a.version = $in.version AND a.known_to = $in.forever AND a.known_from < $in.at RETURN elementId(a)"""

LIVE_IDS_OF_SOURCE = """MATCH (c:Source {id: $in.source})<-[:FROM]-(a:Assertion) USING INDEX SEEK c:Source(id)
WHERE a.known_to = $in.forever RETURN elementId(a)"""

LIVE_FACTS_OF_VERSION = """MATCH (a:Assertion) USING INDEX SEEK a:Assertion(version, known_to, known_from)
WHERE a.version = $in.version AND a.known_to = $in.forever AND a.known_from < $in.at
RETURN DISTINCT a.fact, a.predicate, a.subject"""

RETIRE = """UNWIND $in.ids AS id MATCH (a:Assertion) WHERE elementId(a) = id SET a.known_to = $in.at
RETURN DISTINCT a.fact, a.predicate, a.subject, a.class"""

STILL_LIVE = """UNWIND $in.pairs AS pair WITH pair WHERE EXISTS {
    MATCH (a:Assertion {fact: pair[0]}) USING INDEX SEEK a:Assertion(fact)
    WHERE a.class = pair[1] AND a.version = $in.version AND a.known_to = $in.forever }
RETURN pair[0], pair[1]"""

STAGED = """MATCH (a:Assertion) USING INDEX SEEK a:Assertion(version, known_to, known_from)
WHERE a.version = $in.version AND a.known_to = $in.forever AND a.known_from = $in.at
WITH a LIMIT $in.limit
WITH a, a.fact AS fact, a.predicate AS predicate, a.subject AS subject
DETACH DELETE a RETURN DISTINCT fact, predicate, subject"""

RETIRED = """MATCH (a:Assertion) USING INDEX SEEK a:Assertion(version, known_to, known_from)
WHERE a.version = $in.version AND a.known_to = $in.at AND a.known_from < $in.at
WITH a LIMIT $in.limit SET a.known_to = $in.forever
RETURN DISTINCT a.fact, a.predicate, a.subject"""

# --- retiring and erasing what is named ---

LIVE_VERSIONS = """MATCH (d:Dataset {id: $in.dataset})<-[:VERSION_OF]-(v:DatasetVersion)-[:STATE]->(t:State)
USING INDEX SEEK d:Dataset(id)
WHERE t.known_to = $in.forever AND ($in.version = '' OR v.id = $in.dataset + '@' + $in.version)
RETURN v.id ORDER BY v.id"""

LIVE_SOURCE = """MATCH (c:Source {id: $in.source})-[:PART_OF]->(v:DatasetVersion) USING INDEX SEEK c:Source(id)
WHERE EXISTS { (c)-[:STATE]->(:State {known_to: $in.forever}) }
RETURN v.id, EXISTS { (v)<-[:PART_OF]-(o:Source)-[:STATE]->(:State {known_to: $in.forever}) WHERE o.id <> c.id }"""

END_SOURCE_STATE = """MATCH (c:Source {id: $in.source})-[:STATE]->(t:State) USING INDEX SEEK c:Source(id)
WHERE t.known_to = $in.forever SET t.known_to = $in.at"""

END_VERSION_STATE = """MATCH (v:DatasetVersion {id: $in.version})-[:STATE]->(t:State)
USING INDEX SEEK v:DatasetVersion(id) WHERE t.known_to = $in.forever SET t.known_to = $in.at"""

RENEW_VERSION_STATE = """MATCH (v:DatasetVersion {id: $in.version})-[:STATE]->(t:State)
USING INDEX SEEK v:DatasetVersion(id) WHERE t.known_to = $in.forever SET t.known_to = $in.at
CREATE (v)-[:STATE]->(:State {document: t.document, profile: $in.profile, ontology: t.ontology,
    known_from: $in.at, known_to: $in.forever})"""

END_CURRENT = """MATCH (v:DatasetVersion {id: $in.version})<-[c:CURRENT]-(:Dataset)
USING INDEX SEEK v:DatasetVersion(id) WHERE c.known_to = $in.forever SET c.known_to = $in.at"""

PURGING = "MATCH (g:Graph {id: 'graph'}) RETURN g.purging"
NOTE_PURGING = "MATCH (g:Graph {id: 'graph'}) SET g.purging = $in.note"

SOURCES_OF = """MATCH (d:Dataset {id: $in.dataset})<-[:VERSION_OF]-(v:DatasetVersion)<-[:PART_OF]-(c:Source)
USING INDEX SEEK d:Dataset(id)
WHERE ($in.version = '' OR v.id = $in.dataset + '@' + $in.version) AND ($in.source = '' OR c.id = $in.source)
RETURN v.id, c.id, COLLECT { MATCH (c)-[:STATE]->(t:State) RETURN t.document } ORDER BY c.id"""

VERSIONS_OF = """MATCH (d:Dataset {id: $in.dataset})<-[:VERSION_OF]-(v:DatasetVersion) USING INDEX SEEK d:Dataset(id)
WHERE $in.version = '' OR v.id = $in.dataset + '@' + $in.version RETURN v.id ORDER BY v.id"""

RUNS_OF = """MATCH (r:Run {dataset: $in.dataset}) WHERE r.seq > 0 AND ($in.version = '' OR r.version = $in.version)
RETURN r.id, r.document ORDER BY r.seq"""

FACTS_OF_SOURCE = """MATCH (c:Source {id: $in.source})<-[:FROM]-(a:Assertion) USING INDEX SEEK c:Source(id)
RETURN DISTINCT a.fact, a.predicate, a.subject"""

SAID_ELSEWHERE = """UNWIND $in.facts AS fact WITH fact WHERE EXISTS {
    MATCH (a:Assertion {fact: fact})-[:FROM]->(c:Source) USING INDEX SEEK a:Assertion(fact)
    WHERE NOT c.id IN $in.sources }
RETURN fact"""

ERASE_ASSERTIONS = """MATCH (c:Source {id: $in.source})<-[:FROM]-(a:Assertion) USING INDEX SEEK c:Source(id)
WITH a LIMIT $in.limit
WITH a, a.fact AS fact, a.predicate AS predicate, a.subject AS subject
DETACH DELETE a RETURN fact, predicate, subject"""

LEFT_OF_VERSION = """UNWIND $in.facts AS fact
MATCH (a:Assertion {fact: fact}) USING INDEX SEEK a:Assertion(fact) WHERE a.version = $in.version
RETURN DISTINCT fact, a.version, a.class, a.known_from, a.known_to"""

ERASE_REJECTIONS = """MATCH (r:Run {id: $in.run})-[:REJECTED]->(x:Rejection) USING INDEX SEEK r:Run(id)
WHERE x.document CONTAINS $in.source WITH x LIMIT $in.limit DETACH DELETE x RETURN count(*)"""

ERASE_CHANGES = """MATCH (r:Run {dataset: $in.dataset})-[:CHANGED]->(x:Changes) USING INDEX SEEK r:Run(dataset, version)
WHERE r.version >= '' WITH x LIMIT $in.limit DETACH DELETE x RETURN count(*)"""

SET_RUN = "MATCH (r:Run {id: $in.run}) SET r.document = $in.document"

ERASE_SOURCE = """MATCH (c:Source {id: $in.source}) OPTIONAL MATCH (c)-[:STATE]->(t:State) DETACH DELETE t, c"""

ERASE_VERSION = """MATCH (v:DatasetVersion {id: $in.version})-[:VERSION_OF]->(d:Dataset)
OPTIONAL MATCH (v)-[:STATE]->(t:State) DETACH DELETE t, v
WITH DISTINCT d WHERE NOT EXISTS { (d)<-[:VERSION_OF]-() } DETACH DELETE d"""

DELETE_LITERALS = """UNWIND $in.ids AS id MATCH (l:Literal {id: id})<-[r]-(e:Entity) USING INDEX SEEK l:Literal(id)
DELETE r, l RETURN e.id"""

DELETE_ENTITIES = """UNWIND $in.ids AS id MATCH (e:Entity {id: id})
WHERE size(coalesce(e.type_facts, [])) = 0 AND NOT EXISTS { (e)--() } DELETE e"""

DELETE_REJECTIONS = """MATCH (r:Run {id: $in.run})-[:REJECTED|CHANGED]->(x) USING INDEX SEEK r:Run(id)
WITH x LIMIT $in.limit DETACH DELETE x RETURN count(*)"""

DELETE_RUN = "MATCH (r:Run {id: $in.run}) WHERE r.seq IS NULL DETACH DELETE r"

DELETE_SOURCES = """MATCH (v:DatasetVersion {id: $in.version})<-[:PART_OF]-(c:Source)
USING INDEX SEEK v:DatasetVersion(id)
WHERE NOT EXISTS { (c)-[:STATE]->() } AND NOT EXISTS { (c)<-[:FROM]-() } DETACH DELETE c"""

DELETE_VERSION = """MATCH (v:DatasetVersion {id: $in.version}) WHERE NOT EXISTS { (v)-[:STATE]->() }
MATCH (v)-[:VERSION_OF]->(d:Dataset) DETACH DELETE v
WITH d WHERE NOT EXISTS { (d)<-[:VERSION_OF]-() } DETACH DELETE d"""


@functools.lru_cache(maxsize=256)
def delete_relationships(predicate: str) -> str:
    kind = relationship(predicate)
    return f"""UNWIND $in.ids AS id
MATCH (s)-[r:{kind}]->(o) USING INDEX SEEK r:{kind}(fact) WHERE r.fact = id
DELETE r RETURN s.id, o.id"""


@functools.lru_cache(maxsize=256)
def ends_of(predicate: str) -> str:
    """Facts between entities, whoever may see them."""
    kind = relationship(predicate)
    return f"""UNWIND $in.ids AS id MATCH (s)-[r:{kind}]->(o) USING INDEX SEEK r:{kind}(fact) WHERE r.fact = id
RETURN id, s.id, o.id, null AS value, null AS datatype, r.valid_from, r.valid_to"""


LITERALS_OF = """UNWIND $in.ids AS id MATCH (l:Literal {id: id})<-[r]-(s:Entity) USING INDEX SEEK l:Literal(id)
RETURN id, s.id, null AS object, l.value, l.datatype, r.valid_from, r.valid_to"""


@functools.lru_cache(maxsize=256)
def live_literals(predicate: str) -> str:
    """Values that any dataset version says at this time, for the readable copies."""
    return f"""UNWIND $in.ids AS id MATCH (e:Entity {{id: id}})
RETURN id, COLLECT {{ MATCH (e)-[r:{relationship(predicate)}]->(l:Literal)
    WHERE any(i IN range(0, size(r.versions) - 1) WHERE r.known_from[i] <= $in.at AND r.known_to[i] > $in.at)
    RETURN [l.value, l.datatype] }}"""
