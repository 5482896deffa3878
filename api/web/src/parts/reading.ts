/** How the question was read: in words, and as steps that can be changed and run again. */

import { el, fill, say } from "../dom";
import { offered } from "../me";
import { planEditor, planText, runs } from "../plan/editor";
import type { Decision, Plan } from "../types";
import { switcher } from "./controls";
import { put } from "./notice";
import { schema } from "./scope";

export function reading(decision: Decision, run: (plan: Plan) => void): HTMLElement {
  const { plan, interpretation, reader } = decision;
  if (plan === null) return el("section", { class: "reading-part", hidden: true });
  const names = new Map([...decision.explanation.nodes, ...decision.answer.entities].map((one) => [one.id, one.name]));
  const body = el("div", {});
  const fold = offered("ask", el("details", { class: "block" }, el("summary", {}, "Change the steps and run them again"), body));
  let read = (): Plan => plan;
  const show = (form: "steps" | "json", current: Plan): Promise<void> =>
    put(body, async () => {
      const made = form === "steps" ? planEditor(current, await schema(), names) : planText(current);
      read = made.read;
      return [
        switcher("Form of the plan", [["steps", "Steps"], ["json", "JSON"]], form, (to) => {
          const now = given();
          if (now) void show(to, now);
        }),
        made.node,
        el("p", {}, runs("Run this plan", () => {
          const now = given();
          if (now) run(now);
        })),
      ];
    });
  const given = (): Plan | null => {
    try {
      return read();
    } catch (error) {
      say(`That is not JSON: ${(error as Error).message}`, true);
      return null;
    }
  };
  fold.addEventListener("toggle", () => {
    if (fold.open && !body.childElementCount) void show("steps", plan);
  });
  const words = el("p", { class: "reading" });
  fill(words, interpretation ?? "");
  return el(
    "section",
    { class: "reading-part", "aria-labelledby": "read-title" },
    el("h2", { id: "read-title" }, "How I read this"),
    words,
    reader.by === "grammar" ? null : el("p", { class: "quiet" }, `Read by ${reader.by}. ${reader.why ?? ""}`),
    fold,
  );
}
