/** The record of a decision: what took part, how long it took, asking it at another point. */

import { get, part } from "../api";
import { ask } from "../asking";
import { el } from "../dom";
import { offered } from "../me";
import { address, go } from "../place";
import type { Decision, DecisionLine, Hold } from "../types";
import { brief, number, shown, time } from "../words";
import { badge, button, copy, labelledField } from "./controls";
import { put, refused } from "./notice";
import { pairs, table } from "./table";

export function record(decision: Decision, more: HTMLElement, signal: AbortSignal): HTMLElement {
  const { versions, trace, usage, calls } = decision;
  return el(
    "section",
    { class: "record" },
    el("h2", {}, "The record"),
    comparing(decision, signal),
    others(decision, signal),
    more,
    el(
      "details",
      { class: "block" },
      el("summary", {}, "What took part"),
      pairs([
        ["Decision", [el("code", {}, decision.decision_id), " ", button("Copy address", () => void copy(location.origin + address(["decisions", decision.decision_id]), "Address copied."), "small")]],
        ["Asked", time(trace.asked_at)],
        ["Graph as of", `${decision.as_of.valid}, known ${time(decision.as_of.known)}`],
        ["Datasets", el("ul", { class: "plain" }, versions.graph.datasets.map((one) => el("li", {}, el("a", { href: address(["lineage"], { ref: one, toward: "up" }) }, one))))],
        ["Ontology", versions.ontology.join(", ")],
        versions.model ? ["Model", shown(versions.model)] : ["Model", "none: sentences are made from the plan and its rows"],
        versions.prompt?.length ? ["Prompts", versions.prompt.map((one) => [el("a", { href: address(["prompts", one.name]) }, `${one.name}@${one.version}`), " "])] : null,
        versions.adapter ? ["Adapter", el("code", {}, versions.adapter.slice(0, 26), "…")] : null,
        ["Evidence hash", el("code", {}, decision.evidence_hash.slice(0, 26), "…")],
        usage.model_calls ? ["Cost", `${number(usage.model_calls)} calls of a model, ${number(usage.tokens)} tokens, ${number(usage.cost)}`] : null,
      ]),
      calls.length ? table("Calls of a model", [{ name: "For", cell: (one) => one.purpose }, { name: "Model", cell: (one) => one.model }, { name: "Tokens", cell: (one) => (one.tokens === undefined ? "" : shown(one.tokens)) }, { name: "Error", cell: (one) => one.error ?? "" }], calls) : null,
    ),
    el(
      "details",
      { class: "block" },
      el("summary", {}, `How long it took: ${number(Math.round(trace.steps.reduce((sum, one) => sum + one.ms, 0)))} ms`),
      table("Steps", [{ name: "Step", cell: (one) => one.step }, { name: "ms", cell: (one) => number(one.ms), kind: "number" }], trace.steps),
    ),
  );
}

/** When the same was asked, what superseded what, and how a legal hold moved. */
function others(decision: Decision, signal: AbortSignal): HTMLElement {
  const body = el("div", {});
  const id = decision.decision_id;
  const open = (one: string, text: string): HTMLElement => el("a", { href: address(["decisions", one]) }, text);
  const fold = el("details", { class: "block" }, el("summary", {}, "The same question at other times, and legal holds"), body);
  const read = async (): Promise<HTMLElement[]> => {
    const [{ decisions }, { holds }] = await Promise.all([
      get<{ decisions: DecisionLine[] }>("/v1/decisions", { words: decision.question, limit: 100 }, signal),
      get<{ holds: Hold[] }>(`/v1/decisions/${part(id)}/hold`, {}, signal),
    ]);
    const same = decisions.filter((one) => one.question === decision.question);
    const own = same.find((one) => one.decision_id === id);
    const rest = same.filter((one) => one.decision_id !== id);
    return [
      pairs([
        own?.supersedes ? ["It supersedes", open(own.supersedes, own.supersedes)] : null,
        own?.superseded_by ? ["Superseded by", open(own.superseded_by, own.superseded_by)] : null,
      ]),
      rest.length
        ? table(
            "The same question at other times",
            [
              { name: "Asked", cell: (one) => open(one.decision_id, one.asked_at ? time(one.asked_at) : one.decision_id) },
              { name: "Answer", cell: (one) => brief(one.text) },
              { name: "", cell: (one) => (one.superseded_by ? badge("superseded", "") : "") },
              { name: "", cell: (one) => el("a", { href: address(["decisions", id, "compare", one.decision_id]) }, "compare") },
            ],
            rest,
          )
        : el("p", { class: "quiet" }, "It was not asked at another time, as far as you may see."),
      holds.length
        ? table("Legal holds", [{ name: "Legal hold", cell: (one) => badge(one.held ? "held" : "ended", one.held ? "warn" : "") }, { name: "Why", cell: (one) => one.reason }, { name: "By", cell: (one) => one.actor }, { name: "When", cell: (one) => time(one.at) }], holds)
        : el("p", { class: "quiet" }, "It is under no legal hold."),
    ];
  };
  fold.addEventListener("toggle", () => {
    if (fold.open && !body.childElementCount) void put(body, read);
  });
  return fold;
}

/** The same plan on another day or as known at another time, beside this answer. */
function comparing(decision: Decision, signal: AbortSignal): HTMLElement | null {
  const { plan } = decision;
  if (plan === null) return null;
  const valid = el("input", { type: "date", value: decision.as_of.valid });
  const known = el("input", { type: "text", placeholder: "now", maxlength: 40, value: decision.scope.known_as_of ?? "" });
  const problem = el("div", {});
  const run = async (): Promise<void> => {
    problem.replaceChildren();
    try {
      const other = await ask({ question: decision.question, plan, scope: { ...decision.scope, valid_as_of: valid.value || null, known_as_of: known.value.trim() || null } }, signal);
      if (signal.aborted) return;
      go(address(["decisions", decision.decision_id, "compare", other.decision_id]));
    } catch (error) {
      if (!signal.aborted) problem.replaceChildren(refused(error));
    }
  };
  const fold = el(
    "details",
    { class: "block" },
    el("summary", {}, "Compare with another point in time"),
    el("div", { class: "fields" }, labelledField("True on", valid), labelledField("As known at", known, "a day or a time; empty for now"), button("Run and compare", () => void run(), "primary")),
    problem,
  );
  return offered("ask", fold);
}
