"""Errors of decision tables, review rules and reviews."""

from __future__ import annotations

from kg.errors.root import Conflict, InvalidInput, NotFound


class TableInvalid(InvalidInput):
    """A decision table does not parse, does not fit the ontology, or has a hole or rows that overlap."""

    code = "table_invalid"


class ReviewInvalid(InvalidInput):
    """Review rules do not parse, or a move of a review lacks what it needs."""

    code = "review_invalid"


class RulesNotFound(NotFound):
    """No decision table or review rules, or no version or label of them, of that name."""

    code = "rules_not_found"


class ReviewNotFound(NotFound):
    """The decision has no review: no rule asked for one."""

    code = "review_not_found"


class ReviewMoved(Conflict):
    """The review, or the evidence of its decision, is not what was shown."""

    code = "review_moved"


class ReviewSettled(Conflict):
    """The review is in a state that takes no such move: it lapsed, expired, or was decided."""

    code = "review_settled"


class MoveRefused(Conflict):
    """Who made the move may not: it is their own decision, they had a say already, or the role is not theirs."""

    code = "move_refused"


class AnswerWithheld(Conflict):
    """The answer is withheld until its review releases it."""

    code = "answer_withheld"
