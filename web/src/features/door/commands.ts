/** The commands that bring a machine from nothing to its first backup. */

import type { ServerInfo } from "../../api/client";
import type { System } from "../../lib/platform";

export interface Commands {
  install: string;
  enrol: string;
  start: string;
}

/** `origin`: where this browser reached the server, so that the machine reaches it too. */
export function commandsFor(
  system: System,
  server: ServerInfo,
  origin: string,
  account: { name: string; exists: boolean },
): Commands {
  const verb = account.exists ? "login" : "register";
  return {
    install: system === "windows" ? installOnWindows(server, origin) : installByScript(server, origin),
    enrol: `csb ${verb} ${origin} --account ${account.name} --accept-pin ${server.pin}`,
    start: `csb add ${system === "windows" ? "$HOME\\Documents" : "~/Documents"}\ncsb backup`,
  };
}

function installByScript(server: ServerInfo, origin: string): string {
  return `curl ${options(server, "-fsS")} ${origin}/client/install.sh | sh`;
}

/** Without a pin a proxy stands before the server, with a certificate that every system trusts. */
function options(server: ServerInfo, plain: string): string {
  return server.leaf_pin ? `${plain}k --pinnedpubkey 'sha256//${server.leaf_pin}'` : plain;
}

function installOnWindows(server: ServerInfo, origin: string): string {
  const wheel = server.client_wheel.split("/").at(-1)!;
  return [
    `curl.exe ${options(server, "-fsSO")} ${origin}${server.client_wheel}`,
    `py -m pip install "${wheel}[client]"`,
  ].join("\n");
}
