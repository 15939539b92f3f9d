/** Where contents are opened: a thread that holds the account's keys until it is ended. */

import { Failure } from "../failures";
import type { AccountKeys } from "../keys";
import { Job, Turns } from "./job";
import type { FromOpening, ToOpening } from "./messages";
import { Opener } from "./opener";
import { preview } from "./preview";

const jobs = new Map<string, Job>();
const turns = new Turns();
const opener = Promise.withResolvers<Opener>();

addEventListener("message", (event: MessageEvent<ToOpening>) => {
  const message = event.data;
  if (message.type === "keys") receiveKeys(message.port);
  else if (message.type === "preview") void look(message);
  else if (message.type === "download") void download(message);
  else if (message.type === "described") jobs.get(message.id)?.describe(message.file);
  else jobs.get(message.id)?.[message.act]();
});

/** They come from the thread that unlocked them, past the page. */
function receiveKeys(port: MessagePort): void {
  port.addEventListener("message", (event: MessageEvent<AccountKeys>) => {
    port.close();
    opener.resolve(Opener.create(event.data));
  });
  port.start();
}

async function look({ id, choice, limit }: ToOpening & { type: "preview" }): Promise<void> {
  try {
    send({ type: "preview", id, blob: await preview(await opener.promise, choice, limit) });
  } catch (error) {
    const code = error instanceof Failure ? error.code : null;
    send({ type: "failed", id, code, message: String(error) });
  }
}

async function download({ id, order }: ToOpening & { type: "download" }): Promise<void> {
  const job = new Job(id, order, opener.promise, send, turns);
  jobs.set(id, job);
  await job.run();
  jobs.delete(id);
}

function send(message: FromOpening): void {
  postMessage(message);
}
