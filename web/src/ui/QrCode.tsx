/** A QR code, drawn as one path: dark on white in every colour scheme, or readers fail. */

import { useEffect, useState } from "react";

import styles from "./QrCode.module.css";

interface Code {
  side: number;
  path: string;
}

export function QrCode({ text, label }: { text: string; label: string }) {
  const code = useCode(text);
  return (
    <svg
      className={styles.code}
      viewBox={`0 0 ${code?.side ?? 1} ${code?.side ?? 1}`}
      role="img"
      aria-label={label}
      data-testid="qr-code"
      data-ready={code !== null}
    >
      <path className={styles.light} d={`M0 0h${code?.side ?? 1}v${code?.side ?? 1}H0z`} />
      {code && <path className={styles.dark} d={code.path} />}
    </svg>
  );
}

/** Null while what draws it is on its way. */
function useCode(text: string): Code | null {
  const [code, setCode] = useState<Code | null>(null);
  useEffect(() => {
    let wanted = true;
    void import("../lib/qr").then(({ qrModules, qrPath }) => {
      const modules = qrModules(text);
      if (wanted) setCode({ side: modules.length, path: qrPath(modules) });
    });
    return () => {
      wanted = false;
    };
  }, [text]);
  return code;
}
