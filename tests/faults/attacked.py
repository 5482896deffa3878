"""A small graph with an attack in it, a model that obeys the attack, and what may come out of that.

The graph is asked over HTTP; the model is one more server on loopback. Beside what the attack asks for it claims what
is true, alone and in one sentence with what the attack asks for, and cites what it can.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import yaml
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from api.app import create_app
from api.scripted import Asked, Script, reply, schema_of
from kg.answer.pack import as_data
from kg.bootstrap import Services, models_of, open_services
from kg.settings import Settings
from loaders.jobs import load_files
from tests.faults.injections import Attack, Place
from tests.model_server import serving

ONTOLOGY: dict[str, Any] = {
    "ontology": "mill",
    "version": "1",
    "keys": {
        "mill": {"spellings": [{"pattern": r"MILL-(\d+)", "write": r"MILL-\1"}]},
        "grain": {"spellings": [{"pattern": r"GR-(\d+)", "write": r"GR-\1"}]},
        "rule": {"spellings": [{"pattern": "(.+)", "write": r"\1"}]},
    },
    "types": {
        "Mill": {"key": "mill", "nouns": ["mill"]},
        "Grain": {"key": "grain", "nouns": ["grain"]},
        "Rule": {"is": "Passage", "key": "rule", "nouns": ["rule"]},
    },
    "predicates": {
        "grinds": {
            "subject": "Mill",
            "object": "Grain",
            "phrases": ["grinds"],
            "inverse": ["ground by"],
            "world": "closed",
        },
        "remark": {
            "subject": "Mill",
            "value": "text",
            "functional": True,
            "phrases": ["has the remark"],
            "roles": ["remark"],
        },
    },
}
BEFORE: dict[Place, str] = {
    "name": "Brook Mill",
    "alias": "Old Weir",
    "value": "closed in winter",
    "passage": "Rye is cleaned before it is ground.",
    "title": "Second register",
    "file": "mills",
}
"""What stands where the attacks are put behind it."""
QUESTIONS: dict[Place, tuple[str, ...]] = {
    "name": ("Which mills grind rye?", "How many mills grind rye?", "Which mill grinds the most grains?"),
    "alias": ("Which grains does {} grind?",),
    "value": ("What is the remark of MILL-2?", "What is the remark of MILL-3?"),
    "passage": ("What do the rules say about rye?",),
    "title": ("What is the remark of MILL-3?",),
    "file": ("Which mills grind rye?",),
}
_EVIDENCE = re.compile(r"^(E\d+): \(\w+\) (.*)$", re.MULTILINE)
_RESULT = re.compile(r"^<result>\n(.*)\n</result>$", re.MULTILINE)


def world(folder: Path, place: Place, attack: Attack | None) -> Services:
    """The graph in a store of its own, with the attack in its place; or without, as its control."""
    held = dict(BEFORE)
    if attack is not None:
        held[place] += f" {attack.text}"
    rows = [
        ["id", "name", "alias", "grain", "remark"],
        ["MILL-1", "Alder Mill", "", "GR-1", "open all year"],
        ["MILL-2", held["name"], held["alias"], "GR-1", held["value"]],
        ["MILL-2", held["name"], held["alias"], "GR-2", held["value"]],
        ["MILL-3", "Cove Mill", "", "GR-2", "open in summer"],
    ]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    table = held["file"].replace("/", "_") + ".csv"
    # The second register says the other side of a conflict.
    second = held["value"] if place == "value" else "shut for repairs"
    files = {
        table: text.getvalue(),
        "grains.csv": "id,name\nGR-1,Rye\nGR-2,Spelt\n",
        "second.csv": f'id,remark\nMILL-3,"{second.replace(chr(34), chr(34) * 2)}"\n',
        "rules.md": f"# Rules\n\nSpelt is kept dry.\n\n{held['passage']}\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")
    remark = {"predicate": "remark", "value": "remark"}
    mill = {"type": "Mill", "key": "id", "name": "name", "aliases": "alias"}
    grinds = {"predicate": "grinds", "object": {"type": "Grain", "key": "grain"}}
    datasets = [
        _dataset("grains", "grains.csv", [{"entity": {"type": "Grain", "key": "id", "name": "name"}}]),
        _dataset("mills", table, [{"entity": mill, "facts": [grinds, remark]}], after=["grains"]),
        _dataset(
            "second", "second.csv", [{"entity": {"type": "Mill", "key": "id"}, "facts": [remark]}],
            after=["mills"], title=held["title"],
        ),
        _dataset(
            "rules", "rules.md",
            [{"when": {"text": "*"}, "entity": {"type": "Rule", "key": "place"},
              "facts": [{"predicate": "passage", "value": "text"}]}],
            format="markdown", skip=[{"when": {"text": None}, "reason": "no text"}],
        ),
    ]  # fmt: skip
    paths = []
    for one in (ONTOLOGY, *datasets):
        path = folder / f"{one.get('dataset', 'ontology')}.yml"
        path.write_text(yaml.safe_dump(one, allow_unicode=True), "utf-8")
        paths.append(path)
    opened = open_services(Settings(store=f"sqlite:{folder / 'mills.db'}"))
    for run in load_files(paths, None, opened, lambda *_: None):
        assert run.state == "complete", run
    return opened


def _dataset(name: str, file: str, mapped: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    made = {"dataset": name, "version": "1", "title": "Register", "publisher": "Somebody", "licence": "CC0-1.0"}
    held = {"classification": "public", "ontology": "mill", "files": [file], "format": "csv", "map": mapped}
    return made | held | more


@dataclass
class Obeying:
    """A model's server that does what an attack asks it to do; it keeps what it was sent."""

    attack: Attack | None = None
    alone: bool = False
    """Whether it says nothing but what the attack asks for."""
    lies: bool = False
    """Whether, with no attack, it claims what no evidence says, so that it is told what is wrong."""
    bodies: list[str] = field(default_factory=list)

    def begin(self, attack: Attack, *, alone: bool) -> None:
        self.attack, self.alone = attack, alone
        self.bodies.clear()

    def holds_attack(self, body: str) -> bool:
        """Whether a request has the attack in it, as evidence is written there."""
        assert self.attack is not None
        texts = [text for one in json.loads(body)["messages"] for text in _texts(one["content"]).values()]
        return any(_start(self.attack) in text for text in texts)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/chat/completions")
        async def chat(request: Request) -> Response:
            text = (await request.body()).decode()
            self.bodies.append(text)
            return JSONResponse(self._completion(json.loads(text)))

        return app

    def _completion(self, body: dict[str, Any]) -> dict[str, Any]:
        said = {one["role"]: one["content"] for one in body["messages"]}
        form, schema = schema_of(body.get("response_format"), said["system"])
        content = json.loads(reply(Asked("scripted", said["system"], said["user"], schema, form), Script()))
        if self.attack is not None and "claims" in content:
            content["claims"] = self._claims(said["user"])
        if self.lies and "claims" in content:
            content["claims"] = [{**one, "text": f"It is not so that {one['text']}"} for one in content["claims"]]
        if self.attack is not None and self.attack.plan is not None and "plan_json" in content:
            content["plan_json"] = json.dumps(self.attack.plan)
        message = {"role": "assistant", "content": json.dumps(content, ensure_ascii=False)}
        return {
            "id": "scripted-1", "object": "chat.completion", "model": "scripted", "created": 0,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        }  # fmt: skip

    def _claims(self, user: str) -> list[dict[str, Any]]:
        assert self.attack is not None
        items = _texts(user)
        every = list(items)
        bearing = [key for key, text in items.items() if _start(self.attack) in text] or every
        found = _RESULT.search(user)
        result = json.loads(found.group(1)) if found else ""
        made = [(text, cited) for text in self.attack.says for cited in (bearing, every, ["E99"], every[:1])]
        if not self.alone:
            says = " ".join(self.attack.says)
            smuggled = [f"{result} {says}", f"{says} {result}", *(f"{one} {says}" for one in [*items.values()][:3])]
            made = [(result, every), *made, *((text, every) for text in smuggled)]
        return [{"text": text, "evidence": cited} for text, cited in made]


def _start(attack: Attack) -> str:
    return as_data(attack.text).split("\n")[0][:12].strip()


def _texts(user: str) -> dict[str, str]:
    """The evidence of a request."""
    return {key: json.loads(text) for key, text in _EVIDENCE.findall(user)}


@contextlib.contextmanager
def asking(services: Services, model: str) -> Iterator[httpx2.Client]:
    """The service over HTTP, with a model at this address."""
    settings = Settings(environment={"OPENAI_BASE_URL": model}, model="scripted")
    assert services.models is not None
    held = replace(services, models=models_of(settings, services.models.spending, services.clock))
    with (
        serving(create_app(held, settings)) as address,
        httpx2.Client(base_url=address.removesuffix("/v1"), timeout=60) as http,
    ):
        yield http


def asked(http: httpx2.Client, place: Place, text: str = "", model: str = "scripted") -> list[dict[str, Any]]:
    """The decisions to the questions that lead to where the attack is; ``text`` is that of an alias in the question."""
    found = []
    for question in QUESTIONS[place]:
        alias = f"{BEFORE['alias']} {text}".strip()
        body = {"question": question.format(alias), "model": model}
        answered = http.post("/v1/decisions", json=body)
        assert answered.status_code == 201, answered.text
        found.append(answered.json())
    return found


@dataclass(frozen=True)
class Tried:
    """One attack, and what came of it."""

    attack: Attack
    problems: list[str]
    refused: int
    """Claims of the model that did not stand."""
    reached: bool
    """Whether the model was sent the attack."""


def tried(attack: Attack, folder: Path, obeying: Obeying, model: str) -> Tried:
    """Ask with a model that obeys the attack, beside the same graph without it and the same without a model."""
    problems: list[str] = []
    refused, reached = 0, False
    with contextlib.ExitStack() as opened:
        worlds = [world(folder / "clean", attack.place, None), world(folder / "attacked", attack.place, attack)]
        for one in worlds:
            opened.callback(one.store.close)
        with asking(worlds[0], model) as http:
            clean = asked(http, attack.place, model="none")
        with asking(worlds[1], model) as http:
            plain = asked(http, attack.place, attack.text, model="none")
            for alone in (False, True):
                obeying.begin(attack, alone=alone)
                for control, own, got in zip(clean, plain, asked(http, attack.place, attack.text), strict=True):
                    problems += wrong(got, own, control, attack)
                    refused += len(got["writer"]["dropped"])
                reached = reached or any(obeying.holds_attack(body) for body in obeying.bodies)
    return Tried(attack, problems, refused, reached)


def shape(document: Mapping[str, Any], attack: Attack) -> Any:
    """Outcome, value and rows, with the attacked text as it was before."""
    told = document["answer"]
    rows = [{key: value for key, value in row.items() if key not in ("name", "claim")} for row in told["rows"]]
    return _before([document["outcome"], told["type"], told["value"], told["of"], rows], BEFORE[attack.place])


def _before(value: Any, before: str) -> Any:
    if isinstance(value, dict):
        return {_before(key, before): _before(one, before) for key, one in value.items()}
    if isinstance(value, list):
        return [_before(one, before) for one in value]
    return value[: value.find(before)] + before if isinstance(value, str) and before in value else value


def wrong(
    document: Mapping[str, Any], plain: Mapping[str, Any], control: Mapping[str, Any], attack: Attack
) -> list[str]:
    """What came out that the attack asks for, or that is otherwise than without it; nothing if all is well.

    ``plain`` is the answer without a model, which quotes the data and says whose words they are.
    """
    found = []
    if shape(document, attack) != shape(control, attack):
        found.append(f"answers {shape(document, attack)} for {shape(control, attack)}")
    quoted = [claim["text"] for claim in plain["claims"]] + [item["text"] for item in plain["evidence"]]
    for text in (document["answer"]["text"] or "", *(claim["text"] for claim in document["claims"])):
        rest = text
        for known in sorted(quoted, key=len, reverse=True):
            rest = rest.replace(known, "")
        found += [f"{says!r} in {text[:200]!r}" for says in attack.says if says.strip(" .") in rest]
        found += [f"a link in {text[:200]!r}"] * ("://" in rest)
    found += [f"{claim['verdict']}: {claim['text'][:80]!r}" for claim in document["claims"] if _bad(claim)]
    return found


def _bad(claim: Mapping[str, Any]) -> bool:
    return bool(claim["verdict"] != "supported")
