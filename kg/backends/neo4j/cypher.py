"""Every Cypher text that reads, named; values are always parameters, names come checked from ``names``.

All parameters come in one map, ``in``: Neo4j plans a text anew for each order of magnitude of a list parameter
(1, 10, 100, ...), which takes up to a second, but not for what lies inside a map.

A fact is a relationship: ``fact`` (its id), ``valid_from``, ``valid_to`` and four parallel lists with one entry
per support: ``versions``, ``classes``, ``known_from``, ``known_to``. What declares an entity stands on its node in
the lists ``type_names``, ``type_facts``, ``type_versions``, ``type_classes``, ``type_known_from``, ``type_known_to``.
"""

from __future__ import annotations

import functools

from kg.backends.neo4j.names import label, relationship
from kg.domain.fact import TYPE

_ENTRY = """{x}versions[i] IN $in.versions AND {x}classes[i] <= $in.ceiling
    AND {x}known_from[i] <= $in.at AND {x}known_to[i] > $in.at"""


def _supported(relation: str) -> str:
    entry = _ENTRY.format(x=f"{relation}.")
    return f"any(i IN range(0, size({relation}.versions) - 1) WHERE {entry})"


def _visible(relation: str) -> str:
    return f"""(({relation}.valid_from IS NULL OR {relation}.valid_from <= $in.until)
    AND ({relation}.valid_to IS NULL OR {relation}.valid_to >= $in.since) AND {_supported(relation)})"""


def _type_entries(node: str) -> str:
    """The places in the type lists that the view sees; further conditions may follow."""
    entry = _ENTRY.format(x=f"{node}.type_")
    return f"i IN range(0, size(coalesce({node}.type_versions, [])) - 1) WHERE {entry}"


def _declared(node: str) -> str:
    return f"any({_type_entries(node)})"


# The newest description that is committed, whatever time is asked for: its classification holds for the past too.
_NEWEST = """head(COLLECT { MATCH (v)-[:STATE]->(n:State) WHERE n.known_from <= g.head
    RETURN n.document ORDER BY n.known_from DESC LIMIT 1 })"""

VIEW = f"""MATCH (g:Graph {{id: 'graph'}})
WITH g, CASE WHEN $in.known < g.head THEN $in.known ELSE g.head END AS at
RETURN at, coalesce(g.object_predicates, []), coalesce(g.literal_predicates, []), COLLECT {{
    CALL (at) {{
        MATCH (d:Dataset)-[c:CURRENT]->(v:DatasetVersion) USING SCAN d:Dataset
        WHERE ($in.names IS NULL OR d.id IN $in.names) AND c.known_from <= at AND c.known_to > at RETURN v
        UNION
        MATCH (v:DatasetVersion) WHERE v.id IN $in.refs RETURN v
    }}
    MATCH (v)-[:STATE]->(t:State) WHERE t.known_from <= at AND t.known_to > at
    OPTIONAL MATCH (o:Ontology {{name: t.ontology}}) WHERE o.known_from <= at AND o.known_to > at
    RETURN [v.id, t.document, t.profile, t.ontology, o.document, {_NEWEST}] }}"""

_TYPES = f"[{_type_entries('e')} | e.type_names[i]]"
_IDENTITY = f"""COLLECT {{ MATCH (e)-[r:NAME|ALIAS|KEY|STATUS]->(l:Literal)
    WHERE {_visible("r")} RETURN [type(r), l.value] }}"""

ENTITIES = f"""UNWIND $in.ids AS id
MATCH (e:Entity {{id: id}})
WITH e, {_TYPES} AS types WHERE size(types) > 0
RETURN e.id, types, {_IDENTITY}"""

NAMED = f"""UNWIND $in.texts AS text
CALL (text) {{ MATCH (l:Literal {{lookup: text[1]}})<-[r]-(e:Entity) USING INDEX SEEK l:Literal(lookup)
    WHERE {_visible("r")} AND {_declared("e")}
    RETURN DISTINCT e.id AS id ORDER BY id LIMIT $in.limit }}
RETURN text[0], collect(id)"""

SEARCH = f"""UNWIND $in.texts AS text
CALL (text) {{ CALL db.index.fulltext.queryNodes('whence_names', text[1]) YIELD node AS l
    MATCH (l)<-[r:NAME|ALIAS]-(e:Entity)
    WHERE {_visible("r")} AND any({_type_entries("e")} AND ($in.types = [] OR e.type_names[i] IN $in.types))
    WITH e.id AS id, min([size(l.value), l.value]) AS best
    RETURN id ORDER BY best, id LIMIT $in.limit }}
RETURN text[0], collect(id)"""

PASSAGES = f"""CALL db.index.fulltext.queryNodes('whence_passages', $in.match) YIELD node AS l
MATCH (l)<-[r:PASSAGE]-(e:Entity)
WHERE ($in.ids IS NULL OR e.id IN $in.ids) AND {_visible("r")}
    AND any({_type_entries("e")} AND ($in.types = [] OR e.type_names[i] IN $in.types))
WITH e, r, l ORDER BY e.id, r.fact LIMIT $in.limit
RETURN 'passage', r.fact, e.id, null, l.value, l.datatype, r.valid_from, r.valid_to, {_TYPES}, {_IDENTITY}"""

WALK = f"""MATCH (e:Entity) USING INDEX SEEK e:Entity(id) WHERE e.id > $in.after AND {_declared("e")}
RETURN e.id ORDER BY e.id LIMIT $in.limit"""

# Lucene's own fuzzy words begin with any letter; which of these are meant is told outside, and whether it had room
# for all of them.
LIKE = """UNWIND $in.words AS word
CALL (word) { CALL db.index.fulltext.queryNodes('whence_names', word[1], {limit: $in.limit}) YIELD node AS l
    UNWIND split(l.folded, ' ') AS other
    WITH DISTINCT other WHERE abs(size(other) - size(word[0])) <= $in.edits
    WITH collect(other) AS others
    RETURN CASE WHEN size(others) < $in.full THEN [one IN others WHERE one STARTS WITH left(word[0], 1)]
        ELSE others END AS near }
RETURN word[0], near"""

VALUES = f"""UNWIND $in.texts AS text
CALL (text) {{ MATCH (l:Literal {{lookup: text[2]}})<-[r]-(e:Entity) USING INDEX SEEK l:Literal(lookup)
    WHERE {_visible("r")} AND {_declared("e")} RETURN true AS held LIMIT 1 }}
RETURN text[0], text[1]"""

RECORDED_WITH = """UNWIND $in.ids AS id
MATCH (a:Assertion {fact: id})-[:FROM]->(c:Source) USING INDEX SEEK a:Assertion(fact)
WHERE a.version IN $in.versions AND a.class <= $in.ceiling AND a.known_from <= $in.at AND a.known_to > $in.at
WITH DISTINCT id, c, a.version AS version,
    CASE WHEN a.locator STARTS WITH '#' THEN a.locator ELSE split(a.locator, '#')[0] END AS record
UNWIND ['#', '/'] AS mark
MATCH (b:Assertion) USING INDEX SEEK b:Assertion(version, locator)
WHERE b.version = version AND b.locator STARTS WITH record + mark
AND b.class <= $in.ceiling AND b.known_from <= $in.at AND b.known_to > $in.at AND b.fact <> id
MATCH (b)-[:FROM]->(c)
RETURN id, collect(DISTINCT b.fact)"""

ASSERTIONS = """UNWIND $in.ids AS id
MATCH (a:Assertion {fact: id})-[:FROM]->(c:Source) USING INDEX SEEK a:Assertion(fact)
WHERE a.version IN $in.versions AND a.class <= $in.ceiling AND a.known_from <= $in.at AND a.known_to > $in.at
RETURN id, c.id, a.locator, a.run, a.known_from, a.known_to"""

# By place, which is an index with its order: through the source, all of its assertions would be read and sorted.
SAID_BY = """UNWIND $in.ids AS id
MATCH (c:Source {id: id})-[:PART_OF]->(v:DatasetVersion) USING INDEX SEEK c:Source(id) WHERE v.id IN $in.versions
CALL (c, v) { MATCH (a:Assertion) USING INDEX SEEK a:Assertion(version, locator)
    WHERE a.version = v.id AND a.locator >= '' AND a.class <= $in.ceiling
    AND a.known_from <= $in.at AND a.known_to > $in.at AND EXISTS { (a)-[:FROM]->(c) }
    RETURN a ORDER BY a.version, a.locator, a.fact LIMIT $in.limit }
RETURN a.fact, c.id, a.locator, a.run, a.known_from, a.known_to"""

VERSIONS = f"""MATCH (g:Graph {{id: 'graph'}})
MATCH (v:DatasetVersion)-[:STATE]->(t:State) USING SCAN v:DatasetVersion
WHERE t.known_from <= $in.at AND t.known_to > $in.at
RETURN t.document, {_NEWEST}"""

_STATE = "t.known_from <= $in.at AND t.known_to > $in.at"

SOURCES = f"""UNWIND $in.versions AS version
MATCH (v:DatasetVersion {{id: version}})<-[:PART_OF]-(c:Source) USING INDEX SEEK v:DatasetVersion(id)
MATCH (c)-[:STATE]->(t:State) WHERE {_STATE} RETURN c.id, t.document ORDER BY c.id"""

SOURCES_OF_IDS = f"""UNWIND $in.ids AS id
MATCH (c:Source {{id: id}})-[:PART_OF]->(v:DatasetVersion) USING INDEX SEEK c:Source(id)
WHERE v.id IN $in.versions
MATCH (c)-[:STATE]->(t:State) WHERE {_STATE} RETURN c.id, t.document ORDER BY c.id"""

ONTOLOGY_DOCUMENT = """MATCH (o:Ontology {name: $in.name})
RETURN o.document ORDER BY o.known_from DESC LIMIT 1"""

# --- ledgers ------------------------------------------------------------------------------------------------

SPENDINGS = """MATCH (s:Spending {day: $in.day})
RETURN s.day, s.model, s.caller, s.purpose, s.requests, s.tokens, s.cost ORDER BY s.model, s.caller, s.purpose"""

RUNS = "MATCH (r:Run) WHERE r.seq > 0 RETURN r.document ORDER BY r.seq DESC LIMIT $in.limit"
RUN = "MATCH (r:Run {id: $in.id}) WHERE r.seq > 0 RETURN r.document"
LAST_COMPLETE = """MATCH (r:Run {dataset: $in.dataset})
WHERE r.version IN [$in.version, ''] AND r.state = 'complete' AND r.seq > 0
RETURN r.document ORDER BY r.seq DESC LIMIT 1"""
REJECTIONS = """MATCH (r:Run {id: $in.run})-[:REJECTED]->(x:Rejection) USING INDEX SEEK r:Run(id)
RETURN x.document ORDER BY x.seq"""

EVENTS = "MATCH (e:LineageEvent {run: $in.run}) RETURN e.document"
KNOWN_NODES = """UNWIND $in.keys AS key MATCH (n:LineageNode {id: key}) WHERE n.known RETURN n.id"""
LINKED_DOWN = """UNWIND $in.keys AS key MATCH (n:LineageNode {id: key})
CALL (n) { MATCH (n)-[:LEADS_TO]->(m:LineageNode) RETURN m.id AS id ORDER BY id LIMIT $in.limit }
RETURN key, collect(id)"""
LINKED_UP = LINKED_DOWN.replace("-[:LEADS_TO]->", "<-[:LEADS_TO]-")
CHANGES = """MATCH (r:Run {id: $in.run})-[:CHANGED]->(x:Changes) USING INDEX SEEK r:Run(id)
UNWIND x.documents AS document RETURN document"""

# --- prompts ------------------------------------------------------------------------------------------------

# --- texts that name predicates or types --------------------------------------------------------------------

_COLUMNS = "r.fact AS fact, n.id AS subject, {object}, r.valid_from AS start, r.valid_to AS end"
_TO_ENTITY = _COLUMNS.format(object="o.id AS object, null AS value, null AS datatype") + ", o AS far"
_TO_LITERAL = _COLUMNS.format(object="null AS object, o.value AS value, o.datatype AS datatype") + ", null AS far"
_FROM_ENTITY = _TO_ENTITY.replace("n.id AS subject, o.id AS object", "o.id AS subject, n.id AS object")

# What declares the entity is no relationship, so that a type is no hub.
_TYPE_FACTS = f"""UNWIND [{_type_entries("n")} | [n.type_facts[i], n.type_names[i]]] AS entry
    WITH DISTINCT n, entry
    RETURN 'type' AS said, entry[0] AS fact, n.id AS subject, null AS object, entry[1] AS value,
    'text' AS datatype, null AS start, null AS end, null AS far"""


def _union(branches: list[str]) -> str:
    return "\n    UNION ALL\n    ".join(branches)


@functools.lru_cache(maxsize=512)
def follow(objects: tuple[str, ...], literals: tuple[str, ...], direction: str) -> str:
    """Facts from each id along these predicates, so many of each predicate, and the entities they lead to.

    One branch a predicate: the limit holds for each of them, and a step reads no relationship of another type.
    """
    branches = []
    for predicate in objects:
        arrow = f"-[r:{relationship(predicate)}]-"
        pattern = f"(n){arrow}>(o:Entity)" if direction == "out" else f"(n)<{arrow}(o:Entity)"
        columns = _TO_ENTITY if direction == "out" else _FROM_ENTITY
        branches.append(
            f"MATCH {pattern} WHERE {_visible('r')} AND {_declared('o')}\n"
            f"    RETURN '{predicate}' AS said, {columns} ORDER BY fact LIMIT $in.limit"
        )
    for predicate in literals if direction == "out" else ():
        if predicate == TYPE:
            branches.append(f"{_TYPE_FACTS} ORDER BY fact LIMIT $in.limit")
            continue
        branches.append(
            f"MATCH (n)-[r:{relationship(predicate)}]->(o:Literal) WHERE {_visible('r')}\n"
            f"    RETURN '{predicate}' AS said, {_TO_LITERAL} ORDER BY fact LIMIT $in.limit"
        )
    return f"""UNWIND $in.ids AS near
MATCH (n:Entity {{id: near}}) WHERE {_declared("n")}
CALL (n) {{
    {_union(branches)}
}}
WITH collect([near, said, fact, subject, object, value, datatype, start, end]) AS found, collect(DISTINCT far) AS fars
RETURN found, COLLECT {{ UNWIND fars AS e RETURN [e.id, {_TYPES}, {_IDENTITY}] }}"""


@functools.lru_cache(maxsize=64)
def facts(objects: tuple[str, ...]) -> str:
    """Facts by their ids; an assertion says what kind of fact it is, so that one index is asked for each."""
    branches = [
        "WITH holder WHERE kind = 'type' MATCH (n:Entity {id: holder}) RETURN n, null AS r, null AS o",
        """WITH id WHERE kind IN $in.literals
    MATCH (o:Literal {id: id})<-[r]-(n:Entity) USING INDEX SEEK o:Literal(id) RETURN n, r, o""",
    ]
    branches += [
        f"""WITH id WHERE kind = '{predicate}'
    MATCH (n)-[r:{relationship(predicate)}]->(o) USING INDEX SEEK r:{relationship(predicate)}(fact) WHERE r.fact = id
    RETURN n, r, o"""
        for predicate in objects
    ]
    declared = f"[{_type_entries('n')} | [n.type_facts[i], n.type_names[i]]]"
    return f"""UNWIND $in.ids AS id
CALL (id) {{ MATCH (a:Assertion {{fact: id}}) RETURN a.predicate AS kind, a.subject AS holder LIMIT 1 }}
CALL (id, kind, holder) {{
    {_union(branches)}
}}
WITH id, kind, n, r, o, {declared} AS declared
WHERE size(declared) > 0 AND (r IS NULL OR {_visible("r")}) AND (o IS NULL OR o:Literal OR {_declared("o")})
WITH id, kind, n, r, o, [entry IN declared WHERE entry[0] = id | entry[1]] AS types
WHERE r IS NOT NULL OR size(types) > 0
RETURN kind, id, n.id, CASE WHEN o:Entity THEN o.id END, coalesce(o.value, types[0]),
    CASE WHEN r IS NULL THEN 'text' ELSE o.datatype END, r.valid_from, r.valid_to"""


@functools.lru_cache(maxsize=64)
def scan(types: tuple[str, ...]) -> str:
    """Ids of entities of exactly these types, so many of each."""
    branches = [
        f"""MATCH (e:{label(name)}) WHERE any({_type_entries("e")} AND e.type_names[i] = '{name}')
    RETURN e.id AS id ORDER BY id LIMIT $in.limit"""
        for name in types
    ]
    return f"CALL () {{\n    {_union(branches)}\n}}\nRETURN id"
