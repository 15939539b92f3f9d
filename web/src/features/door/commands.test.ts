import { expect, test } from "vitest";

import type { ServerInfo } from "../../api/client";
import { commandsFor } from "./commands";

const server: ServerInfo = {
  name: "nas",
  version: "0.1.0",
  protocol_oldest: 1,
  protocol_newest: 1,
  pin: "ab12",
  leaf_pin: "bGVhZg==",
  url: "https://nas.local:8443",
  registration: "local",
  may_register: true,
  needs_admin: false,
  client_wheel: "/client/clientserverbackup-0.1.0-py3-none-any.whl",
  client_wheel_sha256: "00",
};
const origin = "https://192.0.2.7:8443";

test("the install command trusts this server's own key only", () => {
  const commands = commandsFor("linux", server, origin, { name: "anna", exists: false });

  expect(commands.install).toBe(
    "curl -fsSk --pinnedpubkey 'sha256//bGVhZg==' https://192.0.2.7:8443/client/install.sh | sh",
  );
});

test("behind a proxy the certificate is one that the machine trusts by itself", () => {
  const proxied = { ...server, leaf_pin: "" };
  const commands = commandsFor("linux", proxied, "https://backup.example.org", { name: "anna", exists: false });

  expect(commands.install).toBe("curl -fsS https://backup.example.org/client/install.sh | sh");
});

test("a person without an account registers, one with an account signs in", () => {
  const fresh = commandsFor("linux", server, origin, { name: "anna", exists: false });
  const known = commandsFor("linux", server, origin, { name: "anna", exists: true });

  expect(fresh.enrol).toBe(
    "csb register https://192.0.2.7:8443 --account anna --accept-pin ab12",
  );
  expect(known.enrol).toBe("csb login https://192.0.2.7:8443 --account anna --accept-pin ab12");
});

test("Windows gets the package by its own curl and installs it with pip", () => {
  const commands = commandsFor("windows", server, origin, { name: "anna", exists: true });

  expect(commands.install).toContain("curl.exe -fsSOk --pinnedpubkey 'sha256//bGVhZg=='");
  expect(commands.install).toContain('"clientserverbackup-0.1.0-py3-none-any.whl[client]"');
});
