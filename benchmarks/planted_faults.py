"""Faults planted into true claims: how many are caught, and how many true claims are refused.

    python benchmarks/planted_faults.py --store sqlite:supply.db --questions FILE… --ontology FILE… [--show]

Claims are made from recorded answers alone (their evidence, their drawn relationships) and from the phrases of the
ontology files; no code is shared with what judges them. Each true claim is written in other words, and each false one
is a true one with one fault. A scripted model "writes" them, and the answer says which of them stood.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from kg.answer.pipeline import answer
from kg.answer.write import Author
from kg.bootstrap import Services, open_services
from kg.domain.completion import ModelSpec, Reply, Request
from kg.domain.lineage import Classification
from kg.domain.plan_json import from_json
from kg.domain.prompt import PromptChoice, PromptVersion, Template
from kg.domain.question import Question
from kg.settings import Settings

EACH = 50
"""Claims of each fault; and in all as many true ones as false ones."""
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A claim to be judged: its text, what it cites, and which fault it has."""

    text: str
    cites: tuple[str, ...]
    fault: str | None = None


class Scripted:
    """Writes the claims it is given, whatever it is asked; a scripted model, not a real one."""

    spec = ModelSpec("scripted", "scripted", ceiling=Classification.RESTRICTED, context_tokens=200_000, scripted=True)

    def __init__(self) -> None:
        self.claims: list[Told] = []
        self.plan: Any = None

    def complete(self, request: Request) -> Reply:
        if "claims" in request.schema.get("properties", {}):
            content: dict[str, Any] = {
                "claims": [{"text": one.text, "evidence": list(one.cites)} for one in self.claims]
            }
        else:
            content = {"plan": self.plan}
        return Reply(content, json.dumps(content), "scripted")


class Bare:
    """The least of prompts."""

    def choose(self, name: str) -> PromptChoice:
        key = "plan" if name == "plan" else "claims"
        template = Template("", "", {"properties": {key: {}}})
        return PromptChoice(PromptVersion(name, 1, template, "", "benchmark", "2026-01-01T00:00:00.000000Z"))

    def render(self, version: PromptVersion, variables: Mapping[str, Any]) -> tuple[str, str]:
        return version.name, json.dumps(dict(variables), default=str)


# --- true claims ------------------------------------------------------------------------------------------------


class Writer:
    """Writes sentences about one recorded answer, from its document and the ontology files' phrases."""

    def __init__(
        self, document: dict[str, Any], predicates: dict[str, Any], types: dict[str, Any], draw: random.Random
    ) -> None:
        self.document, self.predicates, self.types, self.draw = document, predicates, types, draw
        drawn = document["explanation"]
        self.nodes = {node["id"]: node for node in drawn["nodes"]}
        self.edges = {edge["id"]: edge for edge in drawn["relationships"]}
        self.items = {item["id"]: item for item in document["evidence"]}
        self.of_fact = {fact: item["id"] for item in document["evidence"] for fact in item["facts"]}

    def name(self, node: str) -> str:
        met = self.nodes[node]
        key = met["properties"].get("key", "")
        if met["name"] == key or not key:
            return str(met["name"])
        return str(self.draw.choice([met["name"], f"{met['name']} ({key})"]))

    def sentence(self, edge: dict[str, Any], start: str | None = None, end: str | None = None) -> str | None:
        """The relationship in one of the ontology's phrases, one way or the other; ``start`` and ``end`` as named."""
        spec = self.predicates.get(edge["type"].lower())
        if spec is None or "value" in spec:
            return None
        first, last = start or self.name(edge["start"]), end or self.name(edge["end"])
        out = [one for one in spec.get("phrases", []) if one.split()[0].endswith("s") and "," not in one]
        back = [one for one in spec.get("inverse", []) if one.split()[-1] == "by"]
        forms = [f"{first} {one} {last}" for one in out] + [f"{last} is {one} {first}" for one in back]
        return self.draw.choice(forms) if forms else None

    def lead(self, text: str, item: dict[str, Any]) -> str:
        titles = [one["source"] for one in item["sources"]]
        forms = [f"{text}.", f"The records show that {text}.", f"According to the evidence, {text}."]
        if titles:
            forms.append(f"According to {titles[0]}, {text}.")
        return self.draw.choice(forms)

    def dated(self, edge: dict[str, Any]) -> str:
        start = edge["properties"].get("valid_from")
        if not start or not re.fullmatch(r"\d{4}-\d\d-\d\d", start) or self.draw.random() < 0.3:
            return ""
        day = date.fromisoformat(start)
        return self.draw.choice([f" since {day.day} {MONTHS[day.month - 1]} {day.year}", f" from {start}"])

    def facts(self) -> Iterator[tuple[Told, dict[str, Any]]]:
        for key, edge in self.edges.items():
            said = self.sentence(edge) if key in self.of_fact else None
            if said is not None:
                item = self.items[self.of_fact[key]]
                yield Told(self.lead(said + self.dated(edge), item), (item["id"],)), edge

    def absences(self) -> Iterator[Told]:
        """What was not found, as the recorded answer says it of one member, in other words."""
        for claim in self.document["claims"][1:]:
            lacking = re.search(r"Found no (.+?)\.$", claim["text"])
            cited = [one for one in claim["evidence"] if self.items[one]["kind"] == "absence"]
            members = [row["entity"] for row in self.document["answer"]["rows"] if row.get("claim") == claim["id"]]
            if lacking and cited and members and members[0] in self.nodes and ". " not in lacking[1]:
                who = self.name(members[0])
                forms = [
                    "There is no record of {0} for {1}.",
                    "No source shows {0} for {1}.",
                    "For {1}, no {0} were found.",
                ]
                yield Told(self.draw.choice(forms).format(lacking[1], who), tuple(cited))

    def counts(self) -> Iterator[Told]:
        rows = {row["entity"] for row in self.document["answer"]["rows"]}
        kinds = {one["type"] for one in self.document["answer"]["entities"]}
        cited = tuple(self.items)[:40]
        if self.document["answer"]["type"] != "list" or not len(rows) >= 2 or len(kinds) != 1 or not cited:
            return
        nouns = self.types.get(next(iter(kinds)), {}).get("nouns", [])
        if nouns:
            size = NUMBERS[len(rows)] if len(rows) < len(NUMBERS) and self.draw.random() < 0.5 else str(len(rows))
            form = self.draw.choice(
                ["In total, {0} {1}s were found.", "{0} {1}s are listed.", "The answer names {0} {1}s."]
            )
            text = form.format(size, nouns[0])
            yield Told(text[0].upper() + text[1:], cited)

    def values(self) -> Iterator[Told]:
        """Literals of what is drawn."""
        for key, edge in self.edges.items():
            spec = self.predicates.get(edge["type"].lower(), {})
            if "value" in spec and key in self.of_fact and edge["start"] in self.nodes:
                role = (spec.get("roles") or [edge["type"].lower().replace("_", " ")])[0]
                value = self.nodes[edge["end"]]["name"] if edge["end"] in self.nodes else None
                if value is not None and len(str(value)) < 40:
                    who = self.name(edge["start"])
                    forms = [f"The {role} of {who} is {value}.", f"{who} has the {role} {value}."]
                    yield Told(self.draw.choice(forms), (self.of_fact[key],))


# --- faults -----------------------------------------------------------------------------------------------------


def wrong_number(told: Told, _: Writer, draw: random.Random) -> str | None:
    found = list(re.finditer(r"(?<![\w.-])\d+(?![\w-])(?!\.\d)", told.text))
    if found:
        at = draw.choice(found)
        return f"{told.text[: at.start()]}{int(at[0]) + draw.choice([1, 2, 7, 30])}{told.text[at.end() :]}"
    word = next((one for one in NUMBERS[2:] if re.search(rf"\b{one}\b", told.text, re.IGNORECASE)), None)
    return re.sub(rf"\b{word}\b", draw.choice(["eleven", "twelve"]), told.text, flags=re.IGNORECASE) if word else None


def unit_slip(told: Told, _: Writer, draw: random.Random) -> str | None:
    at = re.search(r"(?<![\w.-])(\d+) (?=[a-z])", told.text)
    return (
        f"{told.text[: at.end(1)]} {draw.choice(['%', 'million', 'percent', 'thousand'])} {told.text[at.end() :]}"
        if at
        else None
    )


def wrong_source(told: Told, writer: Writer, draw: random.Random) -> str | None:
    own = {one["source"] for cited in told.cites for one in writer.items[cited]["sources"]}
    others = {one["source"] for item in writer.items.values() for one in item["sources"]} - own
    if not others:
        others = {"the annual audit report"}
    text = re.sub(r"^According to [^,]+, |^The records show that ", "", told.text)
    return f"According to {draw.choice(sorted(others))}, {text}"


def dropped_negation(told: Told, writer: Writer, _: random.Random) -> str | None:
    if not any(writer.items[one]["kind"] == "absence" for one in told.cites):
        return None
    return (
        told.text.replace("There is no record of", "There is a record of")
        .replace("No source shows", "A source shows")
        .replace(", no ", ", ")
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", action="append", required=True)
    options.add_argument("--questions", action="append", required=True)
    options.add_argument("--ontology", action="append", required=True)
    options.add_argument("--show", action="store_true", help="Print what was judged wrongly.")
    options.add_argument("--each", type=int, default=EACH)
    given = options.parse_args()
    draw = random.Random(7)  # noqa: S311 (claims, no secrets)
    made: list[tuple[Services, dict[str, Any], Writer]] = []
    for store, questions, ontology in zip(given.store, given.questions, given.ontology, strict=True):
        services = open_services(Settings(store=store, ceiling=Classification.RESTRICTED))
        document = yaml.safe_load(Path(ontology).read_text("utf-8"))
        for line in Path(questions).read_text("utf-8").splitlines():
            asked = answer(
                Question(json.loads(line)["question"]),
                services.store, services.decisions, services.clock, adapter=services.adapter,
            )  # fmt: skip
            if asked["outcome"] == "answered" and asked["plan"]["op"] != "parts":
                made.append((services, asked, Writer(asked, document["predicates"], document["types"], draw)))
    true = [(place, told, edge) for place, (_, _, writer) in enumerate(made) for told, edge in sentences(writer)]
    draw.shuffle(true)
    print(f"{len(made)} answers, {len(true)} true claims to choose from")
    clean = [(place, told) for place, told, _ in true[: 8 * given.each]]
    faulty = list(planted(true[8 * given.each :] + true[: 8 * given.each], made, draw, given.each))
    judge(made, clean, faulty, show=given.show)


def sentences(writer: Writer) -> Iterator[tuple[Told, dict[str, Any] | None]]:
    yield from list(writer.facts())[:12]
    for some in (writer.absences, writer.counts, writer.values):
        yield from ((told, None) for told in list(some())[:6])


def planted(
    true: list[tuple[int, Told, dict[str, Any] | None]],
    made: list[tuple[Services, dict[str, Any], Writer]],
    draw: random.Random,
    each: int,
) -> Iterator[tuple[int, Told]]:
    """So many of each fault."""
    for fault, plant in FAULTS.items():
        left = each
        for place, told, edge in true:
            text_and_cites = plant(told, edge, made[place][2], draw) if left else None
            if (text_and_cites is not None and text_and_cites[0] != told.text) or (text_and_cites and fault in CITED):
                yield place, Told(*text_and_cites, fault)
                left -= 1


def plain(change: Callable[[Told, Writer, random.Random], str | None]) -> Plant:
    def plant(told: Told, _: Any, writer: Writer, draw: random.Random) -> tuple[str, tuple[str, ...]] | None:
        text = change(told, writer, draw)
        return None if text is None else (text, told.cites)

    return plant


Plant = Callable[[Told, Any, Writer, random.Random], tuple[str, tuple[str, ...]] | None]


def swapped(told: Told, edge: Any, writer: Writer, draw: random.Random) -> tuple[str, tuple[str, ...]] | None:
    """Another entity of the same kind, for which the relationship is not drawn."""
    if edge is None:
        return None
    kind = writer.nodes[edge["start"]]["labels"][0]
    tied = {one["start"] for one in writer.edges.values() if (one["type"], one["end"]) == (edge["type"], edge["end"])}
    names = {writer.nodes[one]["name"] for one in (*tied, edge["end"])}
    others = [key for key, node in writer.nodes.items() if node["labels"][0] == kind and node["name"] not in names]
    if not others:
        return None
    said = writer.sentence(edge, start=writer.name(draw.choice(others)))
    return (f"{said}.", told.cites) if said else None


def invented(told: Told, _: Any, writer: Writer, draw: random.Random) -> tuple[str, tuple[str, ...]] | None:
    return told.text, (*told.cites[:1], f"E{len(writer.items) + draw.randrange(1, 90)}")


def stale(told: Told, edge: Any, writer: Writer, draw: random.Random) -> tuple[str, tuple[str, ...]] | None:
    """What was true once: another end, as an earlier version may have had it, or another day."""
    if edge is None:
        return None
    old = f"{draw.choice(['Old', 'Former'])} {writer.nodes[edge['end']]['name']} {draw.randrange(2, 9)}"
    said = writer.sentence(edge, end=old) if draw.random() < 0.5 else writer.sentence(edge)
    if said is None:
        return None
    return (f"{said}." if old in said else f"{said} since {draw.randrange(1990, 2012)}."), told.cites


def uncited(told: Told, edge: Any, writer: Writer, draw: random.Random) -> tuple[str, tuple[str, ...]] | None:
    """True, and cited is the evidence of something else."""
    if edge is None:
        return None
    ends = {edge["start"], edge["end"]}
    others = [
        writer.of_fact[key]
        for key, one in writer.edges.items()
        if key in writer.of_fact and not ends <= {one["start"], one["end"]} and writer.of_fact[key] not in told.cites
    ]
    said = writer.sentence(edge)
    return (f"{said}.", (draw.choice(others),)) if others and said else None


FAULTS: dict[str, Plant] = {
    "wrong number": plain(wrong_number),
    "swapped entity": swapped,
    "wrong source": plain(wrong_source),
    "dropped negation": plain(dropped_negation),
    "invented citation": invented,
    "stale fact": stale,
    "true but uncited": uncited,
    "unit slip": plain(unit_slip),
}
CITED = {"invented citation", "true but uncited"}


def judge(
    made: list[tuple[Services, dict[str, Any], Writer]],
    clean: list[tuple[int, Told]],
    faulty: list[tuple[int, Told]],
    *,
    show: bool,
) -> None:
    """Have each answer written with its claims, and see which of them stood."""
    table: Counter[tuple[str, str]] = Counter()
    places = sorted({place for place, _ in (*clean, *faulty)})
    for place in places:
        services, document, _ = made[place]
        for told in [one for at, one in (*clean, *faulty) if at == place]:
            model = Scripted()
            model.claims, model.plan = [told], document["plan"]
            again = answer(
                Question(document["question"]),
                services.store, services.decisions, services.clock, from_json(document["plan"]),
                author=Author(model, Bare()),
            )  # fmt: skip
            if not any(call["purpose"] == "answer" for call in again["calls"]):
                table["not written", told.fault or "none"] += 1
                continue
            dropped = again["writer"]["dropped"]
            verdict = "refused" if dropped else "stood"
            table[told.fault or "none", verdict] += 1
            if show and (verdict == "refused") != (told.fault is not None):
                print(f"  {told.fault or 'true'} {verdict}: {told.text} {list(told.cites)}")
                print(f"      {dropped[0]['problem'] if dropped else ''}   of: {document['question'][:100]}")
    print(f"{'fault':20} {'caught':>7} {'missed':>7}")
    for fault in FAULTS:
        print(f"{fault:20} {table[fault, 'refused']:7} {table[fault, 'stood']:7}")
    print(f"not written by the model: {sum(n for (one, _), n in table.items() if one == 'not written')}")
    caught = sum(table[fault, "refused"] for fault in FAULTS)
    every = caught + sum(table[fault, "stood"] for fault in FAULTS)
    alarms, fine = table["none", "refused"], table["none", "stood"]
    print(f"caught {caught} of {every} ({caught / max(1, every):.1%})")
    print(f"false alarms {alarms} of {alarms + fine} true claims ({alarms / max(1, alarms + fine):.1%})")


if __name__ == "__main__":
    main()
