/** What the API gives, as far as the page reads it. docs/answer-contract.md and docs/openapi.json say more. */

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Plan = { op: string } & { [name: string]: Json };

export interface Problem {
  code: string;
  detail: string;
  retryable?: boolean | null;
  choices?: { id: string; name: string; type: string }[] | null;
}

export interface Entity {
  id: string;
  type: string;
  name: string;
  keys: string[];
  aliases?: string[];
  status?: string | null;
}

export interface Row {
  entity: string | null;
  value: Json;
  claim: string | null;
  of?: number;
  group?: string;
  other?: string;
  /** Of a decision table: the row that fired, what was put in, and what else would come of another value. */
  rule?: string;
  inputs?: { [name: string]: Json };
  flips?: { input: string; value: Json; outcomes: string[] }[];
}

export interface Answer {
  text: string;
  type: string | null;
  entities: Entity[];
  value: Json;
  of: number | null;
  rows: Row[];
  alternatives: Json[];
  choices: { interpretation: string; plan: Plan; answer: Answer }[];
  reason: string | null;
  parts: (Answer & { outcome: string; interpretation: string | null })[];
}

export interface Claim {
  id: string;
  text: string;
  verdict: string;
  evidence: string[];
}

export interface Cited {
  source: string;
  dataset: string | null;
  locator: string | null;
  quote: string | null;
  run: string | null;
  recorded_at: string | null;
}

export interface Evidence {
  id: string;
  kind: "fact" | "path" | "passage" | "absence" | "policy" | "conflict";
  text: string;
  facts: string[];
  sources: Cited[];
}

export interface Explanation {
  nodes: { id: string; labels: string[]; name: string; properties: Record<string, Json> }[];
  relationships: { id: string; type: string; start: string; end: string; properties: Record<string, Json> }[];
  paths: { entity: string; relationships: string[] }[];
  cypher: string | null;
  left_out: number;
  cut?: string[];
}

export interface Scope {
  datasets: string[];
  ceiling: string | null;
  valid_as_of: string | null;
  known_as_of: string | null;
}

export interface Review {
  required: boolean;
  state: string | null;
  reason: string | null;
  [more: string]: Json;
}

export interface Decision {
  decision_id: string;
  outcome: "answered" | "abstained" | "ambiguous" | "false_premise" | "pending_review";
  question: string;
  interpretation: string | null;
  plan: Plan | null;
  answer: Answer;
  claims: Claim[];
  evidence: Evidence[];
  explanation: Explanation;
  confidence: { value: number | null; reason: string | null };
  reader: { by: string; why: string | null };
  writer: { by: string; reason: string | null; dropped: { text: string; problem?: string }[]; left_out: number };
  calls: { purpose: string; model: string; tokens?: Json; cost?: Json; error?: string | null }[];
  attribution: { fact?: string; source?: string; effect: string }[];
  review: Review;
  versions: {
    release: string | null;
    prompt: { name: string; version: number; label: string | null }[] | null;
    model: Json;
    adapter: string | null;
    ontology: string[];
    policy: Json;
    graph: { known_at: string; datasets: string[] };
  };
  scope: Scope;
  as_of: { valid: string; known: string };
  evidence_hash: string;
  usage: { model_calls: number; tokens: number; cost: number };
  trace: { asked_at: string; steps: { step: string; ms: number }[] };
}

export interface DecisionLine {
  decision_id: string;
  outcome: string;
  question: string;
  text: string;
  asked_at: string | null;
  review?: string | null;
  supersedes?: string | null;
  superseded_by?: string | null;
}

export interface Hold {
  held: boolean;
  reason: string;
  actor: string;
  at: string;
}

export interface Statement {
  fact: string;
  predicate: string;
  direction: "out" | "in";
  text: string;
  other: Entity | null;
  value: string | null;
  valid_from: string | null;
  valid_to: string | null;
}

export interface Card {
  entity: Entity;
  facts: Statement[];
  left_out: number;
  cut: string[];
}

export interface Ways {
  start: Entity;
  end: Entity;
  max_hops: number;
  paths: { entities: Entity[]; facts: Statement[] }[];
  cut: string[];
  text: string;
}

export interface Source {
  id: string;
  dataset: string;
  version: string;
  name: string;
  checksum: string;
  classification: string;
  title: string;
  publisher: string;
  licence: string;
  issued: string | null;
}

export interface Fact {
  id: string;
  subject: Entity;
  predicate: string;
  object: Entity | null;
  value: string | null;
  text: string;
  valid_from: string | null;
  valid_to: string | null;
  assertions: { source: Source; locator: string; run: string; recorded_at: string; confidence: number | null }[];
  besides: { fact: string; text: string }[];
  cut: boolean;
}

export interface Schema {
  types: { name: string; parent: string | null; nouns: string[]; count: number }[];
  predicates: {
    name: string;
    subjects: string[];
    objects: string[];
    value: string | null;
    phrases: string[];
    count: number;
    derived: boolean;
  }[];
  datasets: Dataset[];
  known_at: string;
}

export interface Dataset {
  ref: string;
  dataset: string;
  version: string;
  title: string;
  publisher: string;
  licence: string;
  classification: string;
  ontology: string;
  issued: string | null;
  current: boolean;
}

/** A dataset version with how fresh it is. */
export interface Fresh extends Dataset {
  refresh: string | null;
  run: string | null;
  loaded_at: string | null;
  due_at: string | null;
  overdue: boolean;
}

export interface ChangedFact {
  fact: string;
  subject: string;
  predicate: string;
  text: string;
}

export interface ByRun {
  id: string;
  job: string;
  ended_at: string;
  actor: string;
}

export interface EntityStep {
  run: ByRun;
  before: Entity | null;
  after: Entity | null;
  came: Statement[];
  went: Statement[];
  cut: boolean;
}

export interface FactStep {
  run: ByRun;
  text: string;
  came: Fact["assertions"];
  went: Fact["assertions"];
}

export interface Run {
  id: string;
  job: string;
  dataset: string;
  version: string;
  state: "running" | "complete" | "failed" | "unchanged" | "lost";
  started_at: string;
  ended_at: string | null;
  changes: { added: number; kept: number; retired: number; gained: number; lost: number };
  records: number;
  rejected: number;
  skipped: number;
  left_over: string[];
  message: string;
  compared: string;
  actor: string;
}

export interface Live {
  stage: string;
  records: number;
  rejected: number;
  staged: number;
  expected_records: number | null;
  seconds: number;
  rate: number | null;
}

interface TouchSide {
  outcome: string;
  text: string;
}
export interface Touch {
  decision: string;
  question: string;
  review: string | null;
  changed: boolean | null;
  before: TouchSide;
  after: TouchSide | null;
  note: string;
}
export interface Impact {
  carried: Touch[];
  looked_at: Touch[];
  more: boolean;
}

export interface RunDetail {
  run: Run;
  live: Live | null;
  rejections: { source: string; locator: string; reason: string; record: Json }[];
  cut: boolean;
  next: number | null;
  decisions: Impact | null;
}

export interface Walk {
  ref: string;
  toward: "up" | "down";
  depth: number;
  root: string;
  nodes: WalkNode[];
  links: { start: string; end: string }[];
  cut: { node: string; by: string }[];
  more_decisions: boolean;
}

export interface WalkNode {
  id: string;
  kind: string;
  name: string;
  text: string;
  dataset: string | null;
  run: string | null;
  carried: boolean | null;
}

export interface PromptLine {
  ref: string;
  number: number;
  hash: string;
  labels: string[];
  message: string;
  actor: string;
  created_at: string;
}

export interface Prompt {
  name: string;
  used: string | null;
  latest: string;
  labels: Record<string, number>;
  versions: PromptLine[];
  history: {
    label: string;
    number: number | null;
    before: number | null;
    actor: string;
    reason: string;
    moved_at: string;
  }[];
}

export interface PromptVersion extends PromptLine {
  name: string;
  system: string;
  user: string;
  schema: Json;
  parameters: Json;
}

export interface Told {
  kind: string;
  text: string;
}

interface Changes {
  came: { id: string; after: Json }[];
  went: { id: string; before: Json }[];
  changed: { id: string; before: Json; after: Json }[];
}

export interface Replay {
  state: "same" | "differs" | "erased";
  live: boolean;
  identical?: boolean;
  same_answer?: boolean;
  text?: { before: string; after: string };
  facts?: Changes;
  rows?: Changes;
  claims?: Changes;
  erased?: Json[];
  notes?: string[];
}

export interface Attribution {
  attribution: { fact?: string; source?: string; path?: Json; effect: "necessary" | "redundant" | "irrelevant" }[];
  sufficient: { facts: string[]; exact: boolean };
  single_source: { claim: string; sources: string[] }[];
  flips: { change: string; fact: string; says: string; instead: string | null; value: Json; lost: string[]; gained: string[] }[];
  left_out: number;
  runs: number;
}

interface Stage {
  role: string;
  count: number;
  by: "human" | "any";
}

export interface ReviewLine {
  decision_id: string;
  question: string;
  state: string;
  state_reason: string | null;
  by: string | null;
  answer: string | null;
  until: string | null;
  released: boolean;
  asked_by: string | null;
  opened_at: string;
  required_because: string | null;
  tier: string;
  stages: Stage[];
  approvals: { [name: string]: Json }[];
  waits_for: Stage | null;
  unfilled?: string | null;
  assignee: string | null;
  due_at: string | null;
  escalated: boolean;
}

export interface ReviewDetail extends ReviewLine {
  shown: string;
  evidence_hash: { decided: string; today: string };
  events: { [name: string]: Json }[];
  decision: Decision;
}
