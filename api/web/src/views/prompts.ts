/** Prompts: their versions, what differs between two, which label points where and who moved it. */

import { get, part } from "../api";
import { el, fill } from "../dom";
import { ifMay } from "../me";
import { badge, choice, labelledField } from "../parts/controls";
import { empty, put } from "../parts/notice";
import { table } from "../parts/table";
import { diffOf, kinds, mover, moves, versionList } from "../parts/versions";
import { address, change, type Place, type View } from "../place";
import type { Prompt, PromptVersion } from "../types";

export async function show(place: Place, signal: AbortSignal): Promise<View> {
  const name = place.path[1];
  if (name === undefined) {
    const { prompts } = await get<{ prompts: Prompt[] }>("/v1/prompts", {}, signal);
    const node = el(
      "div",
      { class: "page" },
      el("h1", {}, "Prompts"),
      kinds("prompts"),
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
  ifMay("configure", () => fill(moving, mover("prompts", prompt)));
  const node = el(
    "div",
    { class: "page" },
    kinds("prompts"),
    el("h1", {}, prompt.name),
    el("p", { class: "lead" }, `Decisions use ${prompt.used} now.`),
    versionList(prompt),
    el("h2", { class: "small-title" }, "What differs"),
    el("div", { class: "fields" }, labelledField("Before", choice(versions, before, (value) => change({ before: value }))), labelledField("After", choice(versions, after, (value) => change({ after: value })))),
    text,
    moving,
    el("h2", { class: "small-title" }, "Who moved what"),
    moves(prompt),
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
