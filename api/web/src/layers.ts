/** The explanation of a decision as a graph to draw: from what the question names to what answers it. */

import type { Drawn, Line } from "./picture";
import type { Decision, Json, Plan } from "./types";
import { spoken } from "./words";

/** Ids that the plan names. */
export function named(plan: Plan | Json | null): string[] {
  if (Array.isArray(plan)) return plan.flatMap(named);
  if (plan === null || typeof plan !== "object") return [];
  const ids = plan.op === "entities" && Array.isArray(plan.ids) ? plan.ids.filter((one) => typeof one === "string") : [];
  return [...ids, ...Object.values(plan).flatMap(named)];
}

/** Steps from these nodes to every other, along the relationships in either direction. */
function steps(from: Iterable<string>, near: Map<string, string[]>): Map<string, number> {
  const found = new Map([...from].map((one) => [one, 0]));
  const waiting = [...found.keys()];
  for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
    for (const next of near.get(one) ?? []) {
      if (found.has(next)) continue;
      found.set(next, (found.get(one) ?? 0) + 1);
      waiting.push(next);
    }
  }
  return found;
}

export interface Layered {
  nodes: Drawn[];
  lines: Line[];
  /** Steps of each node from the nearest answer. */
  away: Map<string, number>;
}

export function layered(decision: Decision): Layered {
  const { nodes, relationships } = decision.explanation;
  const near = new Map<string, string[]>(nodes.map((one) => [one.id, []]));
  for (const one of relationships) {
    near.get(one.start)?.push(one.end);
    near.get(one.end)?.push(one.start);
  }
  const answers = new Set(decision.answer.entities.map((one) => one.id).filter((id) => near.has(id)));
  const asked = named(decision.plan).filter((id) => near.has(id) && !answers.has(id));
  const away = steps(answers.size ? answers : asked, near);
  // From what is asked about; without such a thing, towards the answers.
  const depth = asked.length
    ? steps(asked, near)
    : new Map([...away].map(([id, far]) => [id, -far]));
  const degree = (id: string): number => near.get(id)?.length ?? 0;
  return {
    nodes: nodes.map((one) => ({
      id: one.id,
      kind: spoken(one.labels[0] ?? "thing"),
      name: one.name,
      key: typeof one.properties.key === "string" && one.properties.key !== one.name ? one.properties.key : "",
      main: answers.has(one.id),
      value: one.labels.includes("Literal"),
    })),
    lines: relationships.map((one) => {
      const start = depth.get(one.start) ?? 99;
      const end = depth.get(one.end) ?? 99;
      const forward = start < end || (start === end && degree(one.start) >= degree(one.end));
      return {
        id: one.id,
        from: forward ? one.start : one.end,
        to: forward ? one.end : one.start,
        name: spoken(one.type),
        forward,
      };
    }),
    away,
  };
}

/** What to light for a claim: the facts that it cites, and the ends of each. */
export function lit(decision: Decision, evidence: readonly string[]): Set<string> {
  const cited = new Set(decision.evidence.filter((one) => evidence.includes(one.id)).flatMap((one) => one.facts));
  const found = new Set<string>();
  for (const one of decision.explanation.relationships) {
    if (!cited.has(one.id)) continue;
    for (const id of [one.id, one.start, one.end]) found.add(id);
  }
  return found;
}
