/** Prompts: their versions, what differs between two, which label points where and who moved it. */

import { get, headerOf, part, Refused, send } from "../api";
import { el, fill } from "../dom";
import { ifMay } from "../me";
import { badge, choice, labelledField } from "../parts/controls";
import { empty, put, refused } from "../parts/notice";
import { table } from "../parts/table";
import { address, again, change, type Place, type View } from "../place";
import type { Prompt, PromptVersion } from "../types";
import { since, time } from "../words";

const LABELS = ["production", "staging", "canary"];

export async function show(place: Place, signal: AbortSignal): Promise<View> {
  const name = place.path[1];
  if (name === undefined) {
    const { prompts } = await get<{ prompts: Prompt[] }>("/v1/prompts", {}, signal);
    const node = el(
      "div",
      { class: "page" },
      el("h1", {}, "Prompts"),
      el("p", { class: "lead" }, "What a language model is told, version by version. A label says which version is used; moving it is recorded."),
      table(
        "Prompts",
        [
          { name: "Prompt", cell: (one) => el("a", { href: address(["prompts", one.name]) }, one.name) },
          { name: "In use", cell: (one) => one.used },
          { name: "Newest", cell: (one) => one.latest },
          { name: "Labels", cell: (one) => Object.entries(one.labels).map(([label, number]) => [badge(`${label} → ${number}`, label === "production" ? "answered" : ""), " "]) },
        ],
        prompts,
      ),
    );
    return { title: "Prompts", node };
  }
  return one(await get<Prompt>(`/v1/prompts/${part(name)}`, {}, signal), place.query, signal);
}

function one(prompt: Prompt, query: URLSearchParams, signal: AbortSignal): View {
  const before = query.get("before") ?? String(prompt.versions.at(-2)?.number ?? 0);
  const after = query.get("after") ?? String(prompt.versions.at(-1)?.number ?? 0);
  const text = el("div", {});
  const versions = prompt.versions.map((one) => [String(one.number), `${one.ref}: ${one.message}`] as const);
  const moving = el("div", {});
  ifMay("configure", () => fill(moving, mover(prompt)));
  const node = el(
    "div",
    { class: "page" },
    el("h1", {}, prompt.name),
    el("p", { class: "lead" }, `Decisions use ${prompt.used} now.`),
    table(
      "Versions",
      [
        { name: "Version", cell: (one) => one.ref },
        { name: "Labels", cell: (one) => one.labels.map((label) => [badge(label, label === "production" ? "answered" : ""), " "]) },
        { name: "What is new", cell: (one) => one.message },
        { name: "By", cell: (one) => one.actor },
        { name: "When", cell: (one) => (one.created_at ? since(one.created_at) : "") },
        { name: "Hash", cell: (one) => el("code", {}, one.hash.slice(0, 19)) },
      ],
      [...prompt.versions].reverse(),
    ),
    el("h2", { class: "small-title" }, "What differs"),
    el("div", { class: "fields" }, labelledField("Before", choice(versions, before, (value) => change({ before: value }))), labelledField("After", choice(versions, after, (value) => change({ after: value })))),
    text,
    moving,
    el("h2", { class: "small-title" }, "Who moved what"),
    prompt.history.length
      ? table(
          "Moves of labels",
          [
            { name: "Label", cell: (one) => one.label },
            { name: "From", cell: (one) => (one.before === null ? "not set" : one.before) },
            { name: "To", cell: (one) => (one.number === null ? "removed" : one.number) },
            { name: "By", cell: (one) => one.actor },
            { name: "Why", cell: (one) => one.reason },
            { name: "When", cell: (one) => time(one.moved_at) },
          ],
          prompt.history,
        )
      : el("p", { class: "quiet" }, "No label was moved yet."),
  );
  void put(text, async () => {
    if (before === after) {
      const version = await get<PromptVersion>(`/v1/prompts/${part(prompt.name)}/versions/${part(after)}`, {}, signal);
      return [el("h3", {}, "System"), el("pre", { class: "diff" }, version.system), el("h3", {}, "User"), el("pre", { class: "diff" }, version.user)];
    }
    const found = await get<{ diff: string }>(`/v1/prompts/${part(prompt.name)}/diff`, { before, after }, signal);
    return found.diff ? diffOf(found.diff) : empty("Nothing differs");
  });
  return { title: `Prompt ${prompt.name}`, node };
}

function diffOf(text: string): HTMLElement {
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
function mover(prompt: Prompt): HTMLElement {
  const label = choice(LABELS.map((one) => [one, one] as const), "staging");
  const version = choice([...prompt.versions.map((one) => [String(one.number), one.ref] as const), ["", "nothing: remove it"]], String(prompt.versions.at(-1)?.number ?? 0));
  const reason = el("input", { type: "text", required: true, maxlength: 500, size: 30 });
  const actor = el("input", { type: "text", required: true, maxlength: 100, autocomplete: "name" });
  const problem = el("div", {});
  const move = async (): Promise<void> => {
    const path = `/v1/prompts/${part(prompt.name)}/labels/${part(label.value)}`;
    try {
      const seen: Record<string, string> = label.value in prompt.labels ? { "If-Match": `"${prompt.labels[label.value]}"` } : { "If-None-Match": "*" };
      await send("PUT", path, { number: version.value === "" ? null : Number(version.value), reason: reason.value, actor: actor.value }, seen);
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
      labelledField("Your name", actor),
      el("button", { type: "submit", class: "primary" }, "Move"),
    ),
    problem,
  );
}
