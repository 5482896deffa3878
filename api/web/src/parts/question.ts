/** The box in which a question is asked. */

import { ask, type Told } from "../asking";
import { el, fill } from "../dom";
import { address, go } from "../place";
import type { Scope } from "../types";
import { completing } from "./completing";
import { live } from "./live";
import { refused } from "./notice";
import { scopePicker } from "./scope";

export function questionBox(question: string, scope: Scope, signal: AbortSignal, focus = false): { node: HTMLElement; put: (question: string) => void } {
  const field = el("textarea", { id: "question", rows: 1, maxlength: 4000, placeholder: "Ask in plain words", "aria-label": "Question" });
  field.value = question;
  const picker = scopePicker(scope);
  const below = el("div", { class: "below" });
  const submit = el("button", { type: "submit", class: "primary" }, "Ask");
  const run = async (): Promise<void> => {
    const text = field.value.trim();
    if (!text) {
      field.focus();
      return;
    }
    const steps = live();
    fill(below, steps.node);
    submit.disabled = true;
    try {
      const decision = await ask({ question: text, scope: picker.read() }, signal, (told: Told) => steps.tell(told));
      if (signal.aborted) return;
      go(address(["decisions", decision.decision_id]));
    } catch (error) {
      if (!signal.aborted) fill(below, refused(error, () => void run()));
    } finally {
      submit.disabled = false;
    }
  };
  const form = el(
    "form",
    { class: "ask", onsubmit: (event: SubmitEvent) => (event.preventDefault(), void run()) },
    el("div", { class: "ask-line" }, completing(field, true), submit),
    picker.node,
    below,
  );
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.defaultPrevented) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  if (focus) requestAnimationFrame(() => field.focus());
  return {
    node: form,
    put: (text) => {
      field.value = text;
      form.requestSubmit();
    },
  };
}
