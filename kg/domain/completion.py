"""What is asked of a language model and what it answers, whoever serves it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from typing import Literal as OneOf

from kg.domain.lineage import Classification
from kg.domain.prompt import PromptChoice
from kg.domain.spending import Limits

BYTES_A_TOKEN = 3
"""English prose has about four; ids, numbers and other scripts fewer. An estimate is rather too high than too low."""


@dataclass(frozen=True, slots=True)
class Price:
    """Per million tokens, in the currency the operator counts in."""

    input: float = 0.0
    output: float = 0.0
    cached: float | None = None
    """Of input that the provider had in its cache; as other input, if not given."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model and what it may do and see, as data."""

    name: str
    """What it is called here and in decisions."""
    model: str
    """What the server calls it."""
    base_url: str = ""
    key_variable: str = "OPENAI_API_KEY"
    """The environment variable that holds the key."""
    api: OneOf["chat", "responses"] = "chat"
    structured: OneOf["schema", "object", "none"] = "schema"
    """Whether the server holds a reply to a JSON Schema, to JSON, or to nothing."""
    ceiling: Classification = Classification.INTERNAL
    """Highest classification of evidence that is sent to it."""
    redact: tuple[str, ...] = ()
    """Predicates whose values are not sent to it."""
    context_tokens: int = 16_000
    """Tokens a request may have, evidence and reply together."""
    deadline_s: float = 60.0
    """Seconds for one request with all its retries."""
    retries: int = 1
    price: Price = Price()
    limits: Limits = field(default_factory=Limits)
    cache: int = 0
    """How many of its replies are kept to be given again; none by default."""
    scripted: bool = False
    """Whether it is a scripted server that stands in for a model; said wherever its name is."""
    thinking_tokens: int = 0
    """Tokens it may think in before it replies, which servers count to the reply."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a model."""

    system: str
    user: str
    schema: Mapping[str, Any] = field(hash=False)
    """JSON Schema of the reply; its ``title`` names it."""
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    purpose: str = ""
    """The prompt's name: ``plan``, ``answer``, ``repair``."""
    caller: str = ""
    """On whose account it counts."""
    prompt: PromptChoice | None = field(default=None, hash=False, compare=False)
    """The version that the messages were rendered from; not sent."""

    @property
    def rendered(self) -> str:
        """``sha256:`` over what is said to the model."""
        return f"sha256:{hashlib.sha256(chr(0x1E).join((self.system, self.user)).encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """As the provider counted them; ``None`` where it did not say."""

    input: int | None = None
    output: int | None = None
    cached: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, complete and of the form asked for."""

    content: Mapping[str, Any] = field(hash=False)
    """The JSON object."""
    text: str
    """The reply as it came."""
    model: str
    """As the provider reports it."""
    id: str = ""
    """The provider's id of the reply."""
    finish: str = "stop"
    tokens: Tokens = Tokens()
    cost: float = 0.0
    calls: int = 1
    """Requests that were made for it, retries among them; none from a cache."""
    ms: float = 0.0


def tokens_of(text: str) -> int:
    """About how many tokens a text is."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_A_TOKEN)


def cost_of(tokens: Tokens, price: Price) -> float:
    """What a reply cost; input that the provider had cached at its own price."""
    cached = tokens.cached or 0
    fresh = (tokens.input or 0) - cached
    of_cached = price.input if price.cached is None else price.cached
    return (fresh * price.input + cached * of_cached + (tokens.output or 0) * price.output) / 1_000_000
