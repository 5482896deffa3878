"""Graphs as others make them, written with plain Cypher: people, films and studios; and one with dirty names."""

from __future__ import annotations

FILMS = """
CREATE CONSTRAINT films_title IF NOT EXISTS FOR (f:Film) REQUIRE f.title IS UNIQUE;
UNWIND [
  ['Ada Quill', 1951], ['Boris Lund', 1960], ['Chen Wei', 1972], ['Dara Okoye', 1985], ['Zoë Aydin', 1990],
  ['Finn O\\'Hara', 1948]] AS row
CREATE (:Person {name: row[0], born: row[1]});
UNWIND [
  ['Harbour Lights', 1979, 'drama', 7.4, date('1979-03-02')], ['The Long Thaw', 1988, 'drama', 8.1, date('1988-11-04')],
  ['Paper Moons', 1999, 'comedy', 6.2, date('1999-05-21')],
  ['Glass Orchard', 2004, 'thriller', 7.9, date('2004-09-10')],
  ['Night Ferry', 2012, 'thriller', 6.8, date('2012-02-17')]] AS row
CREATE (:Film {title: row[0], released: row[1], genre: row[2], score: row[3], premiere: row[4],
  tags: [row[2], 'classic'], embedding: [x IN range(1, 200) | x / 7.0]});
CREATE (:Studio {studioId: 1, name: 'Northlight Pictures'}), (:Studio {studioId: 2, name: 'Amber Gate'});
MATCH (p:Person {name: 'Ada Quill'}) SET p:Director;
MATCH (p:Person {name: 'Finn O\\'Hara'}) SET p:Director;
UNWIND [
  ['Ada Quill', 'Harbour Lights'], ['Ada Quill', 'The Long Thaw'], ['Ada Quill', 'Paper Moons'],
  ['Finn O\\'Hara', 'Glass Orchard'], ['Finn O\\'Hara', 'Night Ferry']] AS row
MATCH (p:Person {name: row[0]}), (f:Film {title: row[1]}) CREATE (p)-[:DIRECTED]->(f);
UNWIND [
  ['Boris Lund', 'Harbour Lights', 'Captain'], ['Boris Lund', 'The Long Thaw', 'Doctor'],
  ['Boris Lund', 'Glass Orchard', 'Gardener'], ['Chen Wei', 'The Long Thaw', 'Nurse'],
  ['Chen Wei', 'Paper Moons', 'Poet'], ['Dara Okoye', 'Glass Orchard', 'Detective'],
  ['Dara Okoye', 'Night Ferry', 'Purser'], ['Zoë Aydin', 'Night Ferry', 'Stowaway']] AS row
MATCH (p:Person {name: row[0]}), (f:Film {title: row[1]}) CREATE (p)-[:ACTED_IN {roles: [row[2]]}]->(f);
UNWIND [
  ['Harbour Lights', 1], ['The Long Thaw', 1], ['Paper Moons', 2], ['Glass Orchard', 2], ['Night Ferry', 2]] AS row
MATCH (f:Film {title: row[0]}), (s:Studio {studioId: row[1]}) CREATE (f)-[:PRODUCED_BY]->(s);
UNWIND [
  ['Boris Lund', 1, date('1978-01-01'), date('1990-12-31')], ['Dara Okoye', 2, date('2003-01-01'), null],
  ['Zoë Aydin', 2, date('2010-06-01'), null]] AS row
MATCH (p:Person {name: row[0]}), (s:Studio {studioId: row[1]})
CREATE (p)-[:CONTRACTED_TO {since: row[2], until: row[3]}]->(s)
"""

BAD_LABEL = "A`]->() DETACH DELETE n //"
BAD_TYPE = "R`]->() DETACH DELETE n //"
BAD_PROPERTY = r"p\u0060 IS NULL DETACH DELETE n //"
SPACED = "Second Hand\u202eGoods"

DIRTY = f"""
CREATE (a:$($in.label) {{name: 'first thing'}}) SET a[$in.property] = 'odd value'
CREATE (b:$($in.spaced) {{name: 'second thing', `id`: 'x', `__proto__`: 'y', `_tenant`: 't'}})
CREATE (:`日本` {{name: '東京', size: 12}})
CREATE (c:$($in.label) {{name: '{"n" * 20_000}'}})
CREATE (a)-[:$($in.type)]->(b) CREATE (b)-[:$($in.type)]->(b)
"""
