/** Operators of plans (docs/plans.md): what each is called here, and what can be changed in it. */

import type { Plan } from "../types";

export type Kind =
  | "set"
  | "sets"
  | "ids"
  | "type"
  | "predicate"
  | "literal"
  | "flag"
  | "number"
  | "text"
  | "texts"
  | "point"
  | readonly (readonly [string, string])[];

export interface Operator {
  says: string;
  /** In the order in which they are shown; `source` always comes before the step itself. */
  fields: Record<string, Kind>;
  needs?: readonly string[];
}

const DIRECTION = [
  ["out", "→ as it reads"],
  ["in", "← read backwards"],
] as const;
const ORDER = [
  ["most", "most first"],
  ["fewest", "fewest first"],
] as const;

export const OPERATORS: Record<string, Operator> = {
  entities: { says: "Start from", fields: { ids: "ids", type: "type", withdrawn: "flag" } },
  each: { says: "For each of them", fields: {} },
  follow: {
    says: "Follow",
    fields: { source: "set", predicate: "predicate", direction: DIRECTION, type: "type", repeat: "flag" },
  },
  where: {
    says: "Keep those whose",
    fields: {
      source: "set",
      predicate: "literal",
      comparator: ["=", "!=", "<", "<=", ">", ">=", "contains", "between", "overlaps", "known", "unknown"].map(
        (one) => [one, one] as const,
      ),
      value: "text",
      upper: "text",
    },
  },
  having: {
    says: "Keep those for which there is",
    fields: {
      source: "set",
      quantifier: [
        ["some", "at least one"],
        ["none", "none"],
        ["every", "every one"],
        ["at_least", "at least so many"],
        ["at_most", "at most so many"],
        ["exactly", "exactly so many"],
      ],
      number: "number",
      plan: "set",
      of: "set",
    },
  },
  only: { says: "Keep those that reach nothing but", fields: { source: "set", plan: "set", within: "set" } },
  union: { says: "Any of", fields: { plans: "sets" } },
  intersect: { says: "All of", fields: { plans: "sets" } },
  minus: { says: "Without", fields: { source: "set", without: "set" } },
  top: { says: "Take the first", fields: { source: "set", number: "number", order: ORDER, by: "set", value: "literal" } },
  at: { says: "As it was at", fields: { source: "set", point: "point" } },
  diff: {
    says: "What changed between two points",
    fields: {
      source: "set",
      before: "point",
      after: "point",
      change: [
        ["added", "came"],
        ["removed", "went"],
        ["kept", "stayed"],
        ["both", "came or went"],
      ],
    },
  },
  suppose: { says: "Suppose it were otherwise", fields: { source: "set", without: "set", only: "set" } },
  count: { says: "Count them", fields: { source: "set", of: "set" } },
  rank: {
    says: "Rank them",
    fields: { source: "set", top: "number", order: ORDER, by: "set", value: "literal", of: "set" },
  },
  group: { says: "Group them", fields: { source: "set", by: "set", value: "literal", counted: "flag" } },
  pairs: { says: "Pair each with", fields: { source: "set", by: "set", unordered: "flag" } },
  compare: { says: "Compare", fields: { options: "sets", labels: "texts", of: "sets" } },
  cover: { says: "Choose those that reach most", fields: { source: "set", targets: "set", by: "set", number: "number" } },
  paths: { says: "Find chains", fields: { start: "set", end: "set", max_hops: "number", along: "predicate" } },
  value: { says: "Give the value of", fields: { source: "set", predicate: "literal" } },
  test: { says: "Is there any?", fields: { source: "set", of: "set" } },
  decide: { says: "Decide by the table", fields: { source: "set", table: "text" } },
  passages: { says: "Find passages with the words", fields: { source: "set", text: "text" } },
  parts: { says: "Several questions", fields: { plans: "sets" } },
};

/** Steps that can be added after a set, with what they start as. */
export const ADDED: readonly (readonly [string, string, (predicate: string, literal: string) => Partial<Plan>])[] = [
  ["follow", "follow a relation", (predicate) => ({ predicate, direction: "out" })],
  ["where", "keep those whose value …", (_, literal) => ({ predicate: literal, comparator: "=", value: "…" })],
  [
    "having",
    "keep those for which there is …",
    (predicate) => ({ quantifier: "some", plan: { op: "follow", source: { op: "each" }, predicate, direction: "out" } }),
  ],
  ["count", "count them", () => ({})],
  ["test", "ask whether there is any", () => ({})],
];

export const NOT_SETS = new Set(["count", "rank", "group", "pairs", "compare", "cover", "paths", "value", "test", "decide", "passages", "parts"]);

/** The steps of a plan in the order in which they are done: the innermost source first. */
export function chain(plan: Plan): Plan[] {
  const steps = [plan];
  for (let one = plan.source; one !== undefined && one !== null && typeof one === "object"; one = (one as Plan).source ?? null) {
    steps.unshift(one as Plan);
  }
  return steps;
}
