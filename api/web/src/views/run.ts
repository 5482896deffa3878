/** One run: what it did, how far it has come, what it gained, lost and kept, what it rejected. */

import { events, get, part } from "../api";
import { el, fill, say } from "../dom";
import { badge, button, switcher } from "../parts/controls";
import { touched } from "../parts/impact";
import { empty, put } from "../parts/notice";
import { forgetSchema } from "../parts/scope";
import { pairs, table } from "../parts/table";
import { address, change, type View } from "../place";
import type { ChangedFact, Impact, Live, Run, RunDetail } from "../types";
import { number, place as placed, plural, spoken, time } from "../words";

const PAGE = 50;
const CHANGES = [
  ["gained", "Gained"],
  ["lost", "Lost"],
  ["kept", "Kept"],
] as const;
type Change = (typeof CHANGES)[number][0];

export async function run(id: string, query: URLSearchParams, signal: AbortSignal): Promise<View> {
  const read = (after: string | null): Promise<RunDetail> => get<RunDetail>(`/v1/runs/${part(id)}`, { limit: PAGE, after }, signal);
  const detail = await read(query.get("rejected"));
  const live = el("div", {});
  const head = el("div", {});
  const facts = el("div", {});
  const rejections = el("div", {});
  const decisions = el("div", {});
  const node = el("div", { class: "page" }, el("h1", {}, detail.run.job), head, live, decisions, facts, rejections);
  let at = query;
  const listFacts = (): void => void put(facts, () => changed(id, detail.run, at, signal));
  const listRejections = (): void => void put(rejections, async () => rejected(await read(at.get("rejected")), at));
  fill(head, told(detail.run));
  if (detail.run.state === "running") {
    if (detail.live) fill(live, progress(detail.live));
    let said = 0;
    void watch(
      id,
      signal,
      (now) => {
        fill(live, progress(now));
        // Who listens is told now and then, not each second.
        if (Date.now() - said > 15_000) {
          said = Date.now();
          say(`${number(now.records)} records read`);
        }
      },
      (ended, difference) => {
        forgetSchema();
        detail.run = ended;
        fill(head, told(ended));
        fill(live, differing(difference));
        listFacts();
        listRejections();
        say(`The load ended: ${ended.state}`);
      },
      (found) => fill(decisions, touched(found)),
    );
  } else {
    fill(decisions, touched(detail.decisions));
    listFacts();
    fill(rejections, rejected(detail, at));
  }
  return {
    title: detail.run.job,
    node,
    update: (now) => {
      const was = at;
      at = now;
      if (["change", "after"].some((name) => was.get(name) !== now.get(name))) listFacts();
      if (was.get("rejected") !== now.get("rejected")) listRejections();
    },
  };
}

async function watch(id: string, signal: AbortSignal, tell: (live: Live) => void, end: (run: Run, difference: Record<string, number>) => void, touch: (found: Impact) => void): Promise<void> {
  try {
    for await (const { name, data } of events(`/v1/runs/${part(id)}/events`, { signal })) {
      if (name === "progress" && data.live) tell(data.live as unknown as Live);
      if (name === "end") end(data.run as unknown as Run, (data.difference ?? {}) as Record<string, number>);
      if (name === "decisions") touch(data as unknown as Impact);
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
      ["Dataset", el("a", { href: address(["lineage"], { ref: run.version ? `${run.dataset}@${run.version}` : run.dataset, toward: "up" }) }, run.version ? `${run.dataset}@${run.version}` : run.dataset)],
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

const chosen = (query: URLSearchParams, run: Run): Change => {
  const [first] = CHANGES.find(([key]) => key === query.get("change")) ?? [run.changes.gained || !run.compared ? "gained" : run.changes.lost ? "lost" : "kept"];
  return first as Change;
};

/** The facts of one kind, page by page. */
async function changed(id: string, run: Run, query: URLSearchParams, signal: AbortSignal): Promise<(HTMLElement | null)[]> {
  if (run.state !== "complete") return [];
  const change_ = chosen(query, run);
  const found = await get<{ facts: ChangedFact[]; next: number | null; cut: boolean }>(`/v1/runs/${part(id)}/facts`, { change: change_, after: query.get("after"), limit: PAGE }, signal);
  const none: Record<Change, string> = {
    gained: "It gained none",
    lost: "It lost none",
    kept: run.compared ? "It kept none" : "There was nothing before it to keep",
  };
  return [
    el("div", { class: "section-head" }, el("h2", {}, "Facts"), switcher("Facts that it", CHANGES, change_, (to) => change({ change: to, after: null }))),
    found.facts.length
      ? table(
          "Facts of the run",
          [
            { name: "Fact", cell: (one) => one.text },
            { name: "Relation", cell: (one) => spoken(one.predicate) },
            { name: "", cell: (one) => el("a", { href: address(["explore"], { entity: one.subject, history: "1" }), "aria-label": `History of ${one.subject}` }, "history") },
          ],
          found.facts,
        )
      : empty(query.get("after") ? "There are no more" : none[change_]),
    el(
      "p",
      { class: "ways" },
      query.get("after") ? button("From the beginning", () => change({ after: null }), "small") : null,
      found.next !== null ? button("More facts", () => change({ after: found.next }), "small") : null,
      found.cut ? el("span", { class: "quiet" }, "A source says more than is read here; whence export has all.") : null,
    ),
  ];
}

function rejected(detail: RunDetail, query: URLSearchParams): HTMLElement {
  if (detail.run.rejected === 0) return el("p", { class: "quiet" }, "No record was rejected.");
  const from = Number(query.get("rejected")) || 0;
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
    el(
      "p",
      { class: "ways" },
      from > 0 ? button("Rejections before these", () => change({ rejected: Math.max(0, from - PAGE) || null }), "small") : null,
      detail.next === null ? null : button("Further rejections", () => change({ rejected: detail.next }), "small"),
      from > 0 || detail.next !== null ? el("span", { class: "quiet" }, `${number(from + 1)} to ${number(from + detail.rejections.length)} of ${number(detail.run.rejected)}`) : null,
    ),
  );
}
