"""Every way in which a server of models fails, as one of our errors. The key is in none of them."""

from __future__ import annotations

import email.utils
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import openai

from kg.backends.openai.reading import UNREADABLE
from kg.backends.openai.wire import Allowance, ReplyPacked, ReplyTooLong
from kg.domain.completion import ModelSpec
from kg.errors import ModelError, ModelMalformed, ModelRejected, ModelTimeout, ModelUnavailable

WORDS = 200
"""Characters of what a server says that are told; enough for the sentence that names what is wrong."""
REPEATED = 4
"""Words in a row that a server says of a request only by repeating it."""
EXPECTED = (
    openai.OpenAIError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    OSError,
    ReplyTooLong,
    ReplyPacked,
    ModelError,
    *UNREADABLE,
)
"""What a request through the client may raise."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that came to nothing."""

    error: ModelError
    again: bool = False
    """Whether the same request may go well the next time."""
    after_s: float | None = None
    """Seconds that the server asks to wait before."""
    rejected: str | None = None
    """The words of a server that does not take the body."""


def failure(  # noqa: PLR0911 (a row each)
    exc: BaseException, spec: ModelSpec, key: str, allowance: Allowance, *, began: bool
) -> Failure:
    """What this means; ``began`` says that the reply had begun."""
    name = spoken(spec)
    causes = list(_chain(exc))
    if isinstance(exc, ModelError):
        return Failure(exc)
    if any(isinstance(one, ReplyTooLong) for one in causes):
        return Failure(ModelMalformed(f"the reply of {name} is longer than a reply may be"))
    if any(isinstance(one, ReplyPacked) for one in causes):
        return Failure(ModelMalformed(f"the reply of {name} is packed, which was not asked for"))
    if allowance.seconds_left <= 0.01:
        return Failure(ModelTimeout(f"{name} did not answer within {spec.deadline_s:g} s (deadline_s of its entry)"))
    if isinstance(exc, openai.APIStatusError):
        return _of_status(exc, spec, key)
    if isinstance(exc, openai.APIConnectionError | httpx2.HTTPError | OSError):
        return _of_connection(causes, spec, key, began=began)
    if isinstance(exc, openai.APIError):
        return Failure(ModelUnavailable(f"{name} failed while it answered"), again=True)
    return Failure(ModelMalformed(f"what {name} replied cannot be read: is its base_url right?"))


def _of_connection(causes: list[BaseException], spec: ModelSpec, key: str, *, began: bool) -> Failure:
    name = spoken(spec)
    if began:
        return Failure(ModelMalformed(f"the reply of {name} was cut off: the connection broke"))
    if found := next((one for one in causes if isinstance(one, ssl.SSLError)), None):
        return Failure(ModelUnavailable(f"{name}: no secure connection: {_words(str(found), key)}"))
    return Failure(ModelUnavailable(f"{name} cannot be reached at {spec.base_url!r}"), again=True)


def _of_status(exc: openai.APIStatusError, spec: ModelSpec, key: str) -> Failure:
    name, status, code = spoken(spec), exc.status_code, exc.code or ""
    said = _words(_message(exc), key)
    if 300 <= status < 400:
        return Failure(ModelRejected(f"{name} sends to another address: set that as its base_url"))
    if status in (401, 403):
        why = f"does not take the key in {spec.key_variable}" if key else f"wants a key: set {spec.key_variable}"
        return Failure(ModelRejected(f"{name} {why} ({status})"))
    if status == 404:
        return Failure(ModelRejected(f"{spec.base_url!r} has no model {spec.model!r} for {spec.api}: {said}"))
    if code == "insufficient_quota":
        return Failure(ModelRejected(f"the account behind {spec.key_variable} has nothing left at {name}"))
    if status in (408, 409, 425, 429) or status >= 500:
        error = ModelUnavailable(f"{name} takes no requests now ({status})")
        return Failure(error, again=True, after_s=_asked_wait(exc.response.headers))
    rejected = f"{said} {exc.param or ''}" if status in (400, 422) else None
    return Failure(ModelRejected(f"{name} rejects the request ({status}): {said}"), rejected=rejected)


def spoken(spec: ModelSpec) -> str:
    """What a model is called in an error."""
    return f"the model {spec.name!r}"


def _message(exc: openai.APIStatusError) -> str:
    """The server's own words, unless they repeat what it was sent, which is in no error."""
    body = exc.body
    said = body.get("message") if isinstance(body, dict) else None
    words = said.split() if isinstance(said, str) else []
    sent = " ".join(exc.request.content.decode("utf-8", "replace").replace("\\n", " ").split())
    repeated = (" ".join(words[start : start + REPEATED]) for start in range(len(words) - REPEATED + 1))
    return "" if any(run in sent for run in repeated) else " ".join(words)


def _words(said: str, key: str) -> str:
    """Some words of the server on one line, without the key."""
    return hidden(" ".join(said.split()), key)[:WORDS] or "it does not say why"


def hidden(text: str, key: str) -> str:
    """The text without the key in it, which a server may echo."""
    return text.replace(key, "[key]") if key else text


def _asked_wait(headers: httpx2.Headers) -> float | None:
    """Seconds of ``Retry-After``: a number, or a time."""
    said = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__
