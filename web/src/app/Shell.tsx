/** The frame of every page: where one is, where one can go, and whether the server answers. */

import { ActionIcon, Button, Menu, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { IconCloudOff, IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import { lazy, Suspense, useEffect, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { Refusal, type Account } from "../api/client";
import { door } from "../api/door";
import { accountQuery } from "../api/queries";
import { setPerson } from "../api/session";
import { ClosingNotice } from "../ui/ClosingNotice";
import { DoorStrip } from "../ui/DoorStrip";
import { Logo } from "../ui/Logo";
import { LANGUAGES, useSpeaking, useWords, type Language } from "../words/words";
import styles from "./Shell.module.css";
import { useSilence } from "./answers";

// Who is not signed in has nothing to restore, and does not wait for it.
const LockButton = lazy(async () => ({
  default: (await import("../restoring/LockButton")).LockButton,
}));
const Restoring = lazy(async () => ({
  default: (await import("../restoring/Restoring")).Restoring,
}));

export function Shell({ children }: { children: ReactNode }) {
  const words = useWords();
  const account = useQuery(accountQuery).data ?? null;
  const silent = useSilence();
  const [here] = useLocation();
  useEndedSessions();
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main" onClick={skip}>
        {words.shell.skip}
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link href="/" className={styles.brand} data-signed-in={account !== null}>
            <Logo />
            <span>{words.product}</span>
          </Link>
          {account && <MainNavigation account={account} />}
          <div className={styles.tools}>
            <Suspense>{account && <LockButton />}</Suspense>
            <LanguageMenu />
            <SchemeSwitch />
            {!account && here === "/" && door === null && (
              <Button component={Link} href="/sign-in" variant="light" className={styles.signIn}>
                {words.shell.signIn}
              </Button>
            )}
          </div>
        </div>
        {silent !== "door-closed" && <DoorStrip />}
        {silent && (
          <div className={styles.offline} role="alert">
            <IconCloudOff size={18} aria-hidden="true" />
            {silent === "door-closed" ? words.safeDoor.closed : words.shell.offline}
          </div>
        )}
      </header>
      <main id="main" tabIndex={-1} className={styles.main}>
        <AdminNavigation account={account} />
        {account && <ClosingNotice account={account} />}
        {children}
      </main>
      <Suspense>{account && <Restoring key={account.account_id} account={account} />}</Suspense>
    </div>
  );
}

function skip(event: { preventDefault: () => void }): void {
  event.preventDefault(); // the fragment is our address
  document.getElementById("main")?.focus();
}

function MainNavigation({ account }: { account: Account }) {
  const { shell: words, restoring } = useWords();
  const restores = restoring.page.nav;
  const [here] = useLocation();
  const places = [
    { href: "/", text: words.devices, active: /^\/($|devices|add-device)/.test(here) },
    { href: "/restores", text: restores, active: here === "/restores" },
    { href: "/account", text: words.account, active: here === "/account" },
  ];
  if (account.role === "admin") {
    places.push({ href: "/admin", text: words.admin, active: here.startsWith("/admin") });
  }
  return (
    <nav className={styles.places} aria-label={words.mainNavigation}>
      {places.map((place) => (
        <Link key={place.href} href={place.href} aria-current={place.active ? "page" : undefined}>
          {place.text}
        </Link>
      ))}
    </nav>
  );
}

function AdminNavigation({ account }: { account: Account | null }) {
  const { shell: words, settings } = useWords();
  const [here] = useLocation();
  if (account?.role !== "admin" || !here.startsWith("/admin")) return null;
  const places = [
    { href: "/admin", text: words.allDevices, active: !/^\/admin\/(accounts|releases|server|templates)/.test(here) },
    { href: "/admin/accounts", text: words.accounts, active: here === "/admin/accounts" },
    { href: "/admin/templates", text: settings.templates.nav, active: here === "/admin/templates" },
    { href: "/admin/releases", text: words.releases, active: here === "/admin/releases" },
    { href: "/admin/server", text: words.server, active: here === "/admin/server" },
  ];
  return (
    <nav className={styles.tabs} aria-label={words.adminNavigation}>
      {places.map((place) => (
        <Link key={place.href} href={place.href} aria-current={place.active ? "page" : undefined}>
          {place.text}
        </Link>
      ))}
    </nav>
  );
}

function LanguageMenu() {
  const { words, language, choose } = useSpeaking();
  return (
    <Menu position="bottom-end" withinPortal={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={words.shell.languageMenu}>
          <IconLanguage size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(LANGUAGES) as Language[]).map((one) => (
          <Menu.Item key={one} lang={one} aria-current={one === language} onClick={() => choose(one)}>
            {LANGUAGES[one]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function SchemeSwitch() {
  const words = useWords().shell;
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const label = scheme === "dark" ? words.toLight : words.toDark;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}
      >
        {scheme === "dark" ? <IconSun size={20} /> : <IconMoon size={20} />}
      </ActionIcon>
    </Tooltip>
  );
}

/** When the server no longer knows the session, say so and ask to sign in again. */
function useEndedSessions(): void {
  const queries = useQueryClient();
  const [here, navigate] = useLocation();
  useEffect(() => {
    return queries.getQueryCache().subscribe((event) => {
      if (event.type !== "updated" || event.action.type !== "error") return;
      const error: unknown = event.action.error;
      const ended = error instanceof Refusal && error.code === "not-signed-in";
      if (!ended || queries.getQueryData(accountQuery.queryKey) === null) return;
      setPerson(queries, null);
      navigate(`/sign-in?ended&next=${encodeURIComponent(here)}`);
    });
  }, [queries, here, navigate]);
}
