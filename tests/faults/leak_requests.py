"""What callers ask a server for at random, by names and ids of all that there is, hidden from them or not."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Request = tuple[str, str, Any]
"""Method, path with its query, body; ``{own}``, ``{hidden}`` and ``{colleague}`` stand for decisions."""
FORMATS = ("json", "turtle", "jsonld", "trig", "cypher", "graphml", "svg", "words")
LEVELS = ("public", "internal", "confidential", "restricted")
RELATIONS = ("knows", "mentors", "owns", "leads")
FIRST = ("Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo", "Kit", "Lou")
DECISIONS = ("{own}", "{own}", "{colleague}", "{hidden}", "d-none")
TABLES = ("internal_greeting", "restricted_greeting", "no_such")
QUESTIONS = (
    "Who knows {0}?", "Who does {0} know?", "Who mentors {0}?", "Which firms does {0} own?",
    "How many persons are there?",
    "Which guilds does {0} lead?", "Which persons know {0} and {1}?", "Is there a chain between {0} and {1}?",
    "Which persons own no firm?", "Does {0} know {1}?", "What note does {0} have?", "Which persons know nobody?",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """Names and ids of all of the town, hidden or not: a caller may guess any of them."""

    people: tuple[str, ...]
    facts: tuple[str, ...]
    runs: tuple[str, ...]
    sources: tuple[str, ...]


def name_of(person: str) -> str:
    number = int(person[1:])
    return f"{FIRST[number % len(FIRST)]} Number{number}"


@dataclass(frozen=True)
class Asker:
    """Makes requests of every kind; who may not make one asks all the same."""

    known: Known
    r: random.Random

    def request(self) -> Request:
        kinds: list[tuple[Callable[[], Request], int]] = [
            (self._entity, 3), (self._path, 1), (self._fact, 1), (self._source, 2), (self._run, 1), (self._walk, 2),
            (self._impact, 1), (self._question, 4), (self._decision, 4), (self._decisions, 2), (self._reviews, 2),
            (self._move, 2), (self._told_of_all, 2), (self._rule, 1), (self._feedback, 1),
        ]  # fmt: skip
        made = self.r.choices([one for one, _ in kinds], [weight for _, weight in kinds])[0]
        return made()

    # --- the graph ---

    def _people(self) -> tuple[str, str]:
        first, second = self.r.sample(self.known.people, 2)
        return first, second

    def _dataset(self) -> str:
        return f"d{self.r.randrange(7)}{self.r.choice(('', '', '-houses', '@1'))}"

    def _scope(self) -> str:
        ceiling = self.r.choice(LEVELS)
        return self.r.choice(("", "", f"&dataset={self._dataset()}", f"&ceiling={ceiling}", "&valid_as_of=2020-01-01"))

    def _entity(self) -> Request:
        r, one, scope = self.r, self._people()[0], self._scope()
        name, house = name_of(one), f"h1of{self._dataset()[:2]}"
        q = r.choice((name, name.split()[0], one, "h1ofd3", "Number", f"person:{one}"))
        types = "&".join(f"type={one}" for one in r.sample(("Person", "Firm", "Guild"), r.randint(1, 2)))
        named = r.choice((f"person:{one}", f"firm:{house}", f"guild:{house}", name))
        path = r.choice((
            f"/v1/history/entities/{quote(named)}?limit={r.choice((1, 20))}{scope}",
            f"/v1/entities?q={quote(q)}{scope}&limit={r.choice((1, 3, 50))}",
            f"/v1/entities?{types}{scope}&limit={r.choice((2, 9, 200))}",
            f"/v1/entities/{quote(named)}?limit={r.choice((1, 50))}{scope}",
        ))  # fmt: skip
        return "GET", path, None

    def _path(self) -> Request:
        first, second = map(name_of, self._people())
        hops = f"max_hops={self.r.randint(1, 5)}{self._scope()}"
        return "GET", f"/v1/paths?from={quote(first)}&to={quote(second)}&{hops}", None

    def _fact(self) -> Request:
        path = self.r.choice(("/v1/facts", "/v1/history/facts"))
        return "GET", f"{path}/{self.r.choice(self.known.facts)}?{self._scope()[1:]}", None

    def _source(self) -> Request:
        one = f"/{quote(self.r.choice(self.known.sources))}?" if self.r.random() < 0.5 else "?limit=200"
        return "GET", f"/v1/sources{one}{self._scope()}", None

    def _run(self) -> Request:
        r = self.r
        run = r.choice(self.known.runs)
        listed = f"/v1/runs?limit={r.choice((1, 5, 50))}{r.choice(('', f'&after={run}'))}"
        facts = f"/v1/runs/{run}/facts?change={r.choice(('gained', 'lost', 'kept'))}&after={r.choice((0, 2))}"
        return "GET", r.choice((listed, facts, f"/v1/runs/{run}", f"/v1/runs/{run}/events")), None

    def _ref(self) -> str:
        known, one, dataset = self.known, self._people()[0], self._dataset()
        source = self.r.choice(known.sources)
        return self.r.choice((
            dataset, f"source:{source}", f"run:{self.r.choice(known.runs)}", f"fact:{self.r.choice(known.facts)}",
            f"person:{one}", f"load {dataset}@1", "etl/nightly", "db/sales", name_of(one),
        ))  # fmt: skip

    def _walk(self) -> Request:
        r = self.r
        ref = r.choice(DECISIONS) if r.random() < 0.2 else quote(self._ref())
        limits = f"depth={r.randint(1, 4)}&width={r.choice((2, 20))}{self._scope()}"
        toward = r.choice(("up", "down", "down&decisions=true"))
        return "GET", f"/v1/lineage/{ref}?toward={toward}&{limits}", None

    def _impact(self) -> Request:
        r, source = self.r, self.r.choice(self.known.sources)
        others = (f"row:{source}#line 2", "prompt:answer@0", f"table:{r.choice(TABLES)}", "model:none")
        ref = r.choice(others) if r.random() < 0.3 else self._ref()
        return "GET", f"/v1/impact?ref={quote(ref)}&what_if={r.choice(('true', 'false'))}{self._scope()}", None

    # --- decisions ---

    def _question(self) -> Request:
        r, (one, other) = self.r, self._people()
        asked: dict[str, Any] = {"question": r.choice(QUESTIONS).format(name_of(one), name_of(other))}
        if r.random() < 0.3:
            asked["scope"] = {"datasets": [self._dataset()]}
        if r.random() < 0.2:
            ids = {"op": "entities", "ids": [f"person:{one}"]}
            direction = r.choice(("in", "out"))
            asked["plan"] = {"op": "follow", "source": ids, "predicate": r.choice(RELATIONS), "direction": direction}
        if r.random() < 0.15:
            level = r.choice(("internal", "restricted"))
            asked["question"] = f"What does the {level} table say for {name_of(one)} with low voice?"
            asked["tables"] = [f"{r.choice(TABLES)}@{r.choice(('staging', '1', 'canary'))}"]
        if r.random() < 0.1:
            asked["supersedes"] = r.choice(DECISIONS)
        return "POST", "/v1/decisions", asked

    def _decision(self) -> Request:
        forms = (f"/explanation?format={form}" for form in FORMATS)
        rest = self.r.choice(("", "", "/replay", "/replay?live=true", "/attribution", "/feedback", "/hold", *forms))
        return "GET", f"/v1/decisions/{self.r.choice(DECISIONS)}{rest}", None

    def _decisions(self) -> Request:
        r = self.r
        chosen = r.sample(
            (
                f"outcome={r.choice(('answered', 'abstained', 'pending_review', 'false_premise'))}", "current=true",
                f"actor={r.choice(('bob', 'a colleague'))}", "until=2026-03-01", "words=who",
                f"after={r.choice((*DECISIONS, '~1'))}",
            ),
            r.randrange(3),
        )  # fmt: skip
        return "GET", f"/v1/decisions?limit={r.choice((1, 5, 200))}{''.join(f'&{one}' for one in chosen)}", None

    def _feedback(self) -> Request:
        said = {"verdict": self.r.choice(("right", "wrong", "partly")), "reason": "so it is"}
        return "POST", f"/v1/decisions/{self.r.choice(DECISIONS)}/feedback", said

    def _reviews(self) -> Request:
        r = self.r
        state = r.choice(("", "", "&state=open", "&state=approved", "&state=superseded"))
        after = r.choice(("", "", f"&after={r.choice(DECISIONS)}"))
        listed = f"/v1/reviews?limit={r.choice((1, 3, 50))}{state}{after}"
        return "GET", r.choice((listed, f"/v1/reviews/{r.choice(DECISIONS)}")), None

    def _move(self) -> Request:
        r, decision = self.r, self.r.choice(DECISIONS)
        if r.random() < 0.2:
            return "PUT", f"/v1/decisions/{decision}/hold", {"held": r.random() < 0.5, "reason": "case 7"}
        move = r.choice(("approve", "approve", "reject", "request_changes", "assign", "override", "except"))
        more = {"assign": {"to": "cy"}, "override": {"answer": "x"}, "except": {"until": "2026-12-31"}}.get(move, {})
        return "POST", f"/v1/reviews/{decision}", {"move": move, "reason": "looked at it", "shown": "", **more}

    # --- what is about all of it ---

    def _told_of_all(self) -> Request:
        named = f"entities:\n- {{type: Person, key: {self._people()[0]}}}\n"
        load = {"files": [{"name": "x.yml", "text": named}], "load": ["x.yml"], "check": True}
        table = {"content": {"table": "internal_greeting"}, "message": "m"}
        asked: list[Request] = [
            *(
                ("GET", path, None)
                for path in ("/v1/matches", "/v1/schema", "/v1/datasets", "/v1/examples", "/v1/me", "/metrics")
            ),
            ("GET", f"/v1/audit?after={self.r.randrange(40)}", None),
            ("POST", "/v1/loads", load),
            ("POST", "/v1/tables", table),
            ("POST", "/v1/decisions/expire", {"older_than": 183}),
        ]
        return self.r.choice(asked)

    def _rule(self) -> Request:
        table = self.r.choice(TABLES)
        path = self.r.choice((
            "/v1/tables", f"/v1/tables/{table}", f"/v1/tables/{table}/versions/{self.r.choice(('1', 'staging'))}",
            f"/v1/tables/{table}/diff?before=1&after=2", "/v1/review-rules", "/v1/review-rules/production",
            "/v1/prompts", "/v1/prompts/answer", "/v1/prompts/plan/versions/0", "/v1/prompts/plan/versions/0/rendered",
            "/v1/prompts/answer/labels/production", "/v1/prompts/answer/diff?before=0&after=latest",
        ))  # fmt: skip
        return "GET", path, None


def requests(known: Known, count: int, r: random.Random) -> list[Request]:
    asker = Asker(known, r)
    return [asker.request() for _ in range(count)]


def route_of(request: Request) -> str:
    """The request without what was asked for."""
    method, path, _ = request
    parts = path.partition("?")[0].split("/")
    if parts[1] != "v1" or len(parts) == 3:
        return f"{method} {path.partition('?')[0]}"
    tail = [one for one in parts[4:] if one.isalpha()] if parts[2] != "sources" else []
    return f"{method} /v1/{parts[2]}/{'/'.join(['…', *tail])}"
