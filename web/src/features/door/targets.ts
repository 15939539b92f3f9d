/** Which file of a release fits which machine. */

import type { Offer, OfferedFile } from "../../api/client";
import type { Architecture, Machine } from "../../lib/platform";

export const LINUX_TARGETS = ["linux-amd64", "linux-arm64", "linux-armv7"] as const;
export type Target = (typeof LINUX_TARGETS)[number];

const TARGETS: Partial<Record<Architecture, Target>> = {
  x86_64: "linux-amd64",
  arm64: "linux-arm64",
  arm: "linux-armv7",
};

/** What this machine takes: the commonest one where the browser does not say. */
export function targetOf({ system, architecture }: Machine): Target {
  const known = system === "linux" && architecture !== null ? TARGETS[architecture] : undefined;
  return known ?? "linux-amd64";
}

/** The targets that a release has something for, in our order. */
export function targetsIn(offer: Offer): Target[] {
  return LINUX_TARGETS.filter((target) => offer.files.some((one) => one.target === target));
}

export type FileKind = "run" | "tar" | "deb";

/** The files to take away for a target: with the code inside, and the package without it. */
export function filesFor(
  target: Target,
  parcels: OfferedFile[],
  offer: Offer,
): { kind: FileKind; file: OfferedFile }[] {
  const own = parcels.filter((one) => one.target === target);
  const found = [
    { kind: "run" as const, file: own.find((one) => one.name.endsWith(".run")) },
    { kind: "deb" as const, file: offer.files.find((one) => one.target === `${target}-deb`) },
    { kind: "tar" as const, file: own.find((one) => one.name.endsWith(".tar")) },
  ];
  return found.flatMap(({ kind, file }) => (file === undefined ? [] : [{ kind, file }]));
}
