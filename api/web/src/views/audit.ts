/** The audit log: everything that changed or was decided, in order. */

import { get } from "../api";
import { el, fill, type Child } from "../dom";
import { empty, put } from "../parts/notice";
import { table } from "../parts/table";
import { address, type Place, type View } from "../place";
import { time } from "../words";

interface Entry {
  seq: number;
  at: string;
  kind: string;
  subject: string;
  detail: string;
  actor: string | null;
  reason: string | null;
  hash: string;
}

const PAGE = 100;

function of(one: Entry): Child {
  if (one.subject.startsWith("d-")) return el("a", { href: address(["decisions", one.subject]) }, one.subject);
  if (one.subject.startsWith("run-")) return el("a", { href: address(["loads", one.subject]) }, one.subject);
  return el("code", {}, one.subject);
}

export function show(place: Place, signal: AbortSignal): Promise<View> {
  const after = Number(place.query.get("after")) || 0;
  const body = el("div", {});
  const node = el("div", { class: "page" }, el("h1", {}, "Audit log"), el("p", { class: "lead" }, "Each entry holds the hash of the one before it. ", el("code", {}, "whence audit verify"), " says whether any was changed."), body);
  void put(body, async () => {
    const found = await get<{ entries: Entry[]; last: number }>("/v1/audit", { after, limit: PAGE }, signal);
    if (found.entries.length === 0) return empty("There is nothing further in the log");
    const last = found.entries.at(-1)?.seq ?? 0;
    const rows = el("div", {});
    fill(
      rows,
      table(
        "Audit log",
        [
          { name: "No.", cell: (one) => one.seq, kind: "number" },
          { name: "When", cell: (one) => time(one.at) },
          { name: "What", cell: (one) => one.kind },
          { name: "Of", cell: of },
          { name: "Said", cell: (one) => [one.detail, one.reason].filter(Boolean).join(": ") },
          { name: "Who", cell: (one) => one.actor ?? "" },
          { name: "Hash", cell: (one) => el("code", {}, one.hash.slice(7, 17)) },
        ],
        found.entries,
      ),
      el("p", {}, after > 0 ? [el("a", { href: address(["audit"], { after: Math.max(0, after - PAGE) || null }) }, "Earlier"), " "] : null, last < found.last ? el("a", { href: address(["audit"], { after: last }) }, "Later") : null),
    );
    return rows;
  });
  return Promise.resolve({ title: "Audit log", node });
}
