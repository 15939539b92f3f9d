/** Calls to the server, typed by its own contract. */

import createClient from "openapi-fetch";

import { door, doorHeaders } from "./door";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Account = Schemas["Account"];
export type Device = Schemas["Device"];
export type Download = Schemas["Download"];
export type DownloadState = Schemas["DownloadState"];
export type EnrolmentRequest = Schemas["EnrolmentRequest"];
export type ListingEntry = Schemas["ListingEntry"];
export type NewOrder = Schemas["NewOrder"];
export type Offer = Schemas["Offer"];
export type OfferedFile = Schemas["OfferedFile"];
export type OrderDraft = Schemas["OrderDraft"];
export type OrderInfo = Schemas["OrderInfo"];
export type OrderPlan = Schemas["OrderPlan"];
export type ReleaseOverview = Schemas["ReleaseOverview"];
export type Rollout = Schemas["Rollout"];
export type ServerInfo = Schemas["ServerInfo"];
export type SessionInfo = Schemas["SessionInfo"];
export type SnapshotInfo = Schemas["SnapshotInfo"];

export const api = createClient<paths>({
  credentials: "same-origin",
  // What only our own page can send: the server, and the door before it, ask for it.
  headers: { "X-CSB": "web", ...doorHeaders() },
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

/** No answer at all: from the server, or from the client that opened this page. */
export class Unreachable extends Error {
  readonly code: "server-unreachable" | "door-closed";

  constructor(code: Unreachable["code"], detail: string) {
    super(detail);
    this.name = "Unreachable";
    this.code = code;
  }
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
    if (!(error instanceof TypeError)) throw error;
    throw new Unreachable(door === null ? "server-unreachable" : "door-closed", error.message);
  }
  if (answer.response.ok && answer.data !== undefined) return answer.data;
  throw refusal(answer);
}

function refusal({ error, response }: Answer<unknown>): Refusal | Unreachable {
  const problem = (typeof error === "object" && error !== null ? error : {}) as {
    code?: string;
    detail?: string;
  };
  if (door !== null && problem.code === "server-unreachable") {
    return new Unreachable(problem.code, problem.detail ?? "");
  }
  const wait = Number(response.headers.get("Retry-After") ?? NaN);
  return new Refusal(
    response.status,
    problem.code ?? "failure",
    problem.detail ?? response.statusText,
    Number.isFinite(wait) ? wait : null,
  );
}
