/** Loads: which ran, what was read, how fresh it is. */

import { get } from "../api";
import { el, fill, type Child } from "../dom";
import { ifMay } from "../me";
import { badge } from "../parts/controls";
import { empty, put } from "../parts/notice";
import { table } from "../parts/table";
import { address, type Place, type View } from "../place";
import type { Fresh, Run, Source } from "../types";
import { day, number, since, time } from "../words";

const TABS = [
  ["", "Runs"],
  ["sources", "Sources"],
] as const;

const PAGE = 100;

export function show(place: Place, signal: AbortSignal): Promise<View> {
  const [, what] = place.path;
  if (what !== undefined && what !== "sources") return import("./run").then(({ run }) => run(what, place.query, signal));
  const body = el("div", {});
  const sending = el("div", {});
  const node = el(
    "div",
    { class: "page" },
    el("h1", {}, "Loads"),
    el("p", { class: "lead" }, "Every load is one run: all of it becomes visible at once, or nothing."),
    el("nav", { class: "tabs", "aria-label": "Loads" }, TABS.map(([path, name]) => el("a", { href: address(["loads", path].filter(Boolean)), "aria-current": path === (what ?? "") ? "page" : null }, name))),
    what === undefined ? sending : null,
    body,
  );
  ifMay("load", () => void import("./upload").then(({ upload }) => fill(sending, el("details", { class: "block" }, el("summary", {}, "Load files from here"), upload()))));
  void put(body, () => (what === "sources" ? sources(signal) : runs(place.query, signal)));
  return Promise.resolve({ title: "Loads", node });
}

async function runs(query: URLSearchParams, signal: AbortSignal): Promise<HTMLElement[]> {
  const { runs, next } = await get<{ runs: Run[]; next: string | null }>("/v1/runs", { limit: PAGE, after: query.get("after") }, signal);
  if (runs.length === 0) return [empty("Nothing was loaded yet", el("p", {}, el("code", {}, "whence load FILE.yml"), " loads a dataset file."))];
  const all = table(
    "Runs",
    [
      { name: "What ran", cell: (one) => el("a", { href: address(["loads", one.id]) }, one.job) },
      { name: "State", cell: (one) => badge(one.state, one.state) },
      { name: "When", cell: (one) => el("span", { title: time(one.started_at) }, since(one.started_at)) },
      { name: "Records", cell: (one) => number(one.records), kind: "number" },
      { name: "Added", cell: (one) => number(one.changes.added), kind: "number" },
      { name: "Retired", cell: (one) => number(one.changes.retired), kind: "number" },
      { name: "Rejected", cell: (one) => (one.rejected ? el("strong", {}, number(one.rejected)) : "0"), kind: "number" },
    ],
    runs,
  );
  return [all, el("p", { class: "ways" }, query.get("after") ? el("a", { href: "/loads" }, "The newest") : null, next ? el("a", { href: address(["loads"], { after: next }) }, "Older ones") : null)];
}

async function sources(signal: AbortSignal): Promise<HTMLElement[]> {
  const [held, read] = await Promise.all([get<{ datasets: Fresh[] }>("/v1/datasets", {}, signal), get<{ sources: Source[]; cut: boolean }>("/v1/sources", {}, signal)]);
  const files = new Map<string, Source[]>();
  for (const one of read.sources) files.set(`${one.dataset}@${one.version}`, [...(files.get(`${one.dataset}@${one.version}`) ?? []), one]);
  if (held.datasets.length === 0) return [empty("Nothing was loaded yet")];
  return [
    table<Fresh>(
      "Datasets",
      [
        { name: "Dataset", cell: (one) => [el("a", { href: address(["lineage"], { ref: one.ref, toward: "down" }) }, one.title || one.dataset), el("br"), el("span", { class: "quiet" }, one.ref)] },
        { name: "", cell: (one) => (one.current ? badge("current", "answered") : badge("kept", "")) },
        { name: "Freshness", cell: freshness },
        { name: "Publisher", cell: (one) => one.publisher },
        { name: "Licence", cell: (one) => el("span", { class: "whole" }, one.licence) },
        { name: "Seen by", cell: (one) => one.classification },
        { name: "Published", cell: (one) => (one.issued ? el("span", { class: "whole" }, day(one.issued)) : "") },
        { name: "Files", cell: (one) => (files.get(one.ref) ?? []).map((file) => el("div", {}, el("a", { class: "file", href: address(["lineage"], { ref: file.id, toward: "down" }), title: file.checksum }, file.name))) },
      ],
      held.datasets,
    ),
    read.cut ? el("p", { class: "quiet" }, "There are more files than are listed.") : el("span", {}),
  ];
}

/** When it was loaded last, and how often it is renewed. */
function freshness(one: Fresh): Child {
  const loaded = one.loaded_at ? [one.run ? el("a", { href: address(["loads", one.run]), title: time(one.loaded_at) }, `loaded ${since(one.loaded_at)}`) : `loaded ${since(one.loaded_at)}`] : "no load is recorded";
  if (one.refresh === null) return loaded;
  if (one.due_at === null) return [loaded, el("div", { class: "quiet" }, one.refresh === "never" ? "is not renewed" : `renewed ${one.refresh}`)];
  return [loaded, el("div", { class: "quiet" }, `renewed ${one.refresh}, due ${day(one.due_at)}`), one.overdue ? el("div", {}, badge("overdue", "warn")) : null];
}
