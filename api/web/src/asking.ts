/** Asking, and what is told while it is answered. */

import { events, get, part, Refused } from "./api";
import type { Decision, Plan, Problem, Scope } from "./types";

export interface Told {
  linked?: { words: string; name: string }[];
  interpretation?: string | null;
  evidence: number;
  claims: number;
}

/** Decisions that were made or read while this page is open: a record does not change. */
export const known = new Map<string, Decision>();

const reading = new Map<string, Promise<Decision>>();

/** A decision as it is recorded; read once at a time. */
export function recorded(id: string): Promise<Decision> {
  const had = known.get(id);
  if (had) return Promise.resolve(had);
  const read =
    reading.get(id) ??
    get<Decision>(`/v1/decisions/${part(id)}`)
      .then((found) => {
        // What a review says of it moves on.
        if (!found.review.required) known.set(id, found);
        return found;
      })
      .finally(() => reading.delete(id));
  reading.set(id, read);
  return read;
}

export interface Asked {
  question: string;
  scope: Scope;
  plan?: Plan | null;
  model?: string;
}

/** What a request may say of a scope; that of a record says more. */
function narrowed({ datasets, ceiling, valid_as_of, known_as_of }: Scope): Scope {
  return { datasets, ceiling, valid_as_of, known_as_of };
}

/** The recorded decision; `tell` hears of each step. Who goes elsewhere, as `signal` says, is not waiting any more. */
export async function ask(asked: Asked, signal: AbortSignal, tell: (told: Told) => void = () => undefined): Promise<Decision> {
  const told: Told = { evidence: 0, claims: 0 };
  const stream = events("/v1/decisions", {
    method: "POST",
    signal,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...asked, scope: narrowed(asked.scope), plan: asked.plan ?? null }),
  });
  for await (const { name, data } of stream) {
    if (name === "linked") told.linked = data.mentions as { words: string; name: string }[];
    else if (name === "plan") told.interpretation = data.interpretation as string | null;
    else if (name === "evidence") told.evidence += 1;
    else if (name === "claim") told.claims += 1;
    else if (name === "problem") throw new Refused(422, data as unknown as Problem);
    else if (name === "decision") {
      const decision = data as unknown as Decision;
      if (!decision.review.required) known.set(decision.decision_id, decision);
      return decision;
    }
    tell(told);
  }
  throw new Refused(0, { code: "unreachable", detail: "The answer broke off before its end. Ask again.", retryable: true });
}
