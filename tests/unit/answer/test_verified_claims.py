"""Claims against their evidence: ids, numbers, names and polarity."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.answer.verify import verify
from kg.answer.wording import Wording
from kg.domain.evidence import Claim, Draft, Evidence, EvidenceSet
from kg.domain.fact import Entity
from kg.domain.ontology_file import parse
from kg.domain.result import Result, Row
from tests.builders import ONTOLOGY
from tests.unit.answer.worlds import CORE

ANN = Entity("person:P1003", "Person", "Ann", keys=("P1003",))
BOB = Entity("person:P10", "Person", "Bob", keys=("P10",))
CAT = Entity("person:P7", "Person", "P7", keys=("P7",))
DAN = Entity("person:P70", "Person", "P70", keys=("P70",))
ENTITIES = {one.id: one for one in (ANN, BOB, CAT, DAN)}
WORDING = Wording(parse(ONTOLOGY, core=CORE), ENTITIES)
READ_AS = "the 2 people that know Ann (P1003)"
EVIDENCE = EvidenceSet(
    (
        Evidence("E1", "fact", "Ann (P1003) knows Bob (P10) from 2024-03-31.", facts=("f1",)),
        Evidence("E2", "fact", "P70 knows Ann (P1003).", facts=("f2",)),
        Evidence(
            "E3", "absence", "Searched for firms and found none for Ann (P1003) (12 facts read).", entities=(ANN.id,)
        ),
    )
)
RESULT = Result("list", (Row(BOB.id, ("f1",)), Row(DAN.id, ("f2",))), {}, ENTITIES, value=41, of=52)


def verdict(text: str, *evidence: str, result: Result = RESULT) -> str:
    draft = Draft((Claim("C1", text, evidence),))
    return verify(draft, EVIDENCE, result, WORDING, READ_AS)[0].verdict


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("Ann (P1003) knows Bob (P10).", ["E1"]),
        ("Ann (P1003) knows Bob (P10) since 2024-03-31.", ["E1"]),
        ("P70 knows Ann (P1003).", ["E2"]),
        ("41 of 52.", ["E1"]),
        ("2: Bob (P10) and P70.", ["E1", "E2"]),
        (f"41. I counted {READ_AS}.", ["E1"]),
        ("Nothing was found for Ann (P1003).", ["E3"]),
    ],
)
def test_a_claim_that_its_evidence_bears_out_is_supported(text: str, evidence: list[str]) -> None:
    assert verdict(text, *evidence) == "supported"


@pytest.mark.parametrize(
    "text",
    ["Ann (P1003) knows 17 people.", "Ann (P1003) knows 100 people.", "It was in 2023.", "1,003,000 of them.", "41.5"],
)
def test_a_number_that_is_in_no_evidence_and_was_not_counted_is_unsupported(text: str) -> None:
    assert verdict(text, "E1", "E2") == "unsupported"


@pytest.mark.parametrize("evidence", [["E9"], ["E1", "E9"], ["e1"]])
def test_an_unknown_evidence_id_is_unsupported(evidence: list[str]) -> None:
    assert verdict("Ann (P1003) knows Bob (P10).", *evidence) == "unsupported"


def test_a_claim_without_evidence_is_unsupported_where_there_are_rows() -> None:
    assert verdict("Ann (P1003) knows somebody.") == "unsupported"
    assert verdict("Somebody is known.", result=replace(RESULT, rows=())) == "supported"


@pytest.mark.parametrize("text", ["Ann (P1003) knows P70.", "P7 knows Ann (P1003)."])
def test_a_name_that_is_not_in_the_cited_evidence_is_unsupported(text: str) -> None:
    assert verdict(text, "E1") == "unsupported"


@pytest.mark.parametrize("text", ["Ann (P1003) knows nobody but not Bob (P10).", "Ann (P1003) never met Bob (P10)."])
def test_a_negation_without_an_absence_is_unsupported(text: str) -> None:
    assert verdict(text, "E1") == "unsupported"
    assert verdict(text, "E1", "E3") == "supported"


def test_each_claim_has_a_verdict_of_its_own() -> None:
    draft = Draft((Claim("C1", "P70 knows Ann (P1003).", ("E2",)), Claim("C2", "Ninety 90.", ("E2",))))
    found = verify(draft, EVIDENCE, RESULT, WORDING, READ_AS)
    assert [(claim.id, claim.verdict) for claim in found] == [("C1", "supported"), ("C2", "unsupported")]
