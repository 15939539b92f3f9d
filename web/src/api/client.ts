/** Calls to the server, typed by its own contract. */

import createClient from "openapi-fetch";

import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Account = Schemas["Account"];
export type Device = Schemas["Device"];
export type ListingEntry = Schemas["ListingEntry"];
export type NewOrder = Schemas["NewOrder"];
export type OrderDraft = Schemas["OrderDraft"];
export type OrderInfo = Schemas["OrderInfo"];
export type OrderPlan = Schemas["OrderPlan"];
export type ServerInfo = Schemas["ServerInfo"];
export type SnapshotInfo = Schemas["SnapshotInfo"];

export const api = createClient<paths>({
  credentials: "same-origin",
  headers: { "X-CSB": "web" }, // what only our own page can send; the server asks for it
});

/** What the server answered in place of what was asked for. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, code: string, detail: string, retryAfterSeconds: number | null) {
    super(detail);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer at all. */
export class Unreachable extends Error {
  readonly code = "server-unreachable";
}

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of an answer; `Refusal` or `Unreachable` when there is none. */
export async function take<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await asked;
  } catch (error) {
    throw error instanceof TypeError ? new Unreachable(error.message) : error;
  }
  if (answer.response.ok && answer.data !== undefined) return answer.data;
  throw refusal(answer);
}

function refusal({ error, response }: Answer<unknown>): Refusal {
  const problem = (typeof error === "object" && error !== null ? error : {}) as {
    code?: string;
    detail?: string;
  };
  const wait = Number(response.headers.get("Retry-After") ?? NaN);
  return new Refusal(
    response.status,
    problem.code ?? "failure",
    problem.detail ?? response.statusText,
    Number.isFinite(wait) ? wait : null,
  );
}
