/** Making a device one of the account's, and finding those that wait for it. */

import { queryOptions } from "@tanstack/react-query";

import { handleOf } from "../lib/enrolment";
import { Failure } from "../lib/failures";
import { withKeys, type EnrolmentInput } from "../lib/unlocking";
import { api, take, type Device, type EnrolmentRequest } from "./client";

/** Devices of the person's own downloads that wait for a code, kept fresh. */
export const waitingQuery = queryOptions({
  queryKey: ["enrolments"],
  queryFn: () => take(api.GET("/api/v1/enrolments")),
  select: (list) => list.requests,
  refetchInterval: 3000,
});

/** The device that shows this code; a failure where none does. */
export async function findByCode(code: string): Promise<EnrolmentRequest> {
  const handle = handleOf(code);
  if (handle === null) throw new Failure("enrolment-code-mistyped", "That is not a whole code.");
  const params = { query: { handle } };
  const { requests } = await take(api.GET("/api/v1/enrolments", { params }));
  for (const one of requests) {
    const asked = { document: one.offer, proof: one.proof, code };
    if (await withKeys((ask) => ask("isOffered", asked))) return one;
  }
  throw new Failure("enrolment-code-wrong", "No device that waits shows this code.");
}

/** Certify the device, make it known to the server, and seal what it needs: in base64. */
export async function enrolDevice(
  input: Omit<EnrolmentInput, "certificates" | "device">,
  told: { os: string; version: string; download: string },
  takeOver: Device | null,
): Promise<string> {
  const device = takeOver?.device ?? newDevice();
  const certificates = takeOver === null ? [] : await certificatesOf(takeOver.device);
  const whole = { ...input, device, certificates };
  return withKeys(async (ask) => {
    const certified = await ask("certify", whole);
    const { serial, ...signed } = certified;
    const body = { ...told, ...signed, device, name: input.name, take_over: serial > 1 };
    const { token } = await take(api.POST("/api/v1/devices", { body }));
    return ask("sealEnrolment", { ...whole, ...certified, token });
  });
}

/** Hand it to a device that waits at the server. */
export async function handOver(request: string, bundle: string): Promise<void> {
  const params = { path: { request } };
  await take(api.POST("/api/v1/enrolments/{request}", { params, body: { bundle } }));
}

async function certificatesOf(device: string) {
  const params = { path: { device } };
  return (await take(api.GET("/api/v1/devices/{device}/certificates", { params }))).certificates;
}

function newDevice(): string {
  const id = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
