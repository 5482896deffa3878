/** Decision tables that are kept by version: what each says, what differs, which one is used. */

import { get, part } from "../api";
import { el, fill } from "../dom";
import { ifMay } from "../me";
import { badge, choice, labelledField } from "../parts/controls";
import { empty, put } from "../parts/notice";
import { pairs, table } from "../parts/table";
import { diffOf, kinds, mover, moves, versionList } from "../parts/versions";
import { address, change, type Place, type View } from "../place";
import type { Json, Prompt } from "../types";
import { spoken } from "../words";

export async function show(place: Place, signal: AbortSignal): Promise<View> {
  const name = place.path[1];
  if (name !== undefined) return one(await get<Prompt>(`/v1/tables/${part(name)}`, {}, signal), place.query, signal);
  const { tables } = await get<{ tables: Prompt[] }>("/v1/tables", {}, signal);
  const node = el(
    "div",
    { class: "page" },
    el("h1", {}, "Decision tables"),
    kinds("tables"),
    tables.length
      ? table(
          "Decision tables",
          [
            { name: "Table", cell: (one) => el("a", { href: address(["tables", one.name]) }, one.name) },
            { name: "In use", cell: (one) => one.used ?? "none" },
            { name: "Newest", cell: (one) => one.latest },
            { name: "Labels", cell: (one) => Object.entries(one.labels).map(([label, number]) => [badge(`${label} → ${number}`, label === "production" ? "answered" : ""), " "]) },
          ],
          tables,
        )
      : empty("No table is kept by version here", el("p", {}, "Tables whose rows are loaded as data are seen under ", el("a", { href: "/explore/schema" }, "what there is"), ".")),
  );
  return { title: "Decision tables", node };
}

function one(of: Prompt, query: URLSearchParams, signal: AbortSignal): View {
  const last = String(of.versions.at(-1)?.number ?? 1);
  const before = query.get("before") ?? last;
  const after = query.get("after") ?? last;
  const text = el("div", {});
  const moving = el("div", {});
  const versions = of.versions.map((one) => [String(one.number), `${one.ref}: ${one.message}`] as const);
  ifMay("configure", () => fill(moving, mover("tables", of)));
  void put(text, async () => {
    if (before === after) return content((await get<{ content: Content }>(`/v1/tables/${part(of.name)}/versions/${part(after)}`, {}, signal)).content, query.get("row"));
    const { diff } = await get<{ diff: string }>(`/v1/tables/${part(of.name)}/diff`, { before, after }, signal);
    return diff ? diffOf(diff) : empty("Nothing differs");
  });
  const node = el(
    "div",
    { class: "page" },
    kinds("tables"),
    el("h1", {}, of.name),
    el("p", { class: "lead" }, of.used ? `Decisions use ${of.used} now.` : "No version is in use."),
    versionList(of),
    el("h2", { class: "small-title" }, "What it says, and what differs"),
    el("div", { class: "fields" }, labelledField("Before", choice(versions, before, (value) => change({ before: value }))), labelledField("After", choice(versions, after, (value) => change({ after: value })))),
    text,
    moving,
    el("h2", { class: "small-title" }, "Who moved what"),
    moves(of),
  );
  return { title: `Table ${of.name}`, node };
}

interface Content {
  inputs: { name: string; plan?: Json; phrases?: string[]; values?: Record<string, Json> }[];
  outcome: string;
  hit: string;
  of: string;
  rows: [string, string[], string][];
}

const HITS: Record<string, string> = {
  unique: "one row fires at most",
  first: "the first row that fits fires",
  collect: "every row that fits fires",
};

/** Its rows, of which one can be marked; and where each input comes from. */
function content(found: Content, marked: string | null): HTMLElement[] {
  return [
    el("p", { class: "quiet" }, `For a ${spoken(found.of)}; ${HITS[found.hit] ?? found.hit}. “-” fits whatever is put in.`),
    table(
      "Rows",
      [
        { name: "Row", cell: ([number]) => number },
        ...found.inputs.map((one, at) => ({ name: spoken(one.name), cell: ([, cells]: Content["rows"][number]) => cells[at] ?? "" })),
        { name: `→ ${spoken(found.outcome)}`, cell: ([, , outcome]) => el("strong", {}, outcome) },
      ],
      found.rows,
      ([number]) => (number === marked ? "marked" : ""),
    ),
    marked === null ? el("span") : el("p", { class: "quiet" }, `Row ${marked} is the one that fired.`),
    el("details", {}, el("summary", {}, "Where each input comes from"), pairs(found.inputs.map((one) => [spoken(one.name), one.plan ? el("code", {}, JSON.stringify(one.plan)) : `given with the question: ${Object.keys(one.values ?? {}).join(", ") || "any value"}`] as const))),
  ];
}
