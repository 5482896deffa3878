"""A question's sentences and clauses: what is asked, what is said around it, and what one clause means by "them"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kg.answer.reading.counting import ASKS
from kg.answer.reading.finished import finished
from kg.answer.reading.parts import (
    AnswerPart,
    Feature,
    OpPart,
    Part,
    SetPart,
    TopicPart,
    VersionPart,
    altered,
    scored,
)
from kg.answer.reading.rules import Grammar
from kg.answer.reading.sentences import (
    ASKING,
    asked_words,
    pauses,
    sentences,
    splits,
)
from kg.answer.reading.stretches import SEVERAL, Stretches
from kg.answer.reading.topics import about
from kg.domain.plan import At, Compare, Entities, Plan, Test, walk
from kg.domain.question import SURE, Linked, Mention
from kg.domain.words import labels
from kg.text.language import english

AGAIN = SEVERAL | frozenset({"it", "he", "she"})
"""Pronouns by which a clause that asks again speaks of what the one before it found."""
OF_THESE = frozenset({"of", "among", "amongst"})
LEAST_ISLAND = 2
AT_EASE = frozenset({"when", "where"})
"""Question words that talk behind a question often begins with: ``when you have time``."""
BEHIND = 2.0
"""How much more it weighs to pass over what is known where it stands behind the question: that is seldom talk."""
ORDERED = dict.fromkeys(("most", "most_of", "more"), "asks_most") | dict.fromkeys(("fewest", "fewer"), "asks_fewest")
"""Cues by which a clause that names nothing new orders what was compared before it."""
KEPT = 5
"""Readings of one clause that are carried on."""


@dataclass(frozen=True, slots=True)
class Story:
    """A reading of all clauses so far: what is asked, in order, and what pronouns may stand for."""

    plans: tuple[Plan, ...] = ()
    score: float = 0.0
    features: tuple[Feature, ...] = ()
    antecedents: tuple[SetPart, ...] = ()
    topic: TopicPart | None = None
    last: SetPart | None = None


@dataclass
class Clauses:
    """Reads one question clause by clause."""

    linked: Linked
    grammar: Grammar
    stretches: Stretches

    def read(self) -> list[Story]:
        """Readings of the whole question, best first. Raises TooLong."""
        stories, asked = [Story()], asked_words(self.linked)
        for start, end in sentences(self.linked):
            stories = self._sentence(stories, start, end, asks=start in asked)
        # What is asked twice in the same words of a plan was not understood the second time.
        told = [story for story in stories if story.plans and len(set(story.plans)) == len(story.plans)]
        return sorted(told, key=lambda story: -story.score)

    # --- sentences ---

    def _sentence(self, stories: list[Story], start: int, end: int, *, asks: bool) -> list[Story]:
        found: list[Story] = []
        unasked = ("told_unasked", float(not asks))
        for story in stories:
            ways = splits(self.linked, start, end)
            for way in ways:
                current = [story]
                for place in way:
                    current = [more for one in current for more in self._clause(one, *place)]
                    current = sorted(current, key=lambda one: -one.score)[: KEPT * 2]
                told = (("clause", float(len(way) - 1)), ("unsplit", self._unsplit(ways[-1], way)))
                found += [self._with(one, *told, *((unasked,) if _lists(one, story) else ())) for one in current]
            found += self._context(story, start, end)
            found += self._why(story, start, end)
            found += self._islands(story, start, end)
        unique: dict[tuple[Plan, ...], Story] = {}
        for one in sorted(found, key=lambda one: -one.score):
            unique.setdefault(one.plans + ((None,) if one.topic else ()), one)  # type: ignore[operator]
        return list(unique.values())[: KEPT * 3]

    def _with(self, story: Story, *told: Feature) -> Story:
        cost = sum(self.grammar.weights.get(name, 0.0) * value for name, value in told)
        return replace(story, score=story.score + cost, features=(*story.features, *told))

    def _unsplit(self, ways: list[tuple[int, int]], way: list[tuple[int, int]]) -> float:
        """How much speaks for cutting a sentence that is left whole; a pronoun in what asks again says most."""
        if len(way) >= len(ways):
            return 0.0
        words = self.linked.words
        again = any(words[i].folded in AGAIN for start, end in ways[1:] for i in range(start, end))
        return 2.0 if again else 1.0

    def _islands(self, story: Story, start: int, end: int) -> Iterator[Story]:
        """A stretch of the sentence is what is asked, and the rest before and behind it is talk."""
        bounds = [start, *pauses(self.linked, start, end), end]
        for i, a in enumerate(bounds):
            for b in bounds[i + 1 :]:
                if (a, b) == (start, end) or b - a < LEAST_ISLAND:
                    continue
                before = list(self._context(story, start, a))[-1:] if a > start else [story]
                for talked in before:
                    told = sorted(self._clause(talked, a, b), key=lambda one: -one.score)[:2]
                    for one in told:
                        yield from list(self._context(one, b, end))[-1:] if b < end else [one]

    def _why(self, story: Story, start: int, end: int) -> Iterator[Story]:
        """``X fills Y. Why is it so?``: what was claimed is taken for granted."""
        inside = [m for m in self.linked.mentions if start <= m.start and m.end <= end]
        why = any(m.kind == "cue" and m.value == "why" for m in inside)
        if why and story.plans and isinstance(story.plans[-1], Test) and all(m.kind == "cue" for m in inside):
            plans = (*story.plans[:-1], replace(story.plans[-1], presumed=True))
            yield replace(story, plans=plans, score=story.score + 0.5, features=(*story.features, ("why_so", 1.0)))

    def _context(self, story: Story, start: int, end: int) -> Iterator[Story]:
        """The sentence taken as talk: it asks nothing, but may name what is spoken of."""
        weights = self.grammar.weights
        words = self.linked.words
        if words[start].folded in OF_THESE and not story.plans:
            # "Of the books she wrote, which …" is what is asked about.
            return
        inside = [m for m in self.linked.mentions if start <= m.start and m.end <= end]
        asks = any(words[i].folded in ASKING for i in range(start, end)) or words[end - 1].text == "?"
        # What a pronoun takes up again was not passed over.
        named = [
            scored(part, weights, ("context_passed", -float(self._content(m.start, m.end))), of=(part,))
            for m in inside
            if m.kind == "entity"
            for part in self.stretches.named(m.start, m.end)
        ]
        content = self._content(start, end)
        sure = {
            i
            for m in inside
            if m.kind not in ("cue", "dataset", "number") and m.score >= SURE
            for i in range(m.start, m.end)
        }
        passed = sum(1 for i in sure if words[i].weight == "content")
        features = (
            ("context", 1.0),
            ("unexplained_context", float(content - passed)),
            ("context_passed", passed * (BEHIND if story.plans else 1.0)),
            ("context_asks", float(asks)),
            *(self._no_talk(start, end, inside) if story.plans else ()),
        )
        cost = sum(weights.get(name, 0.0) * value for name, value in features)
        for topic, left in self._topics(start, end):
            arguments = _told_already(topic)
            talk = (("context", 1.0), ("unexplained_context", float(left)))
            yield Story(
                story.plans,
                story.score + topic.score + sum(weights.get(name, 0.0) * value for name, value in talk),
                (*story.features, *topic.features, *talk),
                (*arguments, *story.antecedents),
                topic,
                story.last,
            )
        yield Story(
            story.plans,
            story.score + cost,
            (*story.features, *features),
            (*named, *story.antecedents),
            story.topic,
            story.last,
        )

    def _content(self, start: int, end: int) -> int:
        return sum(word.weight == "content" for word in self.linked.words[start:end])

    def _no_talk(self, start: int, end: int, inside: list[Mention]) -> tuple[Feature, ...]:
        """What speaks against talk behind a question: it restricts (``but not in 2022``), or asks again."""
        words = self.linked.words
        known = {i for m in inside for i in range(m.start, m.end)}
        told = any(m.kind not in ("cue", "dataset") for m in inside)
        strange = (words[i] for i in range(start, end) if i not in known and words[i].weight == "content")
        told = told or any(labels(word.text) for word in strange)
        binding = sum(words[i].folded in english().binding for i in range(start, end)) if told else 0
        speaks = any(words[i].weight in ("content", "filler") for m in inside for i in range(m.start, m.end))
        again = speaks and any(words[i].folded in ASKING - AT_EASE for i in range(start, end))
        return ("skip_binding", float(binding)), ("ask_lost", float(again))

    def _topics(self, start: int, end: int) -> list[tuple[TopicPart, int]]:
        """The best topics that a stretch of talk sets, each with how many words beside it say something else."""
        chart = self.stretches.chart(start, end, (), [])
        words = self.linked.words
        found = []
        for (i, j), parts in chart.cells.items():
            a, b = chart.units[i], chart.units[j - 1] + 1
            if start <= a and b <= end:
                left = sum(1 for at in range(start, end) if words[at].weight == "content" and not a <= at < b)
                left += sum(1 for at in chart.unexplained if a <= at < b)
                found += [(part, left) for part in parts if isinstance(part, TopicPart)]
        found.sort(key=lambda pair: pair[0].score - 0.5 * pair[1], reverse=True)
        return found[:2]

    # --- clauses ---

    def _clause(self, story: Story, start: int, end: int) -> Iterator[Story]:
        """What a clause adds to what was said before."""
        whole = self.stretches.whole(start, end, (*story.antecedents, *self.stretches.before_he(start, end)))
        count = 0
        yield from self._which_of_them(story, start, end)
        for part in whole:
            for more in self._applied(part, story):
                for plan, features, last in finished(more):
                    yield self._told(story, more, plan, features, last)
                    count += 1
                    if count >= KEPT * 2:
                        return
            if isinstance(part, TopicPart) and not story.plans:
                yield Story(
                    story.plans,
                    story.score + part.score,
                    (*story.features, *part.features),
                    (*_told_already(part), *story.antecedents),
                    part,
                    story.last,
                )
            if isinstance(part, OpPart) and story.plans:
                yield from self._ordered(story, part.op, part.score, part.features)
            if isinstance(part, VersionPart) and story.last is not None and story.plans:
                again = self._at_another(story, part)
                if again is not None:
                    yield again

    def _ordered(self, story: Story, cue: str, score: float, features: tuple[Feature, ...]) -> Iterator[Story]:
        """``…, and whose is highest``: which of what was compared is asked for."""
        order = {"asks_most": "most", "asks_fewest": "fewest"}.get(ASKS.get(cue, cue))
        last = story.plans[-1]
        if order is not None and isinstance(last, Compare) and last.order is None:
            plan = replace(last, order=order)  # type: ignore[arg-type]
            yield replace(
                story,
                plans=(*story.plans[:-1], plan),
                score=story.score + score,
                features=(*story.features, *features),
            )

    def _which_of_them(self, story: Story, start: int, end: int) -> Iterator[Story]:
        """``…, and which of the three has the broadest coverage``: it names nothing new, and asks for the most."""
        inside = [m for m in self.linked.mentions if start <= m.start and m.end <= end]
        asked = {self.linked.words[i].folded for i in range(start, end)} & ASKING
        orders = {ORDERED[m.value] for m in inside if m.kind == "cue" and m.value in ORDERED}
        named = any(m.kind == "entity" and m.score >= SURE for m in inside)
        if story.plans and asked and len(orders) == 1 and not named:
            known = {i for m in inside for i in range(m.start, m.end)}
            told = sum(self.linked.words[i].weight == "content" for i in known)
            lost = sum(self.linked.words[i].weight == "content" for i in range(start, end) if i not in known)
            last = story.plans[-1]
            all_ = isinstance(last, Compare) and any(
                m.kind == "number" and m.value == str(len(last.options)) for m in inside
            )
            features = (("words", float(told)), ("unexplained", float(lost)), ("of_them", float(all_)))
            score = sum(self.grammar.weights.get(name, 0.0) * value for name, value in features)
            yield from self._ordered(story, orders.pop(), score, features)

    def _applied(self, part: Part, story: Story) -> Iterator[Part]:
        """The clause, said of the topic where it still waits for one."""
        if story.topic is None:
            yield part
            return
        if isinstance(part, SetPart) and (
            part.pending or part.losing is not None or story.topic.shift is not None or part.wider
        ):
            yield from about(self.grammar, story.topic, part, (part,))
        if isinstance(part, AnswerPart):
            yield from self.grammar.join(altered(story.topic, score=0.0, features=()), part)
        yield scored(part, self.grammar.weights, ("topic_unused", 1.0), of=(part,))

    def _told(self, story: Story, part: Part, plan: Plan, features: tuple[Feature, ...], last: SetPart | None) -> Story:
        told = sum(value for name, value in (*story.features, *part.features) if name == "context_passed")
        if told < 0:
            # Taken up twice, it was passed over once.
            features = (*features, ("context_passed", -told))
        score = part.score + sum(self.grammar.weights.get(name, 0.0) * value for name, value in features)
        named = tuple(_named_parts(plan, self))
        own = (altered(last, score=0.0, features=()),) if last is not None else ()
        return Story(
            (*story.plans, plan),
            story.score + score,
            (*story.features, *part.features, *features),
            (*own, *named, *story.antecedents)[:6],
            None,
            last,
        )

    def _at_another(self, story: Story, version: VersionPart) -> Story | None:
        """``… in the May list, how many now in June``: the same, at the other version, beside it."""
        last = story.last
        if last is None or not isinstance(last.plan, At) or len(version.points) != 1 or version.change is not None:
            return None
        first = last.plan
        label = first.point.datasets[0].partition("@")[2] if first.point.datasets else str(first.point.as_of)
        compare = Compare((first, At(first.source, version.points[0])), (label, version.labels[0]))
        weight = self.grammar.weights.get("version_again", 0.0)
        return Story(
            (*story.plans[:-1], compare),
            story.score + version.score + weight,
            (*story.features, *version.features, ("version_again", 1.0)),
            story.antecedents,
            None,
            last,
        )


def _lists(story: Story, before: Story) -> bool:
    """Whether it has plans that were not there before, and that claim nothing."""
    return any(not isinstance(plan, Test) for plan in story.plans[len(before.plans) :])


def _told_already(topic: TopicPart) -> tuple[SetPart, ...]:
    """What a topic speaks of, as what a pronoun may stand for."""
    return () if topic.argument is None else (altered(topic.argument, score=0.0, features=()),)


def _named_parts(plan: Plan, clauses: Clauses) -> Iterator[SetPart]:
    """Entities that a plan names, as what a pronoun may stand for."""
    for one in walk(plan):
        if isinstance(one, Entities) and one.ids:
            types = frozenset(clauses.linked.entities[i].type for i in one.ids if i in clauses.linked.entities)
            yield SetPart(plan=one, types=types, named=True)
