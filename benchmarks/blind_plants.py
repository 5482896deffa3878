"""One fault put into a true sentence, in two halves of forms, for ``blind_faults.py``; ``None`` where it cannot be."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.blind_sentences import DAY, SPELT, Answer, Fact, Line, Thing, many, spoken

TURNED = 0.4
"""How often of two ways the first is taken."""
FAULTS = (
    "wrong number", "swapped entity", "wrong source", "dropped negation", "invented citation", "stale fact",
    "true but uncited", "unit slip",
)  # fmt: skip
Planter = Callable[[Line, Answer, str, random.Random], Line | None]


def wrong_number(line: Line, _: Answer, half: str, draw: random.Random) -> Line | None:
    if line.number is not None:
        was = line.number[0]
        size = SPELT.index(was.lower()) if was.lower() in SPELT else int(was.replace(",", ""))
        other = size + draw.choice((-1, 1, 2) if half == "a" else (3, 10 * size, size))
        new = SPELT[other] if was.lower() in SPELT and other < len(SPELT) else str(other)
        return with_last(line, was, new)
    if line.fact is not None and re.fullmatch(r"\d+(?:\.\d+)?", line.fact.value):
        number = line.fact.value
        turned = half == "b" and number != number[::-1] and "." not in number and number[-1] != "0"
        return with_last(line, number, number[::-1] if turned else f"{number}1")
    return None


def with_last(line: Line, was: str, new: str) -> Line | None:
    """With another number in the place of the last one that is it."""
    found = [*re.finditer(rf"(?<![\w.-]){re.escape(was)}(?![\w-]|\.\d)", line.text, re.IGNORECASE)]
    if not found:
        return None
    start, end = found[-1].span()
    new = new.capitalize() if line.text[start].isupper() else new
    return replace(line, text=f"{line.text[:start]}{new}{line.text[end:]}")


def others(thing: Thing, line: Line, told: Answer) -> list[Thing]:
    """Things of the same type of which the sentence is not true."""
    so = {(one.subject.id, one.verb, one.object.id) for one in told.facts if one.object is not None}
    fact = line.fact
    found = []
    for one in told.things.values():
        if one.type != thing.type or one == thing or one.name == thing.name or one.short in line.text:
            continue
        if (
            fact is not None
            and fact.object is not None
            and {(one.id, fact.verb, fact.object.id), (fact.subject.id, fact.verb, one.id)} & so
        ):
            continue
        found.append(one)
    return found


def swapped_entity(line: Line, told: Answer, half: str, draw: random.Random) -> Line | None:
    if line.absence is not None:
        whole = {one.id for _, one, _ in told.absences}
        new = [one for one in others(line.absence[1], line, told) if one.id not in whole]
        return swap(line, line.absence[1], draw.choice(new)) if new else None
    if line.fact is None:
        return None
    if half == "b" and draw.random() < TURNED:
        return turned(line, line.fact, told)
    old = line.fact.object if line.fact.object is not None and draw.random() < TURNED else line.fact.subject
    new = others(old, line, told)
    if not new:
        return None
    other = draw.choice(new)
    if half == "a" and draw.random() < TURNED and old.label in line.text and old.label != old.name:
        return replace(line, text=line.text.replace(old.label, f"{old.name} ({other.key})"))
    return swap(line, old, other)


def turned(line: Line, fact: Fact, told: Answer) -> Line | None:
    """Who does it and to whom, the other way round; where that is something else."""
    symmetric = (told.ontology["predicates"].get(fact.predicate.lower()) or {}).get("symmetric")
    if fact.object is None or symmetric or fact.subject.short.casefold() == fact.object.short.casefold():
        return None
    for first, second in ((fact.subject.label, fact.object.label), (fact.subject.short, fact.object.short)):
        if first in line.text and second in line.text:
            text = line.text.replace(first, "\0").replace(second, first).replace("\0", second)
            return replace(line, text=text)
    return None


def swap(line: Line, old: Thing, new: Thing) -> Line | None:
    text = line.text
    for was, is_ in ((old.label, new.label), (old.short, new.short), (old.key, new.key)):
        if was in text:
            return replace(line, text=text.replace(was, is_))
    return None


def wrong_source(line: Line, told: Answer, half: str, draw: random.Random) -> Line | None:
    if line.fact is None or len(line.cites) != 1:
        return None
    wrong = sorted(one for one in told.datasets if one.split("@")[0] not in line.fact.datasets)
    if not wrong:
        return None
    named = draw.choice(wrong)
    inner = line.text[:1] + line.text[1:].rstrip(".")
    if half == "a":
        return replace(line, text=draw.choice((f"According to {named}, {inner}.", f"{inner}, says {named}.")))
    return replace(
        line,
        text=draw.choice(
            (f"{inner} (source: {named.split('@')[0]}).", f"The dataset {named.split('@')[0]} reports that {inner}.")
        ),
    )


def dropped_negation(line: Line, _: Answer, half: str, draw: random.Random) -> Line | None:
    if line.absence is not None:
        text = line.text.replace(" no ", draw.choice((" ", " some ")), 1)
        text = f"{text[3:4].upper()}{text[4:]}" if text.startswith("No ") else text
        return replace(line, text=text) if text != line.text else None
    if line.fact is None or line.fact.object is None:
        return None
    verb = line.fact.verb
    plain = many(verb)
    if f" {verb} " not in line.text:
        return None
    not_so = verb.replace("is ", "is not ", 1) if verb.startswith("is ") else f"does not {plain}"
    ways = (not_so,) if half == "a" else (f"never {verb}", f"hardly {verb}", f"in no way {verb}")
    return replace(line, text=line.text.replace(f" {verb} ", f" {draw.choice(ways)} ", 1))


def invented_citation(line: Line, told: Answer, half: str, draw: random.Random) -> Line | None:
    size = len(told.document["evidence"])
    ways: Sequence[tuple[str, ...]] = (
        ((f"E{size + 1}",), (*line.cites, f"E{size + 40}"), ("E0",))
        if half == "a"
        else (
            (line.cites[0].lower() + "x",),
            (*line.cites, told.document["evidence"][0]["facts"][0] if told.document["evidence"][0]["facts"] else "F1"),
            ("1",),
            (*line.cites, "C1"),
        )
    )
    return replace(line, cites=draw.choice(ways))


def stale_fact(line: Line, _: Answer, half: str, draw: random.Random) -> Line | None:
    if line.fact is None:
        return None
    day = DAY.fullmatch(line.fact.value)
    if day:
        was = spoken(line.fact.value, half)
        year = int(day[1])
        new = spoken(f"{year - draw.choice((1, 2, 5))}-{day[2]}-{day[3]}", half)
        if draw.random() < 0.5:
            new = spoken(f"{day[1]}-{int(day[2]) % 12 + 1:02}-{day[3]}", half)
        return replace(line, text=line.text.replace(was, new)) if was in line.text else None
    text, verb = line.text.rstrip("."), line.fact.verb
    be = many(verb).replace("are ", "be ", 1)
    if half == "a":
        ways = [f"{text} since {draw.choice((2009, 2014, 2019))}.", f"{text} until {draw.choice((2017, 2021))}."]
        instead = [f" no longer {verb} "]
    else:
        ways = [f"{text}, as of {draw.choice((2011, 2016))}.", f"Until last year, {line.text}"]
        ways.append(f"From {draw.choice((2030, 2031))} on, {line.text}")
        instead = [f" used to {be} ", f" formerly {verb} "]
    if f" {verb} " in line.text:
        ways += [line.text.replace(f" {verb} ", one, 1) for one in instead]
    return replace(line, text=draw.choice(ways))


def true_but_uncited(line: Line, told: Answer, half: str, draw: random.Random) -> Line | None:
    if line.fact is None or (line.fact.object is None and half == "b" and draw.random() < 0.5):
        return None
    ends = {line.fact.subject, line.fact.object}
    if len(line.cites) == 2:
        return replace(line, cites=(draw.choice(line.cites),))
    said = line.fact.object.short if line.fact.object else line.fact.value
    # What is said of another thing of the same name says it in the same words.
    own = {line.fact.subject.name.casefold(), line.fact.subject.key.casefold()}
    away = [
        one
        for one in told.facts
        if one.cite not in line.cites
        and not own & {end.name.casefold() for end in (one.subject, one.object) if end is not None}
    ]
    near = [
        one
        for one in told.facts
        if one.cite not in line.cites
        and {one.subject, one.object} & ends
        and one.verb != line.fact.verb
        and said not in (one.value, one.object.short if one.object else "", one.subject.short)
    ]
    ways: list[tuple[str, ...]] = [()] if half == "a" else []
    ways += [(draw.choice(away).cite,)] if away else []
    ways += [(draw.choice(near).cite,)] if near and half == "b" else []
    return replace(line, cites=draw.choice(ways)) if ways else None


def unit_slip(line: Line, told: Answer, half: str, draw: random.Random) -> Line | None:
    if line.number is not None:
        was, noun = line.number
        if not noun:
            return with_last(line, was, f"{was} {draw.choice(('%', 'hours') if half == 'a' else ('million', 'euros'))}")
        return other_noun(line, was, noun, told, half, draw)
    said = "" if line.fact is None else line.fact.value
    if re.fullmatch(r"\d+(?:\.\d+)?", said) and line.text.count(said) == 1:
        units = ("percent", "hours", "kilograms") if half == "a" else ("%", "euros", "million", "minutes")
        return replace(line, text=line.text.replace(said, f"{said} {draw.choice(units)}"))
    if DAY.fullmatch(said) and spoken(said, half) in line.text:
        spans = ("days", "weeks") if half == "a" else ("years", "months")
        return replace(line, text=line.text.replace(spoken(said, half), f"{said[:4]} {draw.choice(spans)}"))
    return None


def other_noun(  # noqa: PLR0913, PLR0917 (a number, its noun, and how the fault is made)
    line: Line, was: str, noun: str, told: Answer, half: str, draw: random.Random
) -> Line | None:
    """As many of something else, or another amount."""
    rows = told.document["answer"]["rows"]
    asked = {told.things[row["entity"]].type for row in rows if row["entity"] in told.things}
    family = {kind for one in asked for kind in told.family(one)}
    nouns = [f"{told.nouns(one)[0]}s" for one in told.ontology["types"] if told.nouns(one) and one not in family]
    nouns = [one for one in nouns if one[:-2] not in told.document["question"].lower() and one != noun]
    forms = (
        ("{} percent of the {}", "{} thousand {}") if half == "a" else ("{} % of {}", "{} dozen {}", "{} pairs of {}")
    )
    ways = [form.format(was, noun) for form in forms] + ([f"{was} {draw.choice(nouns)}"] if nouns else [])
    text = line.text.replace(f"{was} {noun}", draw.choice(ways))
    if text == line.text:
        text = line.text.replace(f"{was.capitalize()} {noun}", draw.choice(ways).capitalize())
    return replace(line, text=text) if text != line.text else None


PLANTERS: dict[str, Planter] = dict(
    zip(
        FAULTS,
        (wrong_number, swapped_entity, wrong_source, dropped_negation, invented_citation, stale_fact, true_but_uncited,
         unit_slip),
        strict=True,
    )
)  # fmt: skip
