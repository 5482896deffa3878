"""A town whose registers are for different eyes, callers with random grants and roles, and how they call a server."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from api.app import create_app
from api.key_making import Grant, create
from kg.bootstrap import Services
from kg.decisions.review_file import review_content
from kg.decisions.reviews import put_in_use
from kg.decisions.rule_files import move
from kg.decisions.table_file import table_content
from kg.decisions.tables import save
from kg.domain.access import Role
from kg.domain.decision import comparable
from kg.domain.lineage import Classification
from kg.ports.kept import HoldMove
from kg.settings import Settings
from loaders.jobs import load_files
from loaders.matches import decide
from tests.builders import TickingClock, lineage_event
from tests.faults.leak_requests import LEVELS, RELATIONS, Request, name_of
from tests.unit.loaders.loading import write_yaml

BEGIN = datetime(2026, 3, 1, 9, tzinfo=UTC)
MATCHES = "entity-matches"
KEYS = {"spellings": [{"pattern": r"(\w+)", "write": r"\1"}]}
ROLES: tuple[tuple[Role, ...], ...] = (
    ("reviewer",), ("analyst",), ("approver",), ("engineer",), ("auditor", "analyst"), ("analyst",),
)  # fmt: skip
"""By the number of a caller; those who may oversee see what a colleague with the same grants asks."""
RULES = {
    "rules": [
        {"name": "houses", "when": {"predicates": ["owns"]}, "stages": [{"role": "reviewer"}], "withhold": True},
        {"name": "notes", "when": {"predicates": ["note"]}, "stages": [{"role": "reviewer"}]},
    ]
}
TABLE: dict[str, Any] = {
    "table": "greeting", "nouns": ["greeting table"], "outcome": {"name": "greeting"},
    "inputs": {"voice": {"phrases": ["voice"], "values": {"loud": [], "low": []}}},
    "rows": [{"when": {"voice": "loud"}, "then": "wave"}, {"when": {"voice": "low"}, "then": "nod"}],
}  # fmt: skip


def ontology(number: int) -> dict[str, Any]:
    """Two of them, each with a relation and a type that the other does not have."""
    own, housed, kind = RELATIONS[number], RELATIONS[2 + number], ("Firm", "Guild")[number]
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
            housed: {"subject": "Person", "object": kind, "phrases": [housed]},
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
            {"predicate": RELATIONS[2 + self.ontology], "object": {"type": kind, "key": "house"}},
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


@dataclass(frozen=True)
class Who:
    """A caller, and what of the town is there for them."""

    name: str
    registers: tuple[str, ...]
    matches: bool
    level: str
    roles: tuple[Role, ...] = ("analyst",)

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
            self.who.append(Who(f"caller {number}", granted, matches, level, ROLES[number % len(ROLES)]))

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
        self._rule(services, clock, restricted=who is None or who.level == "restricted")

    @staticmethod
    def _rule(services: Services, clock: TickingClock, *, restricted: bool) -> None:
        """Review rules, a decision table, and one that is restricted: two versions of each, the second in staging."""
        put_in_use(
            "default", review_content({"review_rules": "default", **RULES}, "rules")[1], "m", "root", services.prompts
        )
        for number, level in enumerate(("internal", "restricted") if restricted else ("internal",)):
            clock.now = BEGIN + timedelta(days=2, hours=number)
            named = TABLE | {"table": f"{level}_greeting", "nouns": [f"{level} table"], "classification": level}
            for rows in (named["rows"], [*named["rows"][:1], {"when": {"voice": "low"}, "then": "smile"}]):
                save(
                    table_content(named | {"rows": rows}, "greeting", str)[1],
                    "m",
                    "root",
                    services.store,
                    services.prompts,
                )
            for label, wanted in (("production", 1), ("staging", 2)):
                move("table", f"{level}_greeting", label, wanted, actor="root", reason="r", registry=services.prompts)


# --- asking ---


def key_of(services: Services, who: Who) -> str:
    """A new one. Who has any is told to who reviews, since it says whether a stage can be filled."""
    grant = Grant(who.name, who.roles, who.datasets, who.level, timedelta(days=9))
    return create(grant, services.keys, services.clock, "root")[1]


def client_of(services: Services, who: Who) -> TestClient:
    """The server as this caller calls it."""
    token = key_of(services, who)
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
    headers: str
    body: str


_MOVES = re.compile(
    r"d-[0-9a-f]{24}|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?|\"ms\": ?[\d.]+|\"shown\": ?\"sha256:[0-9a-f]{64}\"|"
    r"\d{4}-\d\d-\d\d at \d\d:\d\d UTC"
)
_COUNTED = re.compile(r"^whence_(?!.*_seconds).*$", re.MULTILINE)
"""Lines of metrics that count; the others measure time and memory."""


@dataclass
class Visit:
    """What a caller has learned so far: ids that stand for what is written in braces in later requests."""

    hidden: Sequence[str] = ("d-none",)
    """Decisions that are not there for them, which they may guess."""
    colleagues: Sequence[str] = ("d-none",)
    """Decisions of somebody with the same grants."""
    own: str = "d-none"
    sent: int = 0

    def send(self, client: TestClient, request: Request) -> Reply:
        method, path, body = request
        held = {
            "own": self.own,
            "hidden": self.hidden[self.sent % len(self.hidden)],
            "colleague": self.colleagues[self.sent % len(self.colleagues)],
        }
        self.sent += 1
        if body is not None and "shown" in body:
            looked = client.get(path.format(**held))
            body = {**body, "shown": looked.json().get("shown", "sha256:none")}
        if body is not None and "supersedes" in body:
            body = {**body, "supersedes": body["supersedes"].format(**held)}
        reply = client.request(method, path.format(**held) if "{" in path else path, json=body)
        if path == "/v1/decisions" and reply.status_code in (201, 202):
            self.own = reply.json()["decision_id"]
        return Reply(
            reply.status_code, ",".join(sorted({*reply.headers} - {"content-length"})), comparable_text(reply.text)
        )


def comparable_text(text: str) -> str:
    if text.startswith("# HELP"):
        return "\n".join(_COUNTED.findall(text))
    with suppress(ValueError):
        text = json.dumps(comparable(json.loads(text)), sort_keys=True, ensure_ascii=False)
    return _MOVES.sub("…", text)


def questions_of(client: TestClient, asked: Sequence[str]) -> list[str]:
    """The ids of the decisions."""
    return [client.post("/v1/decisions", json={"question": one}).json()["decision_id"] for one in asked]


def forget(services: Services) -> None:
    """End all holds and erase all decisions, so that the next caller finds the database as the first one did."""
    while some := services.decisions.decisions(100):
        for one in some:
            if one["ledger"]["hold"] is not None:
                services.decisions.hold(HoldMove(one["decision_id"], held=False, actor="root", reason="r", at="2026"))
        services.decisions.expire("9999", 100, "root")
