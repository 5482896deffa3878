"""Every Cypher text that reads or writes decisions, named; values are always parameters, in one map as in ``cypher``.

A decision is a node with its record; what it says and rests on are nodes beside it, which lead to the graph:

    (:Decision)-[:SAYS]->(:Claim)-[:CITES]->(:Evidence)-[:RESTS_ON]->(:Assertion)-[:FROM]->(:Source)
    (:Decision)-[:HAS_EVIDENCE]->(:Evidence)-[:SEARCHED]->(:Source)
    (:Decision)-[:READ]->(:DatasetVersion)   (:Decision)-[:USED]->(:PromptVersion|Model)
    (:Decision)-[:SUPERSEDES]->(:Decision)   (:DecisionHold)-[:HOLD_OF]->(:Decision)-[:QUOTES]->(:DecisionText)
"""

from __future__ import annotations

_KEPT = """d.id, d.record, head(COLLECT { MATCH (d)-[:QUOTES]->(t:DecisionText) RETURN t.document }), d.purged,
    head(COLLECT { MATCH (n:Decision)-[:SUPERSEDES]->(d) RETURN n.id }),
    head(COLLECT { MATCH (h:DecisionHold)-[:HOLD_OF]->(d) RETURN h.document ORDER BY h.n DESC LIMIT 1 }), d.actor"""

DECISION = f"MATCH (d:Decision {{id: $in.id}}) RETURN {_KEPT}"
DOCUMENTS = f"""UNWIND $in.ids AS id MATCH (d:Decision {{id: id}}) USING INDEX SEEK d:Decision(id)
RETURN {_KEPT} ORDER BY d.id"""
DECISION_SEQ = "MATCH (d:Decision {id: $in.id}) RETURN d.seq"
DECISIONS = f"""MATCH (d:Decision) USING INDEX SEEK d:Decision(seq) WHERE d.seq < $in.before
AND ($in.outcome IS NULL OR d.outcome = $in.outcome) AND ($in.actor IS NULL OR d.actor = $in.actor)
AND ($in.since IS NULL OR d.asked_at >= $in.since) AND ($in.until IS NULL OR d.asked_at < $in.until)
AND (NOT $in.current OR NOT EXISTS {{ (:Decision)-[:SUPERSEDES]->(d) }})
WITH d ORDER BY d.seq DESC SKIP $in.skip LIMIT $in.limit RETURN {_KEPT}"""
DECISIONS_AFTER = f"""MATCH (d:Decision) USING INDEX SEEK d:Decision(seq) WHERE d.seq > $in.after
WITH d ORDER BY d.seq LIMIT $in.limit RETURN d.seq, {_KEPT}"""
HELD_DECISIONS = f"MATCH (d:Decision {{held: true}}) USING INDEX SEEK d:Decision(held) RETURN {_KEPT} ORDER BY d.seq"

# The SET takes the lock of the ledger's node, so that what is read after it stays so to the end.
HOLD_LEDGER = "MATCH (c:Graph {id: 'decisions'}) SET c.touched = timestamp()"
# All in one text: each is a round trip in which others wait for the lock. Places of assertions are found by their
# version and locator: a fact that every record repeats has as many assertions as there are records.
PUT_DECISION = """MATCH (c:Graph {id: 'decisions'}) WHERE NOT EXISTS { MATCH (:Decision {id: $in.id}) }
SET c.last = c.last + 1
CREATE (d:Decision {id: $in.id, seq: c.last, record: $in.record}) SET d += $in.readable
CREATE (d)-[:QUOTES]->(:DecisionText {document: $in.words})
WITH d
CALL (d) { UNWIND $in.evidence AS row
  CREATE (d)-[:HAS_EVIDENCE]->(:Evidence {id: row[0], number: row[1], kind: row[2], text: row[3]}) }
CALL (d) { UNWIND $in.claims AS row
  CREATE (d)-[:SAYS]->(c:Claim {id: row[0], number: row[1], verdict: row[2], text: row[3]})
  WITH c, row UNWIND row[4] AS cited MATCH (e:Evidence {id: cited}) CREATE (c)-[:CITES]->(e) }
CALL () { UNWIND $in.places AS row MATCH (e:Evidence {id: row[0]})
  MATCH (a:Assertion {version: row[1], locator: row[2]}) USING INDEX SEEK a:Assertion(version, locator)
  WHERE a.fact IN row[3] AND a.known_from = row[4] MERGE (e)-[:RESTS_ON]->(a) }
CALL () { UNWIND $in.searched AS row MATCH (e:Evidence {id: row[0]}) MATCH (c:Source {id: row[1]})
  MERGE (e)-[:SEARCHED]->(c) }
CALL (d) { UNWIND $in.datasets AS version MATCH (v:DatasetVersion {id: version}) CREATE (d)-[:READ]->(v) }
CALL (d) { UNWIND $in.prompts AS row
  MERGE (v:PromptVersion {id: row[0]}) ON CREATE SET v += row[1] CREATE (d)-[:USED]->(v) }
CALL (d) { UNWIND $in.models AS model MERGE (m:Model {id: model.name}) SET m += model CREATE (d)-[:USED]->(m) }
CALL (d) { UNWIND $in.supersedes AS other MATCH (o:Decision {id: other}) CREATE (d)-[:SUPERSEDES]->(o) }
CALL (d) { UNWIND $in.touches AS row CREATE (d)<-[:TOUCHES]-(:Touch {key: row[0], carried: row[1]}) }
RETURN d.seq"""

PUT_HOLD = """MATCH (d:Decision {id: $in.id}) SET d.held = $in.held, d.moves = coalesce(d.moves, 0) + 1
CREATE (:DecisionHold {n: d.moves, document: $in.document})-[:HOLD_OF]->(d)"""
HOLDS = """MATCH (d:Decision {id: $in.id})<-[:HOLD_OF]-(h:DecisionHold) USING INDEX SEEK d:Decision(id)
RETURN h.document ORDER BY h.n"""

REQUESTED = "MATCH (r:DecisionRequest {id: $in.request}) RETURN r.body, r.decision, r.until"
FORGET_REQUESTS = """MATCH (r:DecisionRequest) USING INDEX SEEK r:DecisionRequest(until) WHERE r.until <= $in.at
WITH r LIMIT 1000 DELETE r"""
PUT_REQUEST = "CREATE (:DecisionRequest {id: $in.request, body: $in.body, decision: $in.decision, until: $in.until})"

EXPIRED = """MATCH (d:Decision) USING INDEX SEEK d:Decision(asked_at)
WHERE d.asked_at < $in.before AND NOT coalesce(d.held, false)
WITH d ORDER BY d.asked_at, d.seq LIMIT $in.limit RETURN d.id"""
EMPTY_DECISION = """MATCH (d:Decision {id: $in.id}) SET d.record = $in.record, d.purged = $in.purged
REMOVE d.question, d.answer"""
ERASE_WORDS = """MATCH (d:Decision {id: $in.id})-[:QUOTES|SAYS|HAS_EVIDENCE]->(x) USING INDEX SEEK d:Decision(id)
DETACH DELETE x"""
ERASE_REQUESTS = (
    """MATCH (r:DecisionRequest {decision: $in.id}) USING INDEX SEEK r:DecisionRequest(decision) DELETE r"""
)
ERASE_DECISION = """MATCH (d:Decision {id: $in.id}) OPTIONAL MATCH (d)<-[:HOLD_OF|SAID_OF|REVIEW_OF|TOUCHES]-(x)
DETACH DELETE x, d"""

EARLIER = """MATCH (d:Decision) WHERE d.seq > $in.after AND d.document IS NOT NULL
RETURN d.seq, d.document ORDER BY d.seq LIMIT $in.limit"""
BRING_UP = """UNWIND $in.rows AS row MATCH (d:Decision {seq: row[0]}) SET d.record = d.document, d += row[1]
REMOVE d.document"""
