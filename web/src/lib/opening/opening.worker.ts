/** Where contents are opened: a thread that holds the account's keys until it is ended. */

import { Failure } from "../failures";
import type { AccountKeys } from "../keys";
import { makeOrder, type SignedOrder } from "../orders";
import { Job, Turns } from "./job";
import type { FromOpening, ToOpening } from "./messages";
import { Opener } from "./opener";
import { preview } from "./preview";
import { showAlso } from "./server";

const jobs = new Map<string, Job>();
const turns = new Turns();
const unlocked = Promise.withResolvers<AccountKeys>();
const opener = unlocked.promise.then((keys) => Opener.create(keys));

addEventListener("message", (event: MessageEvent<ToOpening>) => {
  const message = event.data;
  if (message.type === "keys") receiveKeys(message.port);
  else if (message.type === "show") showAlso(message.headers);
  else if (message.type === "preview") void answer(message.id, look(message));
  else if (message.type === "sign") void answer(message.id, sign(message));
  else if (message.type === "download") void download(message);
  else if (message.type === "described") jobs.get(message.id)?.describe(message.file);
  else jobs.get(message.id)?.[message.act]();
});

/** They come from the thread that unlocked them, past the page. */
function receiveKeys(port: MessagePort): void {
  port.addEventListener("message", (event: MessageEvent<AccountKeys>) => {
    port.close();
    unlocked.resolve(event.data);
  });
  port.start();
}

async function look({ choice, limit }: ToOpening & { type: "preview" }): Promise<Blob> {
  return preview(await opener, choice, limit);
}

async function sign({ input }: ToOpening & { type: "sign" }): Promise<SignedOrder> {
  return makeOrder(await unlocked.promise, input);
}

async function answer(id: string, work: Promise<Blob | SignedOrder>): Promise<void> {
  try {
    send({ type: "answer", id, answer: await work });
  } catch (error) {
    const code = error instanceof Failure ? error.code : null;
    send({ type: "failed", id, code, message: String(error) });
  }
}

async function download({ id, order }: ToOpening & { type: "download" }): Promise<void> {
  const job = new Job(id, order, opener, send, turns);
  jobs.set(id, job);
  await job.run();
  jobs.delete(id);
}

function send(message: FromOpening): void {
  postMessage(message);
}
