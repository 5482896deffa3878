/** One decision: the answer first, then why, how it was read, and the record. */

import { el, fill, say } from "../dom";
import { lit } from "../layers";
import { ifMay, offered } from "../me";
import { answerRows, answerText } from "../parts/answer";
import { badge, button } from "../parts/controls";
import { evidenceDetail } from "../parts/evidence";
import { feedback } from "../parts/feedback";
import { hangs } from "../parts/hangs";
import { holds } from "../parts/holds";
import { live } from "../parts/live";
import { refused } from "../parts/notice";
import { questionBox } from "../parts/question";
import { reading } from "../parts/reading";
import { record } from "../parts/record";
import { scopeInWords } from "../parts/scope";
import { whyPart } from "../parts/why";
import { ask } from "../asking";
import { address, change, go, type View } from "../place";
import type { Answer, Claim, Decision, Plan } from "../types";
import { number, OUTCOMES, plural, since, stateWords } from "../words";

/** Claims that are listed at once. */
const FEW = 12;

export function decisionView(decision: Decision, query: URLSearchParams): View {
  const leaving = new AbortController();
  const held = decision.outcome === "pending_review";
  const byId = new Map(decision.claims.map((one) => [one.id, one]));
  const why = whyPart(decision, query, (ids) => change({ evidence: ids.join(",") || null }));
  const aside = el("aside", { class: "detail", "aria-label": "Evidence", tabindex: -1 });

  const chip = (id: string): HTMLElement =>
    el("button", { type: "button", class: "cite", "data-evidence": id, "aria-label": `Evidence ${id}: ${decision.evidence.find((one) => one.id === id)?.text ?? ""}`, onclick: () => change({ evidence: id }) }, id);
  const cite = (claim: string): HTMLElement =>
    el("span", { class: "cites" }, (byId.get(claim)?.evidence ?? []).slice(0, 4).map(chip), (byId.get(claim)?.evidence.length ?? 0) > 4 ? button("…", () => change({ claim }), "cite") : null);
  const running = el("div", { class: "below" });
  const run = (plan: Plan, words: string): void => {
    // Its steps are shown where it was asked for.
    (document.activeElement?.closest("main li, main section") ?? node).append(running);
    void rerun(decision, plan, words, running, leaving.signal);
  };

  const names = new Map(decision.explanation.nodes.map((one) => [one.id, one.name]));
  const claims = decision.claims.map((one) => claimLine(one, chip));
  const node = el(
    "div",
    { class: "page decision" },
    offered("ask", questionBox(decision.question, decision.scope, leaving.signal).node),
    el(
      "div",
      { class: "two" },
      el(
        "div",
        {},
    el(
      "section",
      { class: `answer ${decision.outcome}`, "aria-labelledby": "answered" },
      el("div", { class: "answer-head" }, badge(OUTCOMES[decision.outcome] ?? decision.outcome, decision.outcome), reviewBadge(decision), el("span", { class: "quiet" }, `${scopeInWords({ ...decision.scope, valid_as_of: decision.as_of.valid })} · asked ${since(decision.trace.asked_at)}`)),
      el("h1", { id: "answered", class: "asked said-above" }, decision.question),
      answerText(decision.answer),
      decision.answer.reason && !decision.answer.choices.length && !decision.answer.text.includes(decision.answer.reason) ? el("p", {}, decision.answer.reason) : null,
      confidence(decision),
      answerRows(decision.answer, cite, run, names),
      decision.evidence.length && !held ? el("p", { class: "quiet to-the-row" }, "Choose a piece of evidence, like ", chip(decision.evidence[0]?.id ?? ""), ", to see the row that it was read from.") : null,
      decision.answer.parts.slice(1).map((one) => part(one, cite, run)),
    ),
        held ? el("p", { class: "notice" }, "It is given once the review releases it. ", offered("review", el("a", { href: address(["reviews", decision.decision_id]) }, "Open the review"))) : why.node,
        reading(decision, (plan) => run(plan, decision.question)),
        claims.length
          ? el("section", { class: "claims", "aria-labelledby": "claims-title" }, el("h2", { id: "claims-title" }, "Claims"), el("p", { class: "quiet" }, "Each sentence was checked against the evidence it cites. Choose one to light its path."), el("ol", {}, claims.slice(0, FEW).map((one) => one.node)), more(claims.slice(FEW).map((one) => one.node)))
          : null,
        dropped(decision),
        held ? null : holds(decision),
        hangs(decision, (found) => why.needed(new Set(found.attribution.flatMap((one) => (one.fact && one.effect === "necessary" ? [one.fact] : []))))),
        record(decision, feedback(decision), leaving.signal),
      ),
      aside,
    ),
  );

  const update = (query: URLSearchParams): void => {
    const claim = byId.get(query.get("claim") ?? "");
    const ids = (query.get("evidence") ?? "").split(",").filter(Boolean);
    const cited = ids.length ? ids : (claim?.evidence ?? []);
    for (const one of claims) one.mark(one.id === claim?.id);
    for (const one of node.querySelectorAll<HTMLElement>(".cite")) one.classList.toggle("on", cited.includes(one.dataset.evidence ?? ""));
    why.update(query, cited.length ? lit(decision, cited) : null);
    const shown = decision.evidence.filter((one) => cited.includes(one.id));
    node.classList.toggle("with-detail", shown.length > 0);
    fill(
      aside,
      shown.length
        ? [
            el("div", { class: "detail-head" }, el("h2", {}, claim && !ids.length ? `Evidence for ${claim.id}` : "Evidence"), button("Close", () => change({ claim: null, evidence: null }), "small")),
            shown.slice(0, 40).map((one) => evidenceDetail(decision, one)),
            shown.length > 40 ? el("p", { class: "quiet" }, `${number(shown.length - 40)} more are in the table of the picture.`) : null,
          ]
        : null,
    );
  };
  /** Takes the focus to the evidence when it opens, and back to what opened it when it closes. */
  let opener: Element | null = null;
  const focused = (query: URLSearchParams): boolean => {
    const active = document.activeElement;
    const [before, within] = [node.classList.contains("with-detail"), aside.contains(active)];
    update(query);
    const after = node.classList.contains("with-detail");
    if (after && !before) {
      opener = active;
      aside.focus({ preventScroll: true });
      return true;
    }
    if (before && !after && within && opener instanceof HTMLElement) opener.focus({ preventScroll: true });
    return false;
  };
  update(query);
  let last = query.toString();
  return {
    title: decision.question,
    node,
    update: (query) => {
      const opened = query.toString() !== last && (query.get("evidence") || query.get("claim"));
      last = query.toString();
      // Who is led to the evidence hears it from there.
      if (!focused(query) && opened) say(aside.querySelector(".evidence .says, .evidence blockquote")?.textContent ?? "");
    },
    close: () => {
      leaving.abort();
      why.close();
    },
  };
}

/** The same question with another plan, on the same scope. */
async function rerun(decision: Decision, plan: Plan, words: string, at: HTMLElement, signal: AbortSignal): Promise<void> {
  const steps = live();
  fill(at, steps.node);
  at.scrollIntoView({ block: "nearest" });
  try {
    const made = await ask({ question: words, scope: decision.scope, plan }, signal, steps.tell);
    if (!signal.aborted) go(address(["decisions", made.decision_id]));
  } catch (error) {
    if (!signal.aborted) fill(at, refused(error));
  }
}

const VERDICTS: Record<string, string> = { supported: "Supported", unsupported: "Not supported", contradicted: "Contradicted" };

function claimLine(claim: Claim, chip: (id: string) => HTMLElement): { id: string; node: HTMLElement; mark: (on: boolean) => void } {
  const choose = el("button", { type: "button", class: "claim-text", "aria-pressed": "false", onclick: () => change(choose.getAttribute("aria-pressed") === "true" ? { claim: null, evidence: null } : { claim: claim.id, evidence: null }) }, claim.text);
  const more = claim.evidence.length - 12;
  const node = el("li", { class: "claim", "data-claim": claim.id }, el("span", { class: `verdict ${claim.verdict}` }, VERDICTS[claim.verdict] ?? claim.verdict), choose, el("span", { class: "cites" }, claim.evidence.slice(0, 12).map(chip), more > 0 ? el("span", { class: "quiet" }, ` and ${more} more`) : null));
  return {
    id: claim.id,
    node,
    mark: (on) => {
      if (on) node.closest("details")?.setAttribute("open", "");
      choose.setAttribute("aria-pressed", String(on));
      node.classList.toggle("on", on);
    },
  };
}

/** Claims beyond the first ones; a long list has one for each member. */
function more(claims: HTMLElement[]): HTMLElement | null {
  return claims.length ? el("details", {}, el("summary", {}, plural(claims.length, "further claim")), el("ol", {}, claims)) : null;
}

/** What the calibrated value means, as a bar and in words. */
function confidence(decision: Decision): HTMLElement {
  const { value, reason } = decision.confidence;
  if (value === null) return el("p", { class: "confidence quiet" }, "No confidence is given", reason ? `: ${reason}` : "", ".");
  const percent = Math.round(value * 100);
  return el(
    "p",
    { class: "confidence" },
    el("meter", { min: 0, max: 1, low: 0.6, high: 0.85, optimum: 1, value, "aria-label": `Confidence ${percent} of 100` }),
    el("span", {}, `Of 100 answers with signs like these, about ${percent} were right.`),
  );
}

function reviewBadge(decision: Decision): HTMLElement | null {
  const { state, required } = decision.review;
  if (!state && !required) return null;
  const said = badge(`Review: ${stateWords(state ?? "needed")}`, `review-${state ?? "open"}`);
  const shown = el("span", {}, said);
  ifMay("review", () => fill(shown, el("a", { href: address(["reviews", decision.decision_id]) }, said)));
  return shown;
}

function part(answer: Answer & { outcome: string; interpretation: string | null }, cite: (claim: string) => HTMLElement, run: (plan: Plan, words: string) => void): HTMLElement {
  return el("section", { class: "part" }, el("p", { class: "quiet" }, OUTCOMES[answer.outcome] ?? answer.outcome, answer.interpretation ? `: ${answer.interpretation}` : ""), answerText(answer), answerRows(answer, cite, run));
}

function dropped(decision: Decision): HTMLElement | null {
  const gone = decision.writer.dropped;
  if (gone.length === 0) return null;
  return el("details", { class: "block" }, el("summary", {}, `Dropped: ${gone.length} of the model’s claims did not stand`), el("ul", {}, gone.map((one) => el("li", {}, one.text, one.problem ? el("span", { class: "quiet" }, ` (${one.problem})`) : null))));
}

