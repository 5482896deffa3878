"""Evidence to claims by a language model: it writes, every claim is held against its evidence, one round of mending."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from kg.answer.pack import Packed, as_data, hiding, names_unseen, pack, withheld
from kg.answer.scrutiny import Checked, Scrutiny
from kg.answer.views import Views
from kg.answer.wording import Wording
from kg.domain.completion import Reply, Request
from kg.domain.evidence import Claim, EvidenceSet
from kg.domain.fact import Fact, FactId
from kg.domain.plan import Plan
from kg.domain.prompt import PromptChoice, PromptVersion
from kg.domain.question import Linked
from kg.domain.result import Result
from kg.errors import ModelError
from kg.ports.model import Model

ANSWER, REPAIR = "answer", "repair"
MAX_CLAIMS = 40
MAX_TOLD = 10
"""Rows of which each has to be named by a claim for the answer to stand; of more, as many."""


class Prompting(Protocol):
    """Prompts, chosen by name or reference when they are used."""

    def choose(self, name: str) -> PromptChoice:
        """Raises PromptNotFound."""
        ...

    def render(self, version: PromptVersion, variables: Mapping[str, Any]) -> tuple[str, str]:
        """What is said to the model: by the system, and by the user. Raises PromptInvalid."""
        ...


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a model: with which prompt, what it said, or why it said nothing."""

    purpose: str
    prompt: PromptChoice
    rendered: str
    """Hash of what was said to the model."""
    reply: Reply | None = None
    error: str | None = None
    ms: float = 0.0
    """Until it was answered or failed, budgets and tries included."""


@dataclass
class Author:
    """A model at work on one decision, on somebody's account; it keeps what it was used for."""

    model: Model
    prompts: Prompting
    caller: str = ""
    uses: list[Use] = field(default_factory=list)
    kept: bool = False
    """Whether nothing of this question may be sent: it names what the model may not see."""

    @property
    def above(self) -> str:
        """Why nothing is sent."""
        what = "what the question names" if self.kept else "evidence"
        return f"{what} is classified above what {self.model.spec.name} may see"

    def ask(self, name: str, variables: Mapping[str, Any], of: str | None = None) -> Use:
        """One call, answered in the form of this prompt or of another one; an error of the model is in the result."""
        chosen = self.prompts.choose(name)
        system, user = self.prompts.render(chosen.version, variables)
        form = chosen.version.template if of is None else self.prompts.choose(of).version.template
        request = Request(system, user, form.schema, chosen.version.template.parameters, name, self.caller, chosen)
        began = time.perf_counter()
        try:
            use = Use(name, chosen, request.rendered, self.model.complete(request))
        except ModelError as exc:
            use = Use(name, chosen, request.rendered, error=f"{exc.code}: {exc}")
        use = replace(use, ms=round((time.perf_counter() - began) * 1000, 3))
        self.uses.append(use)
        return use


@dataclass(frozen=True, slots=True)
class Written:
    """Claims of a model that stand; or none, with the reason."""

    claims: tuple[Claim, ...] = ()
    dropped: tuple[Checked, ...] = ()
    """Claims that did not stand."""
    reason: str | None = None
    """Why nothing of the model is in the answer."""
    packed: Packed = field(default=Packed(()))


@dataclass(frozen=True, slots=True)
class Material:
    """What an answer is written from."""

    question: str
    asked: str
    """The question as the model may see it."""
    interpretation: str
    computed: str
    """The answer in the words of the extractive writer, first sentence."""
    result: Result
    evidence: EvidenceSet
    facts: Mapping[FactId, Fact]
    wording: Wording
    notes: tuple[str, ...] = ()


def keep_back(author: Author | None, linked: Linked, plans: Iterable[Plan], views: Views) -> None:
    """Send the model nothing of a question that names what it may not see."""
    if author is not None:
        author.kept = names_unseen(linked, plans, views.below(author.model.spec.ceiling))


def write(material: Material, author: Author, low: Views) -> Written:
    """Claims of the model, checked; ``low`` reads as high as the model may see.

    Nothing is sent if a part of the evidence may not be seen by the model.
    """
    spec = author.model.spec
    if author.kept or withheld(material.evidence, material.result, material.facts, low):
        return Written(reason=author.above)
    if spec.redact and any(item.kind == "passage" for item in material.evidence.items):
        return Written(reason=f"a text may say what {spec.name} may not see")
    hide = hiding(material.facts.values(), material.wording, material.result.entities, spec)
    packed = pack(material.evidence, material.result, material.facts, spec, hide)
    ids = {one.id for one in packed.items}
    sent = EvidenceSet(tuple(item for item in material.evidence.items if item.id in ids))
    variables = _variables(material, packed, hide)
    use = author.ask(ANSWER, variables)
    if use.reply is None:
        return Written(reason=use.error, packed=packed)
    scrutiny = Scrutiny(
        material.question,
        material.interpretation,
        sent,
        material.result,
        material.facts,
        material.wording,
        material.computed,
    )
    checked = scrutiny.check(claims_of(use.reply))
    wrong = [one for one in checked if one.problem is not None]
    if wrong or not checked:
        again = author.ask(
            REPAIR,
            variables | {"reply": use.reply.text, "problems": [hide(one) for one in _problems(wrong)]},
            of=ANSWER,
        )
        if again.reply is not None:
            mended = scrutiny.check(claims_of(again.reply))
            if _good(mended) >= _good(checked):
                checked = mended
    kept = tuple(one.claim for one in checked if one.problem is None)
    dropped = tuple(one for one in checked if one.problem is not None)
    stands = _answers(kept, material, scrutiny)
    reason = None if stands else "what is left of its claims does not answer the question"
    return Written(_with_rows(kept, material.result, scrutiny) if stands else (), dropped, reason, packed)


def _with_rows(kept: Sequence[Claim], result: Result, scrutiny: Scrutiny) -> tuple[Claim, ...]:
    """The claims with the first row that each speaks of and no other does yet."""
    told: set[int] = set()
    found = []
    for claim in kept:
        named = scrutiny.named_in(claim.text)
        row = next((n for n, one in enumerate(result.rows) if one.entity in named and n not in told), None)
        told |= {n for n, one in enumerate(result.rows) if one.entity in named}
        found.append(replace(claim, row=row))
    return tuple(found)


def with_own(written: Written, own: Sequence[Claim], result: Result) -> tuple[Claim, ...]:
    """The model's claims, and our own of the rows that none of them speaks of."""
    text = " ".join(one.text for one in written.claims)
    told = {one.row for one in written.claims}
    rest = [
        one
        for one in own
        if one.row is not None and one.row not in told and result.entities[result.rows[one.row].entity].name not in text
    ]
    return tuple(replace(one, id=f"C{n}") for n, one in enumerate((*written.claims, *rest), 1))


def _good(checked: Sequence[Checked]) -> int:
    return sum(one.problem is None for one in checked)


def _problems(wrong: Sequence[Checked]) -> list[str]:
    return [f"“{one.claim.text}”: {one.problem}" for one in wrong] or ["there is no claim in it"]


def claims_of(reply: Reply) -> list[Claim]:
    """The claims of a reply that are of their form."""
    told = reply.content.get("claims")
    found: list[Claim] = []
    for one in (told if isinstance(told, list) else [])[:MAX_CLAIMS]:
        if isinstance(one, dict) and isinstance(one.get("text"), str) and one["text"].strip():
            cited = one.get("evidence")
            ids = [item for item in cited if isinstance(item, str)] if isinstance(cited, list) else []
            found.append(Claim(f"C{len(found) + 1}", " ".join(one["text"].split()), tuple(dict.fromkeys(ids))))
    return found


def _variables(material: Material, packed: Packed, hide: Callable[[str], str]) -> dict[str, Any]:
    notes = [*material.notes]
    if packed.left_out:
        notes.append(f"{packed.left_out} more pieces of evidence did not fit")
    return {
        "question": hide(material.asked),
        "interpretation": hide(as_data(material.interpretation)),
        "result": hide(as_data(material.computed)),
        "evidence": [{"id": one.id, "kind": one.kind, "text": one.text} for one in packed.items],
        "notes": [hide(as_data(one)) for one in notes],
    }


def _answers(kept: Sequence[Claim], material: Material, scrutiny: Scrutiny) -> bool:
    """Whether the claims that are left say what was asked for: the number, or each of the first rows."""
    if not kept:
        return False
    result = material.result
    text = " ".join(one.text for one in kept)
    if result.type == "count":
        return scrutiny.has_number(text, str(result.value))
    rows = list(dict.fromkeys(row.entity for row in result.rows))[:MAX_TOLD]
    named = scrutiny.named_in(text)
    return all(row in named for row in rows)
