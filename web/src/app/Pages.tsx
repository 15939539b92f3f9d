/** Which page stands behind which address, and who may see it. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconCompass, IconLock } from "@tabler/icons-react";
import { lazy, Suspense, type ReactNode } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";

import type { Account } from "../api/client";
import { door } from "../api/door";
import { accountQuery } from "../api/queries";
import { Empty, FailureNotice, Section, Waiting } from "../ui/Page";
import { useWords } from "../words/words";

const DoorPage = lazy(async () => ({ default: (await import("../features/door/DoorPage")).DoorPage }));
const AddDevicePage = lazy(async () => ({
  default: (await import("../features/door/AddDevicePage")).AddDevicePage,
}));
const SignInPage = lazy(async () => ({
  default: (await import("../features/sign/SignInPage")).SignInPage,
}));
const RegisterPage = lazy(async () => ({
  default: (await import("../features/sign/RegisterPage")).RegisterPage,
}));
const SetupPage = lazy(async () => ({
  default: (await import("../features/sign/SetupPage")).SetupPage,
}));
const EnrolPage = lazy(async () => ({
  default: (await import("../features/enrol/EnrolPage")).EnrolPage,
}));
const ChoosingPage = lazy(async () => ({
  default: (await import("../features/choosing/ChoosingPage")).ChoosingPage,
}));
const DevicesPage = lazy(async () => ({
  default: (await import("../features/devices/DevicesPage")).DevicesPage,
}));
const DevicePage = lazy(async () => ({
  default: (await import("../features/device/DevicePage")).DevicePage,
}));
const AccountPage = lazy(async () => ({
  default: (await import("../features/account/AccountPage")).AccountPage,
}));
const RestoresPage = lazy(async () => ({
  default: (await import("../features/restores/RestoresPage")).RestoresPage,
}));
const AdminDevicesPage = lazy(async () => ({
  default: (await import("../features/admin/AdminDevicesPage")).AdminDevicesPage,
}));
const AccountsPage = lazy(async () => ({
  default: (await import("../features/admin/AccountsPage")).AccountsPage,
}));
const SettingsPage = lazy(async () => ({
  default: (await import("../features/settings/SettingsPage")).SettingsPage,
}));
const TemplatesPage = lazy(async () => ({
  default: (await import("../features/settings/templates/TemplatesPage")).TemplatesPage,
}));
const ServerPage = lazy(async () => ({
  default: (await import("../features/admin/ServerPage")).ServerPage,
}));
const ReleasesPage = lazy(async () => ({
  default: (await import("../features/releases/ReleasesPage")).ReleasesPage,
}));

const DEVICE = "/devices/:device/:kind?/:snapshot?/:path?";
const SETTINGS = "/devices/:device/settings";

interface DevicePlace {
  [name: string]: string | undefined;
  device: string;
  snapshot?: string;
  path?: string;
}

export function Pages() {
  const account = useQuery(accountQuery);
  if (account.isPending) return <Waiting />;
  if (account.isError) {
    return <FailureNotice error={account.error} retry={() => void account.refetch()} />;
  }
  return (
    <Suspense fallback={<Waiting />}>
      <Switch>
        <Route path="/">{account.data ? <DevicesPage /> : <FrontDoor />}</Route>
        <Route path="/sign-in">
          <SignInPage />
        </Route>
        <Route path="/register">
          <RegisterPage />
        </Route>
        <Route path="/setup">
          <SetupPage />
        </Route>
        <Route path="/enrol">
          <EnrolPage account={account.data} />
        </Route>
        {door?.settingUp && (
          <Route path="/choosing">
            <ChoosingPage />
          </Route>
        )}
        <Route path="/add-device">
          <AddDevicePage />
        </Route>
        <Route>
          <SignedIn account={account.data} />
        </Route>
      </Switch>
    </Suspense>
  );
}

/** Whoever came by their own client has it already, and an account too. */
function FrontDoor() {
  return door === null ? <DoorPage /> : <Redirect to="/sign-in" replace />;
}

function SignedIn({ account }: { account: Account | null }) {
  const [here] = useLocation();
  if (account === null) return <Redirect to={`/sign-in?next=${encodeURIComponent(here)}`} replace />;
  return (
    <Switch>
      <Route path="/account">
        <AccountPage />
      </Route>
      <Route path="/restores">
        <RestoresPage />
      </Route>
      <Route path="/templates">
        <TemplatesPage scope="own" />
      </Route>
      <Route<DevicePlace> path={SETTINGS}>
        {({ device }) => <SettingsPage scope="own" device={device} />}
      </Route>
      <Route<DevicePlace> path={DEVICE}>
        {({ device, snapshot, path }) => (
          <DevicePage scope="own" device={device} snapshot={snapshot} path={path} />
        )}
      </Route>
      <Route path="/admin/*?">
        <AdminOnly account={account}>
          <AdminPages />
        </AdminOnly>
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

function AdminPages() {
  return (
    <Switch>
      <Route path="/admin">
        <AdminDevicesPage />
      </Route>
      <Route path="/admin/accounts">
        <AccountsPage />
      </Route>
      <Route path="/admin/releases">
        <ReleasesPage />
      </Route>
      <Route path="/admin/server">
        <ServerPage />
      </Route>
      <Route path="/admin/templates">
        <TemplatesPage scope="all" />
      </Route>
      <Route<DevicePlace> path={`/admin${SETTINGS}`}>
        {({ device }) => <SettingsPage scope="all" device={device} />}
      </Route>
      <Route<DevicePlace> path={`/admin${DEVICE}`}>
        {({ device, snapshot, path }) => (
          <DevicePage scope="all" device={device} snapshot={snapshot} path={path} />
        )}
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

function AdminOnly({ account, children }: { account: Account; children: ReactNode }) {
  const words = useWords();
  if (account.role === "admin") return children;
  return (
    <Section>
      <Empty icon={<IconLock size={26} />} title={words.admin.forbidden} alone />
    </Section>
  );
}

function NotFound() {
  const words = useWords().shell;
  return (
    <Section>
      <Empty
        icon={<IconCompass size={26} />}
        title={words.notFoundTitle}
        text={words.notFoundText}
        alone
      >
        <Button component={Link} href="/">
          {words.home}
        </Button>
      </Empty>
    </Section>
  );
}
