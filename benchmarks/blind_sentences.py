"""True sentences about recorded answers, in two halves of ways to say them, for ``blind_faults.py``."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from kg.bootstrap import Services

SPELT = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
PLURAL = {"is": "are", "has": "have", "was": "were", "does": "do"}
DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
MOST_LETTERS = 300
"""Of an absence of which sentences are made."""


@dataclass(frozen=True)
class Thing:
    """A node of a drawn answer."""

    id: str
    name: str
    key: str
    type: str

    @property
    def label(self) -> str:
        return f"{self.name} ({self.key})" if self.name != self.key else self.name

    @property
    def short(self) -> str:
        return self.name or self.key


@dataclass(frozen=True)
class Fact:
    """One piece of evidence, taken apart: ``subject verb object`` or ``the verb of subject is value``."""

    cite: str
    subject: Thing
    verb: str
    object: Thing | None
    value: str
    predicate: str
    datasets: frozenset[str]
    """All that say so."""


@dataclass
class Answer:
    """A recorded answer and what can be said of it."""

    services: Services
    document: dict[str, Any]
    ontology: dict[str, Any]
    things: dict[str, Thing] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    absences: list[tuple[str, Thing, str]] = field(default_factory=list)
    """What it cites, of whom, and what was not found."""
    datasets: set[str] = field(default_factory=set)

    def words(self, predicate: str, key: str) -> list[str]:
        found = self.ontology["predicates"].get(predicate.lower(), {})
        return [str(one) for one in found.get(key) or []]

    def nouns(self, type_: str) -> list[str]:
        return [str(one) for one in (self.ontology["types"].get(type_) or {}).get("nouns") or []]

    def family(self, type_: str) -> Iterator[str]:
        """The type and what it is a kind of."""
        while type_ in self.ontology["types"]:
            yield type_
            type_ = str((self.ontology["types"][type_] or {}).get("is"))

    @property
    def noun(self) -> str:
        """What the answer itself calls several of what was asked for."""
        said = self.document["claims"][0]["text"]
        found = re.match(r"(?:At least )?[\d,]+(?: of [\d,]+)? ([a-z][a-z -]+?)(?:[:.]| \()", said)
        return "" if found is None else found[1]


@dataclass(frozen=True)
class Line:
    """A true sentence and what it was made of."""

    text: str
    cites: tuple[str, ...]
    fact: Fact | None = None
    absence: tuple[str, Thing, str] | None = None
    number: tuple[str, str] | None = None
    """A number in it and the noun behind it."""


def taken_apart(services: Services, document: dict[str, Any], ontology: dict[str, Any]) -> Answer:
    made = Answer(services, document, ontology)
    for node in document["explanation"]["nodes"]:
        key = str(node["properties"].get("key") or node["id"].partition(":")[2])
        made.things[node["id"]] = Thing(node["id"], str(node["name"] or key), key, (node["labels"] or [""])[0])
    drawn = {one["id"]: one for one in document["explanation"]["relationships"]}
    labels = sorted(made.things.values(), key=lambda one: -len(one.label))
    for item in document["evidence"]:
        made.datasets |= {one["dataset"] for one in item["sources"]}
        text = item["text"].rstrip(".")
        if item["kind"] == "fact" and len(item["facts"]) == 1:
            made.facts += _fact(item, text, labels, drawn.get(item["facts"][0]), made.things)
        elif item["kind"] == "absence" and "and found none for " in text and len(text) < MOST_LETTERS:
            sought, _, whom = text.removeprefix("Searched for ").partition(" and found none for ")
            met = (one for one in labels if one.label in whom and one.label not in sought)
            made.absences += [(item["id"], one, sought) for one in met]
    return made


def _fact(
    item: dict[str, Any], text: str, labels: list[Thing], edge: dict[str, Any] | None, things: dict[str, Thing]
) -> Iterator[Fact]:
    subject = next((one for one in labels if text.startswith(one.label)), None)
    if subject is None:
        return
    rest = text.removeprefix(subject.label)
    datasets = frozenset(one["dataset"].split("@")[0] for one in item["sources"])
    if edge is not None and edge["end"] in things:
        end = things[edge["end"]]
        if edge["start"] == subject.id and rest.endswith(end.label):
            yield Fact(item["id"], subject, rest.removesuffix(end.label).strip(), end, "", edge["type"], datasets)
    elif rest.startswith(": ") and " is " in rest:
        verb, _, value = rest.removeprefix(": ").partition(" is ")
        yield Fact(item["id"], subject, verb, None, value, "", datasets)
    elif (found := re.search(r" (\d{4}-\d\d-\d\d|\d+(?:\.\d+)?)$", rest)) is not None:
        yield Fact(item["id"], subject, rest[: found.start()].strip(), None, found[1], "", datasets)


# --- ways to say what is so: half a, half b ---------------------------------------------------------------------------


def many(verb: str) -> str:
    """The verb as it is said of several."""
    first, _, rest = verb.partition(" ")
    if first not in PLURAL and first.endswith("ies"):
        first = f"{first[:-3]}y"
    elif first not in PLURAL and re.search(r"(?:ss|sh|ch|x)es$", first):
        first = first[:-2]
    elif first not in PLURAL and first.endswith("s") and not first.endswith("ss"):
        first = first[:-1]
    return f"{PLURAL.get(first, first)} {rest}".strip()


def spoken(day: str, half: str) -> str:
    year, month, number = (int(one) for one in day.split("-"))
    name = MONTHS[month - 1]
    return f"{number} {name} {year}" if half == "a" else f"{name} {number}, {year}"


def passive(phrase: str) -> str:
    return (
        f"is {phrase}" if re.search(r"\b(?:by|from)$", phrase) and not phrase.startswith(("comes", "is ")) else phrase
    )


def tie(fact: Fact, told: Answer, half: str, draw: random.Random) -> Iterator[str]:
    """One fact between two things."""
    if fact.object is None:
        return
    one, other, verb = fact.subject, fact.object, fact.verb
    if half == "a":
        yield f"The evidence shows that {one.label} {verb} {other.label}."
        yield f"{one.key} {verb} {other.key}."
        yield f"It is {one.short} that {verb} {other.short}."
        if " " not in verb:
            yield f"As for {other.label}, {one.label} {verb} it."
        for phrase in draw.sample(told.words(fact.predicate, "phrases"), 1) if fact.predicate else ():
            yield f"{one.label} {phrase} {other.label}."
    else:
        yield f"According to the sources, {one.short} ({one.key}) {verb} {other.short} ({other.key})."
        yield f"{one.short} also {verb} {other.short}."
        yield f"Among those found is {one.label}, which {verb} {other.label}."
        yield f"We know that {one.short} {verb} {other.label}."
        for phrase in (
            draw.sample(told.words(fact.predicate, "inverse"), 1) if told.words(fact.predicate, "inverse") else ()
        ):
            yield f"{other.label} {passive(phrase)} {one.label}."


def value(fact: Fact, half: str) -> Iterator[str]:
    """What one fact says of one thing."""
    if fact.object is not None:
        return
    said, day = fact.value, DAY.fullmatch(fact.value)
    verb = fact.verb if re.match(r"(?:is|was|has|are)\b", fact.verb) else ""
    if verb:
        yield (f"{fact.subject.label} {verb} {spoken(said, half)}." if day else f"{fact.subject.label} {verb} {said}.")
        if day and half == "b":
            yield f"On {spoken(said, half)} {fact.subject.short} {verb}."
    elif half == "a":
        yield f"The {fact.verb} of {fact.subject.label} is {said}."
        yield f"{fact.subject.short} has the {fact.verb} {said}."
    else:
        yield f"For {fact.subject.label} the {fact.verb} is given as {said}."
        yield f"{fact.subject.short}'s {fact.verb} is {said}."


def lacking(absence: tuple[str, Thing, str], half: str) -> Iterator[str]:
    _, who, sought = absence
    plain = re.sub(r" and that (?:are )?[a-z ]+ it$", "", sought)
    plain = plain.replace("that are ", "")
    if re.search(r"\bit\b|\bthey\b|^an? ", plain):
        return
    if half == "a":
        yield f"No {plain} were found for {who.label}."
        yield f"{who.short} has no {plain}."
    else:
        yield f"For {who.label}, the search found no {plain}."
        yield f"There are no {plain} for {who.short}."


def counted(told: Answer, half: str) -> Iterator[Line]:
    """How many there are in all."""
    found, every = told.document["answer"], tuple(item["id"] for item in told.document["evidence"])
    number, of = found["value"], found["of"]
    if found["type"] == "list":
        number, of = len({row["entity"] for row in found["rows"]}), None
    noun = told.noun
    if found["type"] not in ("list", "count") or not isinstance(number, int) or not noun or number < 2:
        return
    digits = (str(number), noun)
    spelt = (SPELT[number] if number < len(SPELT) else f"{number:,}", noun)
    if of:
        yield Line(
            f"{number} of the {of} {noun} fit." if half == "a" else f"It holds for {number} out of {of} {noun}.",
            every,
            number=digits,
        )
    elif half == "a":
        yield Line(f"In total there are {number} {noun}.", every, number=digits)
        yield Line(f"{spelt[0].capitalize()} {noun} were found.", every, number=spelt)
    else:
        yield Line(f"The answer is {number} {noun}.", every, number=digits)
        yield Line(f"There are {spelt[0]} such {noun}.", every, number=spelt)


def ranked(told: Answer, half: str) -> Iterator[Line]:
    """The number of one of those that were put in order."""
    claims = {one["id"]: tuple(one["evidence"]) for one in told.document["claims"]}
    for row in told.document["answer"]["rows"] if told.document["answer"]["type"] == "ranking" else ():
        if isinstance(row["value"], int) and row["entity"] in told.things and claims.get(row["claim"]):
            one, size = told.things[row["entity"]], str(row["value"])
            said = f"{one.label} comes to {size}." if half == "a" else f"The figure for {one.label} is {size}."
            yield Line(said, claims[row["claim"]], number=(size, ""))


def both(told: Answer, half: str) -> Iterator[Line]:
    """Two facts in one sentence."""
    ties = [one for one in told.facts if one.object is not None]
    for one, other in pairwise(ties):
        if one.object is None or other.object is None or one.verb != other.verb or one.subject == one.object:
            continue
        cites = (one.cite, other.cite)
        if one.object == other.object and one.subject.name != other.subject.name:
            said = f"{one.subject.short} and {other.subject.short}" + (" both" if half == "a" else "")
            yield Line(f"{said} {many(one.verb)} {one.object.short}.", cites, one)
        elif one.subject == other.subject and one.object != other.object:
            join = "and" if half == "a" else "as well as"
            yield Line(f"{one.subject.label} {one.verb} {one.object.short} {join} {other.object.short}.", cites, one)


def truths(told: Answer, half: str, draw: random.Random) -> list[Line]:
    found = [
        Line(text, (one.cite,), one) for one in told.facts for text in (*tie(one, told, half, draw), *value(one, half))
    ]
    found += [Line(text, (one[0],), absence=one) for one in told.absences for text in lacking(one, half)]
    return [*found, *counted(told, half), *ranked(told, half), *both(told, half)]
