/** Which machine this browser runs on, as far as it says. */

export const SYSTEMS = ["linux", "macos", "windows"] as const;
export type System = (typeof SYSTEMS)[number];
export type Architecture = "x86_64" | "x86" | "arm64" | "arm";

export interface Machine {
  /** The one that the client is offered for first. */
  system: System;
  /** Null where the browser does not say: then nothing is claimed. */
  architecture: Architecture | null;
  /** A phone or tablet: the client does not run here. */
  handheld: boolean;
}

/** What browsers tell who asks for it, where they do. */
export interface Hints {
  platform?: string;
  architecture?: string;
  bitness?: string;
  mobile?: boolean;
}

interface Asked {
  getHighEntropyValues?: (names: string[]) => Promise<Hints>;
}

export async function detectMachine(): Promise<Machine> {
  const asked = (navigator as { userAgentData?: Asked }).userAgentData;
  const hints = asked?.getHighEntropyValues?.(["architecture", "bitness", "platform"]);
  const touch = navigator.maxTouchPoints > 1;
  return readMachine(navigator.userAgent, (await hints?.catch(() => ({}))) ?? {}, touch);
}

/** `touch`: an iPad says that it is a Mac; no Mac has a touch screen. */
export function readMachine(userAgent: string, hints: Hints = {}, touch = false): Machine {
  const said = `${hints.platform ?? ""} ${userAgent}`;
  const system = detectSystem(said);
  const handheld = /Android|iPhone|iPad/i.test(said) || (system === "macos" && touch);
  return { system, architecture: handheld ? null : architecture(userAgent, hints), handheld };
}

export function detectSystem(said: string): System {
  if (/Windows/i.test(said)) return "windows";
  if (/Mac ?OS|Macintosh|iPhone|iPad/i.test(said)) return "macos";
  return "linux";
}

function architecture(userAgent: string, { architecture: told, bitness }: Hints): Architecture | null {
  if (told === "arm") return bitness === "32" ? "arm" : "arm64";
  if (told === "x86") return bitness === "32" ? "x86" : "x86_64";
  if (/aarch64|arm64/i.test(userAgent)) return "arm64";
  if (/armv[67]/i.test(userAgent)) return "arm";
  if (/x86_64|Win64|WOW64|amd64/i.test(userAgent)) return "x86_64";
  if (/i[3-6]86/i.test(userAgent)) return "x86";
  return null; // every Mac says Intel
}
