/** Loads: what was read and when, what a run changed and rejected, how far one at work has come. */

import { events, get, part } from "../api";
import { el, fill, say } from "../dom";
import { ifMay } from "../me";
import { badge } from "../parts/controls";
import { empty, put } from "../parts/notice";
import { forgetSchema, schema } from "../parts/scope";
import { pairs, table } from "../parts/table";
import { address, type Place, type View } from "../place";
import type { Dataset, Live, Run, RunDetail, Source } from "../types";
import { day, number, place as placed, plural, since, time } from "../words";

const TABS = [
  ["", "Runs"],
  ["sources", "Sources"],
] as const;

const FEW = 100;
/** Runs that the API gives at once. */
const MOST = 200;

export function show(place: Place, signal: AbortSignal): Promise<View> {
  const [, what] = place.path;
  if (what !== undefined && what !== "sources") return run(what, signal);
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
  const limit = Math.min(MOST, Number(query.get("limit")) || FEW);
  const { runs } = await get<{ runs: Run[] }>("/v1/runs", { limit }, signal);
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
  if (runs.length < limit) return [all];
  return [all, el("p", { class: "quiet" }, `The newest ${limit}. `, limit < MOST ? el("a", { href: address(["loads"], { limit: MOST }) }, "List more") : [el("code", {}, "whence runs --limit 1000"), " lists more."])];
}

async function sources(signal: AbortSignal): Promise<HTMLElement[]> {
  const [held, read] = await Promise.all([schema(), get<{ sources: Source[]; cut: boolean }>("/v1/sources", {}, signal)]);
  const files = new Map<string, Source[]>();
  for (const one of read.sources) files.set(`${one.dataset}@${one.version}`, [...(files.get(`${one.dataset}@${one.version}`) ?? []), one]);
  if (held.datasets.length === 0) return [empty("Nothing was loaded yet")];
  return [
    table<Dataset>(
      "Datasets",
      [
        { name: "Dataset", cell: (one) => [el("a", { href: address(["lineage"], { ref: one.ref, toward: "down" }) }, one.title || one.dataset), el("br"), el("span", { class: "quiet" }, one.ref)] },
        { name: "", cell: (one) => (one.current ? badge("current", "answered") : badge("kept", "")) },
        { name: "Publisher", cell: (one) => one.publisher },
        { name: "Licence", cell: (one) => one.licence },
        { name: "Seen by", cell: (one) => one.classification },
        { name: "Published", cell: (one) => (one.issued ? day(one.issued) : "") },
        { name: "Files", cell: (one) => (files.get(one.ref) ?? []).map((file) => el("div", {}, el("a", { class: "file", href: address(["lineage"], { ref: file.id, toward: "down" }), title: file.checksum }, file.name))) },
      ],
      held.datasets,
    ),
    read.cut ? el("p", { class: "quiet" }, "There are more files than are listed.") : el("span", {}),
  ];
}

async function run(id: string, signal: AbortSignal): Promise<View> {
  const read = (): Promise<RunDetail> => get<RunDetail>(`/v1/runs/${part(id)}`, { limit: 200 }, signal);
  const detail = await read();
  const live = el("div", { "aria-live": "polite" });
  const head = el("div", {});
  const rejections = el("div", {});
  const node = el("div", { class: "page" }, el("h1", {}, detail.run.job), head, live, rejections);
  fill(head, told(detail.run));
  if (detail.run.state !== "running" || detail.rejections.length) fill(rejections, rejected(detail));
  if (detail.run.state === "running") {
    if (detail.live) fill(live, progress(detail.live));
    void watch(id, signal, (now) => fill(live, progress(now)), (ended, difference) => {
      forgetSchema();
      fill(head, told(ended));
      fill(live, differing(difference));
      void put(rejections, async () => rejected(await read()));
      say(`The load ended: ${ended.state}`);
    });
  }
  return { title: detail.run.job, node };
}

async function watch(id: string, signal: AbortSignal, tell: (live: Live) => void, end: (run: Run, difference: Record<string, number>) => void): Promise<void> {
  try {
    for await (const { name, data } of events(`/v1/runs/${part(id)}/events`, { signal })) {
      if (name === "progress" && data.live) tell(data.live as unknown as Live);
      if (name === "end") end(data.run as unknown as Run, (data.difference ?? {}) as Record<string, number>);
    }
  } catch (error) {
    if (!signal.aborted) say((error as Error).message, true);
  }
}

function progress(live: Live): HTMLElement {
  const of = live.expected_records;
  return el(
    "div",
    { class: "card" },
    el("progress", { max: of ?? 1, value: of ? live.records : null, "aria-label": "Records read" }),
    el("p", {}, `${live.stage === "commit" ? "Making it visible" : "Reading"}: ${number(live.records)}${of ? ` of about ${number(of)}` : ""} records, ${number(live.staged)} assertions, ${number(live.rejected)} rejected, ${number(live.seconds)} s${live.rate ? `, ${number(Math.round(live.rate))} records a second` : ""}.`),
  );
}

function differing(difference: Record<string, number>): HTMLElement | null {
  const some = Object.entries(difference).filter(([name, count]) => name !== "compared" && count);
  return some.length ? el("p", {}, some.map(([name, count]) => `${number(count)} ${name}`).join(", "), ".") : null;
}

function told(run: Run): HTMLElement {
  return el(
    "section",
    { class: "card" },
    el("p", {}, badge(run.state, run.state), run.message ? ` ${run.message}` : ""),
    pairs([
      ["Dataset", el("a", { href: address(["lineage"], { ref: run.version ? `${run.dataset}@${run.version}` : run.dataset, toward: "up" }) }, `${run.dataset}@${run.version}`)],
      ["Started", time(run.started_at)],
      run.ended_at ? ["Ended", time(run.ended_at)] : null,
      run.actor ? ["By", run.actor] : null,
      ["Records", `${number(run.records)} read, ${number(run.rejected)} rejected, ${number(run.skipped)} skipped`],
      ["Assertions", `${number(run.changes.added)} added, ${number(run.changes.kept)} kept, ${number(run.changes.retired)} retired`],
      run.compared ? ["Facts", `${number(run.changes.gained)} gained, ${number(run.changes.lost)} lost against ${run.compared}`] : null,
      run.left_over.length ? ["Fields not used", run.left_over.join(", ")] : null,
      ["Run", el("code", {}, run.id)],
    ]),
    el("p", {}, el("a", { href: address(["lineage"], { ref: run.id, toward: "down" }) }, "What came of it")),
  );
}

function rejected(detail: RunDetail): HTMLElement {
  if (detail.rejections.length === 0) return el("p", { class: "quiet" }, "No record was rejected.");
  return el(
    "section",
    { class: "facts-of" },
    el("h2", {}, plural(detail.run.rejected, "rejected record")),
    table(
      "Rejected records",
      [
        { name: "Where", cell: (one) => [el("span", { class: "file" }, one.source), " ", placed(one.locator)] },
        { name: "Why", cell: (one) => one.reason },
        { name: "Record", cell: (one) => el("code", {}, typeof one.record === "string" ? one.record : JSON.stringify(one.record)) },
      ],
      detail.rejections,
    ),
    detail.cut ? el("p", { class: "quiet" }, "There are more than are listed.") : null,
  );
}
