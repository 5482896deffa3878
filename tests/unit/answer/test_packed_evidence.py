"""What a model is sent of the evidence: what is of most use, as much as fits, each thing once."""

from __future__ import annotations

import pytest

from kg.answer.pack import Packed, pack
from kg.domain.completion import ModelSpec
from kg.domain.evidence import Evidence, EvidenceSet
from kg.domain.result import Result, Row

ROWS = tuple(Row(f"herb:{n}", ()) for n in range(3))
RESULT = Result("list", ROWS, {}, {})


def of(number: int, text: str, entity: str = "", kind: str = "fact") -> Evidence:
    made = Evidence(f"E{number}", "fact", text, entities=(entity,) if entity else ())
    return made if kind == "fact" else Evidence(f"E{number}", "absence", text, entities=made.entities)


def packed(*items: Evidence, tokens: int = 10_000, left_out: int = 0) -> Packed:
    spec = ModelSpec("house", "house", context_tokens=tokens)
    return pack(EvidenceSet(items, left_out), RESULT, {}, spec, lambda text: text.replace("secret", "[withheld]"))


def ids(found: Packed) -> list[str]:
    return [item.id for item in found.items]


def test_all_that_fits_is_sent_in_its_order() -> None:
    items = [of(n, f"Herb {n} stands in bed {n}.", f"herb:{n}") for n in range(1, 4)]
    found = packed(*items)
    assert (ids(found), found.left_out, found.folded) == (["E1", "E2", "E3"], 0, 0)


def test_half_of_the_context_is_kept_free_and_what_did_not_fit_is_counted() -> None:
    text = "x" * 216  # 72 tokens, and 8 around them
    found = packed(*(of(n, f"{text}{n}") for n in range(1, 9)), tokens=2 * 250, left_out=4)
    assert (len(found.items), found.left_out) == (3, 5 + 4)


@pytest.mark.parametrize("first", [True, False])
def test_a_row_that_nothing_speaks_of_yet_goes_before_more_of_the_same(first: bool) -> None:  # noqa: FBT001 (a case)
    same = [of(n, f"{'x' * 200}{n}", "herb:0") for n in (1, 2, 3)]
    other = of(4, "x" * 201, "herb:1")
    found = packed(*([other, *same] if first else [*same, other]), tokens=2 * 160)
    assert "E4" in ids(found)
    assert len(found.items) == 2


def test_a_search_in_vain_goes_before_plain_facts() -> None:
    facts = [of(n, f"{'x' * 200}{n}", f"bed:{n}") for n in (1, 2, 3)]
    assert ids(packed(*facts, of(4, "x" * 201, kind="absence"), tokens=2 * 80)) == ["E4"]


def test_what_says_the_same_is_sent_once_and_searches_each() -> None:
    found = packed(
        of(1, "Ada tends Sage."), of(2, "ADA tends sage!"), of(3, "Found none."), of(4, "Found none.", kind="absence")
    )
    assert (ids(found), found.folded) == (["E1", "E3", "E4"], 1)


def test_what_cannot_be_seen_or_may_not_be_is_taken_out() -> None:
    [item] = packed(of(1, "Ada\u200b tends\x07 a secret \U000e0041herb.")).items
    assert item.text == "Ada tends  a [withheld] herb."
