// From an answer to the files: claims, evidence, assertions, sources, dataset versions, as a picture
// :param decision => 'd-…'
MATCH path = (:Decision {id: $decision})-[:SAYS]->(:Claim)-[:CITES]->(:Evidence)-[:RESTS_ON]->(:Assertion)
  -[:FROM]->(:Source)-[:PART_OF]->(:DatasetVersion)
RETURN path;

// From an answer to the rows: each sentence with the file, the place and the run it goes back to
// :param decision => 'd-…'
MATCH (:Decision {id: $decision})-[:SAYS]->(c:Claim)-[:CITES]->(e:Evidence)
OPTIONAL MATCH (e)-[:RESTS_ON]->(a:Assertion)-[:FROM]->(s:Source)
RETURN c.text AS claim, e.number AS evidence, e.text AS says, s.id AS file, a.locator AS place, a.run AS run
ORDER BY c.number, evidence, file, place;

// From a file to every answer: those that carried a sentence, and those that only looked at it
// :param source => 'register@2026/register.csv'
MATCH (:Source {id: $source})<-[:FROM]-(:Assertion)<-[:RESTS_ON]-(e:Evidence)<-[:HAS_EVIDENCE]-(d:Decision)
OPTIONAL MATCH (e)<-[:CITES]-(c:Claim)
RETURN d.id AS decision, d.asked_at AS asked_at, d.question AS question, collect(DISTINCT c.text) AS sentences
ORDER BY asked_at DESC;

// From a row of a file to every answer
// :params {version: 'register@2026', source: 'register@2026/register.csv', row: 'line 17'}
MATCH (a:Assertion {version: $version}) USING INDEX SEEK a:Assertion(version, locator)
  WHERE a.locator STARTS WITH $row + '#'
MATCH (:Source {id: $source})<-[:FROM]-(a)<-[:RESTS_ON]-(e:Evidence)<-[:HAS_EVIDENCE]-(d:Decision)
RETURN d.id AS decision, d.question AS question, collect(DISTINCT a.locator + ': ' + e.text) AS says
ORDER BY decision;

// From a fact to every answer
// :param fact => 'f-…'
MATCH (a:Assertion {fact: $fact})<-[:RESTS_ON]-(e:Evidence)<-[:HAS_EVIDENCE]-(d:Decision)
  USING INDEX SEEK a:Assertion(fact)
RETURN DISTINCT d.id AS decision, d.question AS question, e.text AS says ORDER BY decision;

// Answers that looked into a file and did not find what they looked for
// :param source => 'register@2026/register.csv'
MATCH (:Source {id: $source})<-[:SEARCHED]-(e:Evidence)<-[:HAS_EVIDENCE]-(d:Decision)
RETURN d.id AS decision, d.question AS question, e.text AS searched ORDER BY decision;

// Answers whose ground is gone: what they rest on was retired since
// :param source => 'register@2026/register.csv'
MATCH (:Source {id: $source})<-[:FROM]-(a:Assertion)<-[:RESTS_ON]-(e:Evidence)<-[:HAS_EVIDENCE]-(d:Decision)
WHERE a.known_to <= toString(datetime())
RETURN DISTINCT d.id AS decision, d.question AS question, e.text AS said, a.known_to AS retired_at ORDER BY decision;

// Answers made from a dataset version
// :param version => 'register@2026'
MATCH (:DatasetVersion {id: $version})<-[:READ]-(d:Decision)
RETURN d.id AS decision, d.asked_at AS asked_at, d.outcome AS outcome, d.question AS question ORDER BY asked_at DESC;

// Answers made with a prompt version, and the model that was told it
// :param prompt => 'answer@3'
MATCH (:PromptVersion {id: $prompt})<-[:USED]-(d:Decision)
OPTIONAL MATCH (d)-[:USED]->(m:Model)
RETURN d.id AS decision, d.asked_at AS asked_at, m.name AS model, d.question AS question ORDER BY asked_at DESC;

// Answers that a model took part in
// :param model => 'gpt'
MATCH (:Model {id: $model})<-[:USED]-(d:Decision)
RETURN d.id AS decision, d.asked_at AS asked_at, d.question AS question ORDER BY asked_at DESC;

// What took the place of an answer, what it took the place of, and what people said of each
// :param decision => 'd-…'
MATCH (:Decision {id: $decision})-[:SUPERSEDES]-*(d:Decision)
OPTIONAL MATCH (d)<-[:SAID_OF]-(e:ReviewEvent)
WITH d, e ORDER BY e.number
RETURN d.id AS decision, d.asked_at AS asked_at, d.outcome AS outcome,
  [one IN collect(e) | one.kind + ' by ' + one.actor] AS said
ORDER BY asked_at;

// Decisions under legal hold
MATCH (d:Decision {held: true}) USING INDEX SEEK d:Decision(held)
RETURN d.id AS decision, d.asked_at AS asked_at, d.question AS question ORDER BY asked_at;
