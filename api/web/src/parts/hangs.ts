/** What an answer hangs on: which facts and sources it needs, and what single change would flip it. */

import { get, part } from "../api";
import { el, say } from "../dom";
import type { Attribution, Decision } from "../types";
import { plural } from "../words";
import { badge, button } from "./controls";
import { put } from "./notice";
import { table } from "./table";

const EFFECTS: Record<string, readonly [string, string]> = {
  necessary: ["needed", "answered"],
  redundant: ["others say it too", ""],
  irrelevant: ["not needed", ""],
};

export function hangs(decision: Decision, done: (found: Attribution) => void): HTMLElement {
  const body = el("div", {});
  const run = (): void =>
    void put(
      body,
      async () => {
        const found = await get<Attribution>(`/v1/decisions/${part(decision.decision_id)}/attribution`);
        done(found);
        say(`${plural(found.sufficient.facts.length, "fact")} of it are enough.`);
        return told(found, decision);
      },
      "Taking away each fact and source in turn",
    );
  return el(
    "section",
    { class: "hangs", "aria-labelledby": "hangs-title", hidden: decision.outcome !== "answered" },
    el("h2", { id: "hangs-title" }, "What does it hang on?"),
    el("p", { class: "quiet" }, "Each fact and each source is taken away in turn, and the plan is run again without it."),
    el("p", { class: "exports" }, button("Find out", run)),
    body,
  );
}

function told(found: Attribution, decision: Decision): HTMLElement[] {
  const says = (fact: string): string => decision.evidence.find((one) => one.facts.includes(fact))?.text ?? fact;
  const names = new Map([...decision.explanation.nodes, ...decision.answer.entities].map((one) => [one.id, one.name]));
  const called = (ids: string[]): string => ids.map((id) => names.get(id) ?? id).join(", ");
  const some = found.attribution.filter((one) => one.effect !== "irrelevant");
  const unneeded = found.attribution.length - some.length;
  const alone = found.single_source.find((one) => one.claim === decision.claims[0]?.id);
  return [
    el("p", {}, `${plural(found.sufficient.facts.length, "fact")} ${found.sufficient.facts.length === 1 ? "is" : "are"} enough for this answer${found.sufficient.exact ? "" : " (a smaller set may be)"}.`),
    alone?.sources.length ? el("p", { class: "warn-line" }, el("strong", {}, alone.sources.length === 1 ? "It stands on one source. " : `It needs each of ${alone.sources.length} sources. `), "Without any one of these there is another answer: ", alone.sources.join(", "), ".") : el("p", {}, "No single source carries it alone."),
    table(
      "What the answer needs",
      [
        { name: "Effect", cell: (one) => badge(EFFECTS[one.effect]?.[0] ?? one.effect, EFFECTS[one.effect]?.[1] ?? "") },
        { name: "What", cell: (one) => (one.fact ? says(one.fact) : one.source ? el("span", { class: "file" }, one.source) : called([String(one.path ?? "")])) },
      ],
      some.slice(0, 60),
    ),
    el("p", { class: "quiet" }, [some.length > 60 ? `${some.length - 60} more are not listed. ` : "", unneeded ? `${plural(unneeded, "other")} made no difference.` : ""].join("")),
    ...(found.flips.length
      ? [
          el("h3", {}, "What would flip it"),
          el(
            "ul",
            {},
            found.flips.slice(0, 12).map((one) =>
              el(
                "li",
                {},
                one.change === "without" ? `Without “${says(one.fact)}”` : `If “${says(one.fact)}” said ${one.instead ?? "something else"}`,
                one.lost.length ? ` ${called(one.lost)} would go` : "",
                one.gained.length ? ` ${called(one.gained)} would come` : "",
                one.value === null || one.value === undefined ? "" : ` the answer would be ${String(one.value)}`,
                ".",
              ),
            ),
          ),
        ]
      : []),
  ];
}
