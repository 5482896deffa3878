/** The steps of an answer while it is made. */

import type { Told } from "../asking";
import { el, fill, say } from "../dom";
import { plural } from "../words";

export function live(): { node: HTMLElement; tell: (told: Told) => void } {
  const node = el("ol", { class: "live" });
  let said = "";
  const step = (name: string, text: string | null): HTMLElement =>
    el("li", { class: text === null ? "waiting" : "done" }, el("strong", {}, name), text === null ? "" : ` ${text}`);
  const tell = (told: Told): void => {
    // Who listens hears how it was read, and not each piece that is counted.
    if (told.interpretation && said !== told.interpretation) say(`Read as: ${(said = told.interpretation)}`);
    const names = told.linked && [...new Set(told.linked.map((one) => one.name))];
    fill(
      node,
      step("Recognised", names ? (names.slice(0, 6).join(", ") || "no names, only words of the domain") : null),
      step("Read as", told.interpretation ?? null),
      step("Evidence", told.evidence ? plural(told.evidence, "piece") : null),
      step("Verified", told.claims ? plural(told.claims, "claim") : null),
    );
  };
  tell({ evidence: 0, claims: 0 });
  return { node, tell };
}
