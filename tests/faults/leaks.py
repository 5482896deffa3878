"""A town whose registers are for different eyes, callers with random grants, and what they ask for at random."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi.testclient import TestClient

from api.app import create_app
from api.key_making import Grant, create
from kg.bootstrap import Services
from kg.domain.decision import comparable
from kg.domain.lineage import Classification
from kg.settings import Settings
from loaders.jobs import load_files
from loaders.matches import decide
from tests.builders import TickingClock, lineage_event
from tests.unit.loaders.loading import write_yaml

BEGIN = datetime(2026, 3, 1, 9, tzinfo=UTC)
LEVELS = ("public", "internal", "confidential", "restricted")
MATCHES = "entity-matches"
KEYS = {"spellings": [{"pattern": r"(\w+)", "write": r"\1"}]}
RELATIONS = ("knows", "mentors")
HOUSED = ("owns", "leads")
FORMATS = ("json", "turtle", "jsonld", "cypher", "graphml", "svg")


def ontology(number: int) -> dict[str, Any]:
    """Two of them, each with a relation and a type that the other does not have."""
    own, kind = RELATIONS[number], ("Firm", "Guild")[number]
    return {
        "ontology": f"town{number}",
        "version": "1",
        "keys": {"person": KEYS, "firm": KEYS, "guild": KEYS},
        "types": {
            "Person": {"key": "person", "nouns": ["person"]},
            kind: {"key": kind.lower(), "nouns": [kind.lower()]},
        },
        "predicates": {
            own: {"subject": "Person", "object": "Person", "phrases": [own]},
            HOUSED[number]: {"subject": "Person", "object": kind, "phrases": [HOUSED[number]]},
            "note": {"subject": "Person", "value": "text", "phrases": ["has the note"]},
        },
    }


@dataclass(frozen=True)
class Register:
    """One dataset, whole in itself: it declares all that it speaks of."""

    name: str
    level: str
    ontology: int
    people: tuple[str, ...]
    folder: Path

    def write(self, r: random.Random) -> None:
        kind = ("Firm", "Guild")[self.ontology]
        with (self.folder / f"{self.name}.csv").open("w", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(["id", "name", "other", "house", "note"])
            for one in self.people:
                house = f"h{r.randrange(4)}of{self.name}" if r.random() < 0.6 else ""
                rows.writerow([one, name_of(one), r.choice(self.people), house, f"{r.choice(WORDS)} of {self.name}"])
        houses = [f"h{n}of{self.name}" for n in range(4)]
        (self.folder / f"{self.name}-houses.csv").write_text("house\n" + "\n".join(houses) + "\n")
        facts = [
            {"predicate": RELATIONS[self.ontology], "object": {"type": "Person", "key": "other"}},
            {"predicate": HOUSED[self.ontology], "object": {"type": kind, "key": "house"}},
            {"predicate": "note", "value": "note"},
        ]
        document = {
            "dataset": self.name,
            "version": "1",
            "title": f"Register {self.name}",
            "publisher": f"Office of {self.name}",
            "licence": "CC0-1.0",
            "classification": self.level,
            "ontology": f"town{self.ontology}",
            "format": "csv",
            "files": [f"{self.name}.csv"],
            "map": [{"entity": {"type": "Person", "key": "id", "name": "name"}, "facts": facts}],
        }
        houses_of = {
            **document,
            "dataset": f"{self.name}-houses",
            "title": f"Houses of {self.name}",
            "files": [f"{self.name}-houses.csv"],
            "map": [{"entity": {"type": kind, "key": "house", "name": "house"}}],
        }
        write_yaml(self.folder / f"{self.name}-houses.yml", houses_of)
        write_yaml(self.folder / f"{self.name}.yml", document)


WORDS = ("tall", "quiet", "away", "busy", "late")
FIRST = ("Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo", "Kit", "Lou")


def name_of(person: str) -> str:
    number = int(person[1:])
    return f"{FIRST[number % len(FIRST)]} Number{number}"


@dataclass(frozen=True)
class Who:
    """A caller, and what of the town is there for them."""

    name: str
    registers: tuple[str, ...]
    matches: bool
    level: str

    def sees(self, one: Register) -> bool:
        return one.name in self.registers and LEVELS.index(one.level) <= LEVELS.index(self.level)

    @property
    def datasets(self) -> tuple[str, ...]:
        both = [name for one in self.registers for name in (one, f"{one}-houses")]
        return (*both, *((MATCHES,) if self.matches else ()))


@dataclass
class Town:
    """The registers, and those who may see some of them."""

    folder: Path
    seed: int
    callers: int
    registers: list[Register] = field(default_factory=list)
    who: list[Who] = field(default_factory=list)

    def __post_init__(self) -> None:
        r = random.Random(self.seed)  # noqa: S311 (no secrets)
        for number in (0, 1):
            write_yaml(self.folder / f"ontology{number}.yml", ontology(number))
        for number in range(6):
            people = tuple(f"p{n}" for n in sorted(r.sample(range(60), 25)))
            level = LEVELS[number % 4]
            one = Register(f"d{number}", level, number % 2, people, self.folder)
            one.write(r)
            self.registers.append(one)
        names = [one.name for one in self.registers]
        for number in range(self.callers):
            granted = tuple(sorted(r.sample(names, r.randint(1, len(names) - 1))))
            level = r.choice(LEVELS)
            matches = "d0" in granted and level != "public"
            self.who.append(Who(f"caller {number}", granted, matches, level))

    def load(self, services: Services, clock: TickingClock, who: Who | None = None) -> None:
        """All of it, or no more than is there for this caller. Each step has its own time, whichever there are."""
        for number, one in enumerate(self.registers):
            if who is None or who.sees(one):
                for part, name in enumerate((f"{one.name}-houses", one.name)):
                    clock.now = BEGIN + timedelta(hours=2 * number + part)
                    files = [self.folder / f"{name}.yml", self.folder / f"ontology{one.ontology}.yml"]
                    assert [run.state for run in load_files(files, None, services, lambda *_: None)] == ["complete"]
        first = self.registers[0]
        if who is None or (who.matches and who.sees(first)):
            clock.now = BEGIN + timedelta(days=1)
            pair = [(f"person:{one}", f"person:{other}") for one, other in [first.people[:2]]]
            decide(pair, "same", services, "registrar", "they have one house")
        services.runs.append_events([lineage_event(reads=("orders",), writes=("sales",))])
        clock.now = BEGIN + timedelta(days=2)


# --- asking ---

Request = tuple[str, str, Any]
"""Method, path with its query, body. What a caller learned from the answers before is written ``{}``."""
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
    decisions: tuple[str, ...]


def requests(known: Known, count: int, r: random.Random) -> Iterator[Request]:
    for _ in range(count):
        yield _request(known, r)


def _request(known: Known, r: random.Random) -> Request:  # noqa: PLR0911, PLR0912, C901 (one kind of request each)
    people = r.sample(known.people, 2)
    names = [name_of(one) for one in people]
    dataset = f"d{r.randrange(7)}{r.choice(('', '', '-houses', '@1'))}"
    scope = r.choice(("", "", f"&dataset={dataset}", f"&ceiling={r.choice(LEVELS)}", "&valid_as_of=2020-01-01"))
    kind = r.randrange(17)
    if kind == 0:
        q = r.choice((names[0], names[0].split()[0], people[0], "h1ofd3", "Number", f"person:{people[0]}"))
        return "GET", f"/v1/entities?q={quote(q)}{scope}&limit={r.choice((1, 3, 50))}", None
    if kind == 1:
        types = "&".join(f"type={one}" for one in r.sample(("Person", "Firm", "Guild"), r.randint(1, 2)))
        return "GET", f"/v1/entities?{types}{scope}&limit={r.choice((2, 9, 200))}", None
    if kind == 2:
        named = r.choice((f"person:{people[0]}", f"firm:h1of{dataset[:2]}", f"guild:h2of{dataset[:2]}", names[0]))
        return "GET", f"/v1/entities/{quote(named)}?limit={r.choice((1, 50))}{scope}", None
    if kind == 3:
        ends = f"from={quote(names[0])}&to={quote(names[1])}"
        return "GET", f"/v1/paths?{ends}&max_hops={r.randint(1, 5)}{scope}", None
    if kind == 4:
        return "GET", f"/v1/facts/{r.choice(known.facts)}?{scope[1:]}", None
    if kind == 5:
        return "GET", f"/v1/sources?limit={r.choice((1, 200))}{scope}", None
    if kind == 6:
        return "GET", f"/v1/sources/{quote(r.choice(known.sources))}?{scope[1:]}", None
    if kind == 7:
        run = r.choice(known.runs)
        return (
            "GET",
            r.choice((f"/v1/runs?limit={r.choice((1, 5, 50))}", f"/v1/runs/{run}", f"/v1/runs/{run}/events")),
            None,
        )
    if kind in (8, 9):
        ref = r.choice((
            dataset, f"source:{r.choice(known.sources)}", f"run:{r.choice(known.runs)}",
            f"fact:{r.choice(known.facts)}", f"person:{people[0]}", f"load {dataset}@1", "etl/nightly",
            "db/sales", names[0],
        ))  # fmt: skip
        if r.random() < 0.3:
            return "GET", f"/v1/impact?ref={quote(ref)}&what_if={r.choice(('true', 'false'))}{scope}", None
        walk = f"toward={r.choice(('up', 'down'))}&depth={r.randint(1, 4)}&width={r.choice((2, 20))}"
        return "GET", f"/v1/lineage/{quote(ref)}?{walk}{scope}", None
    if kind == 10:
        return (
            "GET",
            r.choice(
                (
                    "/v1/matches",
                    "/v1/schema",
                    "/v1/examples",
                    "/v1/review-rules",
                    "/v1/reviews",
                    "/v1/me",
                    "/v1/decisions?limit=5",
                )
            ),
            None,
        )
    if kind == 11:
        hidden = r.choice(known.decisions)
        rest = r.choice(("", "/explanation", "/replay", "/attribution", "/feedback"))
        return "GET", f"/v1/decisions/{hidden}{rest}", None
    if kind in (12, 13, 14):
        asked: dict[str, Any] = {"question": r.choice(QUESTIONS).format(*names)}
        if r.random() < 0.3:
            asked["scope"] = {"datasets": [dataset]}
        if r.random() < 0.3:
            ids = {"op": "entities", "ids": [f"person:{people[0]}"]}
            relation = r.choice((*RELATIONS, *HOUSED))
            asked["plan"] = {"op": "follow", "source": ids, "predicate": relation, "direction": r.choice(("in", "out"))}
        return "POST", "/v1/decisions", asked
    rest = r.choice(("", "/replay", "/attribution", "/feedback", *(f"/explanation?format={form}" for form in FORMATS)))
    return "GET", f"/v1/decisions/{{}}{rest}", None


def route_of(request: Request) -> str:
    """The request without what was asked for."""
    method, path, _ = request
    parts = path.partition("?")[0].split("/")
    tail = parts[4:] if len(parts) > 4 and parts[2] in ("decisions", "runs") else []
    return " ".join([method, "/".join([*parts[:3], *(["…"] if len(parts) > 3 else []), *tail])])


def client_of(services: Services, who: Who) -> TestClient:
    """The server as this caller calls it."""
    grant = Grant(who.name, ["analyst"], who.datasets, who.level, timedelta(days=9))
    _, token = create(grant, services.keys, services.clock, "root")
    settings = Settings(access=True, rate=0, ceiling=Classification.RESTRICTED)
    return TestClient(
        create_app(services, settings),
        base_url="http://localhost",
        headers={"Authorization": f"Bearer {token}"},
        raise_server_exceptions=False,
    )


@dataclass(frozen=True)
class Reply:
    """What came back, without what moves from one run to another."""

    status: int
    body: str


_MOVES = re.compile(r"d-[0-9a-f]{24}|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?|\"ms\": ?[\d.]+")


def ask_all(client: TestClient, asked: Sequence[Request]) -> list[Reply]:
    """The replies, each as comparable; a path with ``{}`` is that of the newest decision of the caller."""
    made, replies = "d-none", []
    for method, path, body in asked:
        reply = client.request(method, path.format(made) if "{}" in path else path, json=body)
        if method == "POST" and reply.status_code == 201:
            made = reply.json()["decision_id"]
        replies.append(Reply(reply.status_code, comparable_text(reply.text)))
    return replies


def comparable_text(text: str) -> str:
    with suppress(ValueError):
        text = json.dumps(comparable(json.loads(text)), sort_keys=True, ensure_ascii=False)
    return _MOVES.sub("…", text)
