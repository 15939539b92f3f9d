/** The pictures of the three steps, drawn in the page's own colours. */

import type { ReactNode } from "react";

import styles from "./DoorPage.module.css";

function Picture({ children }: { children: ReactNode }) {
  return (
    <svg className={styles.picture} viewBox="0 0 160 100" aria-hidden="true">
      {children}
    </svg>
  );
}

function Laptop() {
  return (
    <>
      <rect className="soft" x="44" y="22" width="72" height="46" rx="5" />
      <path className="line" d="M34 76h92" />
    </>
  );
}

function GetIt() {
  return (
    <Picture>
      <Laptop />
      <path className="accent" d="M80 31v22m-9-9 9 9 9-9" />
      <path className="line" d="M66 60h28" />
    </Picture>
  );
}

function MakeKeys() {
  return (
    <Picture>
      <rect className="soft" x="30" y="20" width="62" height="60" rx="5" />
      <circle className="line" cx="50" cy="39" r="7" />
      <path className="line" d="M39 58c2-8 20-8 22 0M72 36h12M72 46h8" />
      <circle className="accent" cx="104" cy="58" r="11" />
      <path className="accent" d="m112 66 16 16m-7-7 6-6" />
    </Picture>
  );
}

function KeepSafe() {
  return (
    <Picture>
      <path className="soft" d="M24 36h14l5 6h25v30H24z" />
      <path className="accent" d="M76 56h17m-6-6 6 6-6 6" strokeDasharray="0" />
      <rect className="soft" x="102" y="24" width="36" height="16" rx="4" />
      <rect className="soft" x="102" y="44" width="36" height="16" rx="4" />
      <rect className="soft" x="102" y="64" width="36" height="16" rx="4" />
      <path className="line" d="M110 32h6M110 52h6M110 72h6" />
      <path className="accent" d="m124 72 3 3 6-6M124 52l3 3 6-6M124 32l3 3 6-6" />
    </Picture>
  );
}

export const STEP_PICTURES = [GetIt, MakeKeys, KeepSafe];
