"""A decision in plain sentences, for whoever it is about: what was decided, by what, on what, and how to contest it.

From the record alone. It says what a program did, and neither more than the record has nor that it is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kg.domain.decision import Document
from kg.text.passages import quotation

MOST_TOLD = 12
"""Pieces of evidence of each kind that are told; the others are counted."""
MOST_FILES = 3
NOBODY = "whoever runs this service"


def plainly(document: Document, contact: str = "") -> str:
    """The sentences, in paragraphs with a heading each."""
    parts = [("What was decided", _decided(document))]
    if document.get("purged"):
        parts.append(("What is left of it", _erased(document)))
    else:
        parts += [
            ("What the program did", _role(document)),
            ("What it is based on", _based_on(document)),
            ("What was not found", _absent(document)),
            ("What to know about it", _limits(document)),
        ]
    parts += [("Who looked at it", _reviewed(document)), ("How to contest it", _contest(document, contact))]
    told = [(title, list(lines)) for title, lines in parts]
    return "\n\n".join("\n".join([title.upper(), *lines]) for title, lines in told if lines) + "\n"


def _decided(document: Document) -> Iterator[str]:
    asked = document["trace"].get("asked_at")
    when = f" on {asked[:10]} at {asked[11:16]} UTC" if asked else ""
    yield f"This is about the decision {document['decision_id']}, made{when}."
    if document["question"]:
        yield f"The question was: {quotation(document['question'])}"
    said = {
        "answered": "The answer is: ",
        "false_premise": "What the question takes for granted was not found to be so. ",
        "ambiguous": "No answer was chosen, since the question can be read in several ways. ",
    }.get(document["outcome"], "")
    yield f"{said}{' '.join(document['answer']['text'].split())}"
    ledger = document.get("ledger", {})
    if ledger.get("superseded_by"):
        yield f"Another decision has taken its place: {ledger['superseded_by']}."


def _erased(document: Document) -> Iterator[str]:
    kinds = [item["kind"] for item in document["evidence"]]
    yield f"It rested on {_several(len(kinds), 'piece')} of evidence, whose words were erased for good:"
    for one in document["purged"]:
        yield f"- what {one['ref']} said was erased on {one['at'][:10]} (run {one['run']})."
    yield "Its record still shows when it was made, with which versions, and that nothing in it was changed."


def _role(document: Document) -> Iterator[str]:
    yield (
        "Whence, a computer program, looked the answer up in recorded facts and worked it out from them by "
        "fixed rules. It does not know what was done with the answer, or who decided on it."
    )
    if document["interpretation"]:
        yield f"It understood the question as: {document['interpretation']}."
    model = document["versions"]["model"]
    if model is None:
        yield "No language model (AI text generator) took part."
        return
    name = f"{model['name']} (a scripted stand-in, no model)" if model["scripted"] else model["name"]
    reader, writer = document["reader"], document["writer"]
    read = (
        "also read the question" if "model" in reader["by"] else "was asked how it reads the question, and not followed"
    )
    wrote = "wrote the sentences of the answer" if writer["by"] == "model" else "wrote none of the sentences"
    yield f"A language model, {name}, {read}, and {wrote}. It did not work anything out."
    if writer["by"] == "model":
        yield "Each of its sentences was checked by the program against the evidence that it names."
    if writer["dropped"]:
        count = len(writer["dropped"])
        yield f"{_several(count, 'sentence')} of the model did not stand up to the evidence and {_was(count)} left out."


def _based_on(document: Document) -> Iterator[str]:
    datasets = document["versions"]["graph"]["datasets"]
    as_of = document["as_of"]
    if datasets:
        known = f", as known on {as_of['known'][:10]}" if as_of.get("known") else ""
        yield f"Looked at: {', '.join(datasets)}; what holds on {as_of['valid']}{known}."
    kinds = {
        "conflict": "Sources contradict each other:",
        "policy": "The rule that was applied:",
        "fact": "The facts that carry the answer:",
        "path": "The chain of facts that carries the answer:",
        "passage": "What texts say:",
    }
    for kind, title in kinds.items():
        items = [item for item in document["evidence"] if item["kind"] == kind]
        if items:
            yield title
            yield from _listed(f"{item['text']} {_places(item['sources'])}" for item in items)


def _absent(document: Document) -> Iterator[str]:
    items = [item for item in document["evidence"] if item["kind"] == "absence"]
    yield from _listed(f"{item['text']} {_searched(item['sources'])}" for item in items)


def _limits(document: Document) -> Iterator[str]:
    yield from (f"- Not looked at: {cut}." for cut in document["explanation"].get("cut", ()))
    if document["explanation"]["left_out"]:
        yield f"- {_several(document['explanation']['left_out'], 'more fact')} that it rests on: in the record only."
    confidence = document["confidence"]["value"]
    if confidence is not None:
        yield f"- By past measurements the answer to such a question is right {confidence:.0%} of the time."
    for side in document["answer"]["choices"]:
        yield f"- It can be read as: {side['interpretation']}."


def _reviewed(document: Document) -> Iterator[str]:
    review = document["review"]
    if not review["required"]:
        yield "No rule asked for a person to look at it before it was given, and none is recorded to have done so."
        return
    because = f" ({review['reason']})" if review["reason"] else ""
    state = str(review["state"]).replace("_", " ")
    yield f"A person had to look at it{because}. State of this review: {state}."
    if review.get("by"):
        reason = f": {review['state_reason']}" if review.get("state_reason") else ""
        yield f"Last word by {review['by']}{reason}."
    if review.get("answer"):
        yield f"The answer was corrected to: {review['answer']}"


def _contest(document: Document, contact: str) -> Iterator[str]:
    yield (
        f"You can ask {contact or NOBODY} for a person to look at this decision, say what is wrong with the facts "
        f"above, and ask for it to be made anew. Name its number: {document['decision_id']}."
    )
    if not document.get("purged"):
        yield "Each fact names the file and the place it was read from, so that it can be looked up and corrected."


def _listed(texts: Iterable[str]) -> Iterator[str]:
    found = [" ".join(text.split()) for text in texts]
    yield from (f"- {text}" for text in found[:MOST_TOLD])
    if len(found) > MOST_TOLD:
        yield f"- and {len(found) - MOST_TOLD} more"


def _places(sources: list[dict[str, Any]]) -> str:
    told = [f"{one['dataset']}, {one['source'].rpartition('/')[2]}, {one['locator']}" for one in sources[:MOST_FILES]]
    more = f" and {len(sources) - MOST_FILES} more" if len(sources) > MOST_FILES else ""
    return f"[{'; '.join(told)}{more}]" if told else ""


def _searched(sources: list[dict[str, Any]]) -> str:
    named = sorted({f"{one['dataset']}" for one in sources})
    more = f" and {len(named) - MOST_FILES} more" if len(named) > MOST_FILES else ""
    return f"[searched: {', '.join(named[:MOST_FILES])}{more}]" if named else ""


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
