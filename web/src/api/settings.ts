/** Settings of devices and templates for them: what the pages read, and what they change. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, take, type Schemas } from "./client";

export type Effect = Schemas["Effect"];
export type Part = Effect["part"];
export type Window = Required<Schemas["Window"]>;
export type Folders = Required<Schemas["Folders"]>;
export type LeftOut = Required<Schemas["LeftOut"]>;
export type Schedule = Required<Omit<Schemas["Schedule"], "quiet_hours">> & {
  quiet_hours: Window[];
};
export type RateWindow = { window: Window; bytes_per_second: number | null };
export type Limits = Required<Omit<Schemas["Limits"], "upload_windows">> & {
  upload_windows: RateWindow[];
};

/** The settings of a device, whole: the server leaves nothing out. */
export interface SourceSettings {
  folders: Folders;
  exclusions: LeftOut;
  schedule: Schedule;
  limits: Limits;
}

export type SourceChange = { [One in Part]: SourceSettings[One] | null };
export type SettingsEvent = Omit<Schemas["SettingsEvent"], "settings"> & {
  settings: SourceSettings;
};
export type DeviceSettings = Omit<Schemas["DeviceSettings"], "told" | "expected" | "unseen"> & {
  told: SourceSettings | null;
  expected: SourceSettings | null;
  unseen: SettingsEvent[];
};
export type SettingsTemplate = Omit<Schemas["SettingsTemplate"], "change"> & {
  change: SourceChange;
};
export type TemplateDraft = Omit<Schemas["TemplateDraft"], "change"> & { change: SourceChange };

export const PARTS: Part[] = ["folders", "exclusions", "schedule", "limits"];

const SECOND = 1000;
const PAGE = 20;

/** Looked at closely while the device has something to take. */
export const settingsQuery = (device: string) =>
  queryOptions({
    queryKey: ["settings", device],
    queryFn: async () => {
      const params = { path: { device } };
      const found = await take(api.GET("/api/v1/devices/{device}/settings", { params }));
      return found as DeviceSettings;
    },
    refetchInterval: ({ state }) => (state.data?.state === "waiting" ? 2 : 15) * SECOND,
  });

/** Who changed what, newest first; another page whenever there is another revision. */
export const historyQuery = (device: string, revision: number, state: string) =>
  infiniteQueryOptions({
    queryKey: ["settings-history", device, revision, state],
    queryFn: async ({ pageParam }) => {
      const before = pageParam === null ? {} : { before: pageParam };
      const params = { path: { device }, query: { limit: PAGE, ...before } };
      const found = await take(api.GET("/api/v1/devices/{device}/settings/history", { params }));
      return found as { events: SettingsEvent[]; next_before: number | null };
    },
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next_before,
  });

export const templatesQuery = queryOptions({
  queryKey: ["templates"],
  queryFn: async () => {
    const found = await take(api.GET("/api/v1/templates"));
    return found.templates as SettingsTemplate[];
  },
  refetchInterval: 15 * SECOND,
});

/** What a change would do; nothing is changed. */
export function previewSettings(device: string, revision: number, change: SourceChange) {
  const params = { path: { device } };
  const body = { revision, change };
  return take(api.POST("/api/v1/devices/{device}/settings/preview", { params, body }));
}

export async function editSettings(device: string, revision: number, change: SourceChange) {
  const params = { path: { device } };
  const body = { revision, change };
  await take(api.PUT("/api/v1/devices/{device}/settings", { params, body }));
}

export async function seeSettings(device: string, revision: number) {
  const params = { path: { device } };
  await take(api.POST("/api/v1/devices/{device}/settings/seen", { params, body: { revision } }));
}

export async function refuseSettings(device: string, revision: number) {
  const params = { path: { device } };
  await take(api.POST("/api/v1/devices/{device}/settings/refuse", { params, body: { revision } }));
}

export async function permitSettings(device: string, person_may: Part[]) {
  const params = { path: { device } };
  const body = { person_may };
  await take(api.PUT("/api/v1/devices/{device}/settings/permission", { params, body }));
}

/** A new template, or another state of one. */
export async function saveTemplate(template: string | null, draft: TemplateDraft) {
  const saved =
    template === null
      ? api.POST("/api/v1/templates", { body: draft })
      : api.PUT("/api/v1/templates/{template}", { params: { path: { template } }, body: draft });
  return (await take(saved)) as SettingsTemplate;
}

export async function deleteTemplate(template: string) {
  await take(api.DELETE("/api/v1/templates/{template}", { params: { path: { template } } }));
}

export async function assignTemplate(template: string, devices: string[]) {
  const params = { path: { template } };
  await take(api.PUT("/api/v1/templates/{template}/devices", { params, body: { devices } }));
}
