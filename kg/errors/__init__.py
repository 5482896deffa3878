"""Every error Whence raises on purpose, as one tree.

::

    KgError                        code, message, retryable
    ├─ InvalidInput                QuestionInvalid · ScopeInvalid · PlanInvalid · LimitInvalid · NameAmbiguous
    │                              PromptInvalid · TableInvalid · ReviewInvalid · RequestReused
    │                              TrainingRefused · LineageInvalid · ExportRefused
    │                              AttributionRefused
    ├─ NotFound                    EntityNotFound · FactNotFound · DecisionNotFound · DatasetNotFound · RunNotFound
    │                              LineageNotFound
    │                              PromptNotFound · ModelNotFound · KeyNotFound · RulesNotFound · ReviewNotFound
    ├─ AccessRefused               Unauthenticated · Forbidden · RateLimited* · IssuerUnavailable*
    ├─ Conflict                    LoadInProgress · MatchConflict · LabelMoved · ReviewMoved · ReviewSettled
    │                              MoveRefused · DecisionErased · DecisionSuperseded · DecisionHeld · AnswerWithheld
    ├─ StoreError                  StoreUnavailable* · StoreTimeout* · StoreFull · StoreRejected · SchemaTooNew
    │                              StoreReadOnly
    ├─ ModelError                  ModelUnavailable* · ModelTimeout* · ModelRejected · ModelMalformed* · ModelRefused
    │                              BudgetSpent
    ├─ LoadError                   SourceUnreadable · MappingInvalid · OntologyInvalid · ExpectationFailed
    │                              FeedOutOfOrder
    └─ ConfigError                 at start only · AdapterInvalid · AdapterUnfit · AttachmentInvalid     (* retryable)

An abstention is an answer, not an error. HTTP statuses stand in one table in ``api/errors.py``.
"""

from __future__ import annotations

from kg.errors.access import (
    AccessRefused,
    CheckpointInvalid,
    Forbidden,
    IssuerUnavailable,
    KeyInvalid,
    KeyNotFound,
    RateLimited,
    Unauthenticated,
)
from kg.errors.reviews import (
    AnswerWithheld,
    MoveRefused,
    ReviewInvalid,
    ReviewMoved,
    ReviewNotFound,
    ReviewSettled,
    RulesNotFound,
    TableInvalid,
)
from kg.errors.root import Conflict, InvalidInput, KgError, NotFound

__all__ = [
    "AccessRefused",
    "AnswerWithheld",
    "CheckpointInvalid",
    "Conflict",
    "Forbidden",
    "InvalidInput",
    "IssuerUnavailable",
    "KeyInvalid",
    "KeyNotFound",
    "KgError",
    "MoveRefused",
    "NotFound",
    "RateLimited",
    "ReviewInvalid",
    "ReviewMoved",
    "ReviewNotFound",
    "ReviewSettled",
    "RulesNotFound",
    "TableInvalid",
    "Unauthenticated",
]


class QuestionInvalid(InvalidInput):
    """The question is empty or too long."""

    code = "question_invalid"


class ScopeInvalid(InvalidInput):
    """A dataset, classification or date of the scope is not one."""

    code = "scope_invalid"


class PlanInvalid(InvalidInput):
    """The plan does not parse or does not fit the ontology."""

    code = "plan_invalid"


class LimitInvalid(InvalidInput):
    """A limit is out of range."""

    code = "limit_invalid"


class PromptInvalid(InvalidInput):
    """The prompt does not parse, misses a variable, or has no valid schema."""

    code = "prompt_invalid"


class NameAmbiguous(InvalidInput):
    """Several entities have the name or key; ``choices`` says which: id, name and type of each."""

    code = "name_ambiguous"

    def __init__(self, message: str, choices: tuple[dict[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.choices = choices


class RequestReused(InvalidInput):
    """The idempotency key was used for another request."""

    code = "request_reused"


class TrainingRefused(InvalidInput):
    """An adapter cannot be trained: too few questions can be used, or the package for it is not installed."""

    code = "training_refused"


class LineageInvalid(InvalidInput):
    """What was sent is no OpenLineage event; the message names the field."""

    code = "lineage_invalid"


class ExportRefused(InvalidInput):
    """The place to export to is taken or cannot be written, or there is nothing to export."""

    code = "export_refused"


class AttributionRefused(InvalidInput):
    """The decision has no one answer, or its plan finds something else by now."""

    code = "attribution_refused"


class EntityNotFound(NotFound):
    """No entity of that id or key in this view."""

    code = "entity_not_found"


class FactNotFound(NotFound):
    """No fact of that id in this view."""

    code = "fact_not_found"


class DecisionNotFound(NotFound):
    """No decision of that id."""

    code = "decision_not_found"


class DatasetNotFound(NotFound):
    """No dataset, or no version of it, of that name."""

    code = "dataset_not_found"


class ModelNotFound(NotFound):
    """No language model of the name that was asked for is set."""

    code = "model_not_found"


class PromptNotFound(NotFound):
    """No prompt, version or label of that name."""

    code = "prompt_not_found"


class RunNotFound(NotFound):
    """No run of that id."""

    code = "run_not_found"


class LineageNotFound(NotFound):
    """Nothing in the lineage graph of this view is called so."""

    code = "lineage_not_found"


class DecisionErased(Conflict):
    """What the decision quoted was purged: its words are gone."""

    code = "decision_erased"


class DecisionSuperseded(Conflict):
    """Another decision has taken the place of this one."""

    code = "decision_superseded"


class DecisionHeld(Conflict):
    """A decision under legal hold quotes what is to be erased."""

    code = "decision_held"


class LabelMoved(Conflict):
    """The label points at another version than the one that was seen."""

    code = "label_moved"


class MatchConflict(Conflict):
    """Two entities would be one of which somebody said that they are not."""

    code = "match_conflict"


class LoadInProgress(Conflict):
    """Another load holds the writer."""

    code = "load_in_progress"
    retryable = True


class StoreError(KgError):
    """The graph store failed."""

    code = "store_error"


class StoreUnavailable(StoreError):
    """The store cannot be reached."""

    code = "store_unavailable"
    retryable = True


class StoreTimeout(StoreError):
    """The store did not answer in time."""

    code = "store_timeout"
    retryable = True


class StoreFull(StoreError):
    """The store has no room left; nothing of the write is visible."""

    code = "store_full"


class StoreRejected(StoreError):
    """The store refused the request."""

    code = "store_rejected"


class SchemaTooNew(StoreError):
    """The database was written by a newer Whence."""

    code = "schema_too_new"


class StoreReadOnly(StoreError):
    """The store is the database of others, which is only read."""

    code = "store_read_only"


class ModelError(KgError):
    """The language model did not give a whole reply of the form asked for."""

    code = "model_error"


class ModelUnavailable(ModelError):
    """The model's server cannot be reached, fails, or takes no more requests for now."""

    code = "model_unavailable"
    retryable = True


class ModelTimeout(ModelError):
    """The model did not answer before the deadline."""

    code = "model_timeout"
    retryable = True


class ModelRejected(ModelError):
    """The model's server does not take the request: the key, the model's name, or the schema."""

    code = "model_rejected"


class ModelMalformed(ModelError):
    """What came back is no whole reply of the form asked for: cut off, empty, no JSON, another schema."""

    code = "model_malformed"
    retryable = True


class ModelRefused(ModelError):
    """The model refused to answer."""

    code = "model_refused"


class BudgetSpent(ModelError):
    """The request would cost more than is left of a budget."""

    code = "budget_spent"


class LoadError(KgError):
    """A load failed; the graph is as it was before."""

    code = "load_error"


class SourceUnreadable(LoadError):
    """A file is missing, unreadable or not of its format."""

    code = "source_unreadable"


class MappingInvalid(LoadError):
    """A dataset file is wrong."""

    code = "mapping_invalid"


class OntologyInvalid(LoadError):
    """An ontology file is wrong."""

    code = "ontology_invalid"


class ExpectationFailed(LoadError):
    """The records read do not meet what the dataset file expects."""

    code = "expectation_failed"


class FeedOutOfOrder(LoadError):
    """A file of a feed is older than what was loaded last."""

    code = "feed_out_of_order"


class ConfigError(KgError):
    """A setting is missing or wrong."""

    code = "config_error"


class AdapterInvalid(ConfigError):
    """The adapter file is missing, damaged or of another format."""

    code = "adapter_invalid"


class AdapterUnfit(ConfigError):
    """The adapter was trained on another ontology."""

    code = "adapter_unfit"


class AttachmentInvalid(ConfigError):
    """An attachment file is missing or wrong, or does not fit its ontology."""

    code = "attachment_invalid"
