/** What this page was told of a device: by its address, or by the server for a code. */

import type { EnrolmentRequest } from "../../api/client";
import { fromBase64, fromBase64Url, toBase64 } from "../../lib/bytes";
import { endOf, readOffer, type Offer } from "../../lib/enrolment";

const KEY_BYTES = 32;

/** How what this browser makes comes to the device. */
export type Way =
  | { by: "loopback"; port: number; secret: string; download: string }
  | { by: "server"; request: string; code: string; proof: string; address: string };

export interface Asked {
  offer: Offer;
  /** The offer's exact bytes, in base64. */
  document: string;
  /** Milliseconds since 1970. */
  expires: number;
  way: Way;
}

/** Null for an address that is not whole. */
export function readAddress(search: URLSearchParams): Asked | null {
  const port = Number(search.get("port"));
  try {
    const bytes = fromBase64Url(search.get("offer") ?? "");
    const secret = fromBase64Url(search.get("secret") ?? "");
    const offer = readOffer(bytes);
    const isPort = Number.isInteger(port) && port > 0 && port < 65_536;
    if (!isPort || secret.length !== KEY_BYTES) return null;
    const download = search.get("download") ?? "";
    const way: Way = { by: "loopback", port, secret: toBase64(secret), download };
    return { offer, document: toBase64(bytes), expires: endOf(offer), way };
  } catch {
    return null;
  }
}

/** A device that waits at the server, once its code was found right. */
export function readRequest(found: EnrolmentRequest, code: string): Asked {
  const { request, proof, address } = found;
  return {
    offer: readOffer(fromBase64(found.offer)),
    document: found.offer,
    expires: found.expires / 1e6,
    way: { by: "server", request, code, proof, address },
  };
}

/** What a device that waits calls itself; nothing of it is proven yet. */
export function claimedName({ offer }: EnrolmentRequest): string {
  return `\u2068${readOffer(fromBase64(offer)).name}\u2069`; // its own direction of writing
}

/** Where the device listens for what this browser made. */
export function loopbackAddress(port: number, bundle: string): string {
  const text = bundle.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  return `http://127.0.0.1:${port}/enrolled#${text}`;
}
