"""What the stretches of a question mean by themselves: their charts, whether they ask if, whom a pronoun means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kg.answer.reading.chart import Chart
from kg.answer.reading.parts import AnswerPart, OpPart, Part, SetPart, altered, scored
from kg.answer.reading.rules import Grammar
from kg.answer.reading.sentences import ASKING, AUXILIARIES, POSSESSIVE, SPEAKER, asks_from, sentences
from kg.domain.plan import Compare
from kg.domain.question import Linked

PRONOUNS = frozenset(
    {
        "that",
        "this",
        "those",
        "these",
        "them",
        "they",
        "it",
        "its",
        "their",
        "he",
        "she",
        "him",
        "her",
        "his",
        "ones",
        "one",
    }
)
SEVERAL = frozenset({"they", "them", "those", "ones"})
PEOPLE = frozenset({"he", "she", "him", "her", "his", "himself", "herself"})


@dataclass
class Stretches:
    """The stretches of one question, each read once."""

    linked: Linked
    grammar: Grammar
    leaves: dict[tuple[int, int], list[Part]]
    joins: int = 0
    charts: dict[tuple[int, int, tuple[SetPart, ...]], Chart] = field(default_factory=dict)
    seen: dict[tuple[int, int, tuple[SetPart, ...]], list[Part]] = field(default_factory=dict)

    def before_he(self, start: int, end: int) -> Iterator[SetPart]:
        """Whom "he" or "her" means that is named before it in the same clause."""
        words = self.linked.words
        people = [i for i in range(start, end) if words[i].folded in PEOPLE]
        if people:
            yield from (
                part
                for m in self.linked.mentions
                if m.kind == "entity" and start <= m.start and m.end <= people[0]
                for part in self.named(m.start, m.end)
            )

    def named(self, start: int, end: int) -> Iterator[SetPart]:
        for part in self.leaves.get((start, end), ()):
            if isinstance(part, SetPart) and part.named:
                yield part

    def whole(self, start: int, end: int, antecedents: tuple[SetPart, ...] = ()) -> list[Part]:
        """What a stretch as a whole may mean."""
        words = self.linked.words
        pronouns = [i for i in range(start, end) if words[i].folded in PRONOUNS] if antecedents else []
        key = (start, end, antecedents[:3] if pronouns else ())
        if key not in self.seen:
            chart = self.chart(start, end, key[2], pronouns)
            found = chart.between(start, end)
            asked = self._yes_no(start, end)
            if asked is not None:
                told = (made for part in found for made in self.grammar.join(asked, part))
                found = [*told, *(self._not_whether(part) for part in found)]
            asked_from = asks_from(self.linked, start, end)
            talk = sum(1 for place in chart.unexplained if start <= place < asked_from)
            lost = sum(1 for place in chart.unexplained if asked_from <= place < end)
            cost = tuple((name, float(n)) for name, n in (("unexplained", lost), ("unexplained_talk", talk)) if n)
            self.seen[key] = [scored(part, self.grammar.weights, *cost, of=(part,)) for part in found]
        return self.seen[key]

    def _not_whether(self, part: Part) -> Part:
        """A part of a clause that asks whether, read as if it did not; "is A or B more …" asks which."""
        compares = isinstance(part, AnswerPart) and isinstance(part.plan, Compare)
        if compares or (isinstance(part, SetPart) and len(part.options) > 1 and part.order):
            return part
        return scored(part, self.grammar.weights, ("yes_no_lost", 1.0), of=(part,))

    def chart(self, start: int, end: int, antecedents: tuple[SetPart, ...], pronouns: list[int]) -> Chart:
        """The chart of the sentence around the stretch; with pronouns, one of its own."""
        if not pronouns:
            place = next(((a, b) for a, b in sentences(self.linked) if a <= start and end <= b), (start, end))
        else:
            place = (start, end)
        key = (*place, antecedents)
        if key not in self.charts:
            a, b = place
            parts = {span: list(found) for span, found in self.leaves.items() if a <= span[0] and span[1] <= b}
            for i in pronouns:
                word = self.linked.words[i].folded
                for antecedent in antecedents:
                    single = antecedent.named and not antecedent.options
                    told = (
                        ("anaphor", 1.0),
                        ("words", 0.3),
                        ("anaphor_possessive", float(word in POSSESSIVE)),
                        ("anaphor_number", float(single and word in SEVERAL)),
                        ("anaphor_found", float(word == "it" and not antecedent.named)),
                    )
                    # Named in talk that asks nothing, it is told here.
                    meant = altered(antecedent, anaphor=True, focus=False, wh=False)
                    made = scored(meant, self.grammar.weights, *told, of=(antecedent,))
                    parts.setdefault((i, i + 1), []).append(made)
            chart = Chart(self.linked, self.grammar, parts, a, b)
            chart.joins = self.joins
            chart.fill()
            self.joins = chart.joins
            self.charts[key] = chart
        return self.charts[key]

    def _ties(self, place: int) -> bool:
        """Whether a question word only ties what follows to a noun: ``a herb by which``, ``a grower whose beds``."""
        words = self.linked.words
        before = place
        while before > max(0, place - 3) and words[before - 1].weight in ("light", "filler", "drop"):
            before -= 1
        nouns = (m for m in self.linked.mentions if m.kind in ("type", "role", "entity"))
        return (
            place > 0
            and words[place].folded in ("which", "whom", "whose", "who")
            and any(m.end == before for m in nouns)
        )

    def _yes_no(self, start: int, end: int) -> OpPart | None:
        """A clause that begins with an auxiliary, and has no question word, asks whether."""
        words = self.linked.words
        spoken = (
            i for i in range(start, end) if words[i].text[0].isalnum() and words[i].folded not in ("and", "but", "so")
        )
        first = next(spoken, start)
        if words[first].folded in ("are", "were") and first + 1 < end and words[first + 1].folded == "there":
            # "Are there models without tests?" asks which, too.
            return None
        asking = any(words[i].folded in ASKING and not self._ties(i) for i in range(start, end))
        speaker = first + 1 < end and words[first + 1].folded in SPEAKER
        doubled = first + 1 < end and words[first].folded == "were" and words[first + 1].folded in AUXILIARIES
        if words[first].folded in AUXILIARIES and not asking and not speaker and not doubled:
            return scored(OpPart(op="yes_no"), self.grammar.weights, ("yes_no", 1.0))
        return None
