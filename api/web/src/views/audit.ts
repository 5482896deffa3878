/** The audit log: everything that changed or was decided, the newest first. */

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

interface Log {
  entries: Entry[];
  last: number;
}

const PAGE = 100;

function of(one: Entry): Child {
  if (one.subject.startsWith("d-")) return el("a", { href: address(["decisions", one.subject]) }, one.subject);
  if (one.subject.startsWith("run-")) return el("a", { href: address(["loads", one.subject]) }, one.subject);
  return el("code", {}, one.subject);
}

export function show(place: Place, signal: AbortSignal): Promise<View> {
  const body = el("div", {});
  const node = el("div", { class: "page" }, el("h1", {}, "Audit log"), el("p", { class: "lead" }, "Each entry holds the hash of the one before it. ", el("code", {}, "whence audit verify"), " says whether any was changed."), body);
  void put(body, async () => {
    const read = (after: number, limit: number): Promise<Log> => get<Log>("/v1/audit", { after, limit }, signal);
    // The API tells it oldest first, by number and without a gap.
    const newest = (await read(0, 1)).last;
    const before = Math.min(Number(place.query.get("before")) || Infinity, newest + 1);
    const found = before > 1 ? (await read(Math.max(0, before - 1 - PAGE), Math.min(PAGE, before - 1))).entries.reverse() : [];
    if (found.length === 0) return empty("There is nothing further in the log");
    const first = found.at(-1)?.seq ?? 1;
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
        found,
      ),
      el(
        "p",
        { class: "ways" },
        before <= newest ? el("a", { href: address(["audit"], { before: before + PAGE > newest ? null : before + PAGE }) }, "Newer") : null,
        first > 1 ? el("a", { href: address(["audit"], { before: first }) }, "Older") : null,
      ),
    );
    return rows;
  });
  return Promise.resolve({ title: "Audit log", node });
}
