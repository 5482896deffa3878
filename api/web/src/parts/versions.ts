/** What prompts and decision tables have alike: versions, labels, moves. */

import { headerOf, part, Refused, send } from "../api";
import { el, fill } from "../dom";
import { knowing } from "../me";
import { again, search } from "../place";
import type { Prompt } from "../types";
import { since, time } from "../words";
import { badge, choice, labelledField } from "./controls";
import { refused } from "./notice";
import { table } from "./table";

const LABELS = ["production", "staging", "canary"];
const TABLE_LABELS = ["production", "staging"];

export function kinds(current: "prompts" | "tables"): HTMLElement {
  const link = (path: string, name: string): HTMLElement => el("a", { href: `/${path}`, "aria-current": path === current ? "page" : null }, name);
  return el("nav", { class: "tabs", "aria-label": "Kinds" }, link("prompts", "Prompts"), link("tables", "Decision tables"));
}

export function versionList(of: Prompt): HTMLElement {
  return table(
    "Versions",
    [
      { name: "Version", cell: (one) => one.ref },
      { name: "Labels", cell: (one) => one.labels.map((label) => [badge(label, label === "production" ? "answered" : ""), " "]) },
      { name: "What is new", cell: (one) => one.message },
      { name: "By", cell: (one) => one.actor },
      { name: "When", cell: (one) => (one.created_at ? since(one.created_at) : "") },
      { name: "Hash", cell: (one) => el("code", {}, one.hash.slice(0, 19)) },
    ],
    [...of.versions].reverse(),
  );
}

export function moves(of: Prompt): HTMLElement {
  if (of.history.length === 0) return el("p", { class: "quiet" }, "No label was moved yet.");
  return table(
    "Moves of labels",
    [
      { name: "Label", cell: (one) => one.label },
      { name: "From", cell: (one) => (one.before === null ? "not set" : one.before) },
      { name: "To", cell: (one) => (one.number === null ? "removed" : one.number) },
      { name: "By", cell: (one) => one.actor },
      { name: "Why", cell: (one) => one.reason },
      { name: "When", cell: (one) => time(one.moved_at) },
    ],
    of.history,
  );
}

export function diffOf(text: string): HTMLElement {
  return el(
    "pre",
    { class: "diff" },
    text.split("\n").map((line) => {
      if (line.startsWith("@@") || line.startsWith("---") || line.startsWith("+++")) return el("span", { class: "at" }, line);
      if (line.startsWith("+")) return el("ins", {}, line);
      if (line.startsWith("-")) return el("del", {}, line);
      return `${line}\n`;
    }),
  );
}

/** Points a label at a version, if it still points where this page saw it. */
export function mover(kind: "prompts" | "tables", prompt: Prompt): HTMLElement {
  const label = choice((kind === "prompts" ? LABELS : TABLE_LABELS).map((one) => [one, one] as const), kind === "prompts" ? "staging" : "production");
  const version = choice([...prompt.versions.map((one) => [String(one.number), one.ref] as const), ["", "nothing: remove it"]], String(prompt.versions.at(-1)?.number ?? 0));
  const reason = el("input", { type: "text", required: true, maxlength: 500, size: 30 });
  const actor = el("input", { type: "text", maxlength: 100, autocomplete: "name" });
  const named = labelledField("Your name", actor);
  knowing((who) => {
    named.hidden = who?.access !== false;
    actor.required = !named.hidden;
  });
  const problem = el("div", {});
  const move = async (): Promise<void> => {
    const path = `/v1/${kind}/${part(prompt.name)}/labels/${part(label.value)}`;
    try {
      const at = prompt.labels[label.value];
      const said = { reason: reason.value, ...(actor.value ? { actor: actor.value } : {}) };
      if (version.value === "") {
        await send("DELETE", path + search(said), undefined, { "If-Match": at === undefined ? "*" : `"${at}"` });
      } else {
        const seen: Record<string, string> = at === undefined ? { "If-None-Match": "*" } : { "If-Match": `"${at}"` };
        await send("PUT", path, { number: Number(version.value), ...said }, seen);
      }
      again();
    } catch (error) {
      fill(problem, refused(error));
      if (error instanceof Refused && error.status === 412) {
        const now = await headerOf(path, "ETag").catch(() => null);
        problem.append(el("p", {}, `The label points at ${now ?? "nothing"} now: load this page again.`));
      }
    }
  };
  return el(
    "details",
    { class: "block" },
    el("summary", {}, "Move a label"),
    el(
      "form",
      { class: "fields", onsubmit: (event: SubmitEvent) => (event.preventDefault(), void move()) },
      labelledField("Label", label),
      labelledField("Points at", version),
      labelledField("Why", reason),
      named,
      el("button", { type: "submit", class: "primary" }, "Move"),
    ),
    problem,
  );
}
