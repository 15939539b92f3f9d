/** The content of a file in the manner of its kind; hostile until shown otherwise. */

import { IconEyeOff } from "@tabler/icons-react";
import { useCallback, useEffect, useEffectEvent, useState, type ReactNode } from "react";

import { safeType } from "../lib/media";
import { formatBytes, formatCount } from "../lib/quantities";
import { Waiting } from "../ui/Page";
import { useSpeaking, useWords } from "../words/words";
import type { Selection } from "../vault/types";
import { vault } from "../vault/vault";
import { FailureText } from "./failures";
import styles from "./Preview.module.css";
import { LARGEST_PREVIEW, mannerOf, type Manner } from "./previews";
import { MOST_CHARACTERS, readText, type ShownText } from "./text";

/** One for a file: give it the file as its key. */
export function PreviewBody({ selection }: { selection: Selection }) {
  const { words, locale } = useSpeaking();
  const file = selection.items[0]!;
  if (file.size > LARGEST_PREVIEW) {
    return <Unseen>{words.restoring.preview.tooLarge(formatBytes(LARGEST_PREVIEW, locale))}</Unseen>;
  }
  return <Opened selection={selection} />;
}

function Opened({ selection }: { selection: Selection }) {
  const { name } = selection.items[0]!;
  const opened = useOpened(selection);
  if (opened === null) return <Waiting rows={6} />;
  if (opened instanceof Blob) return <Shown name={name} content={opened} />;
  return (
    <Unseen>
      <FailureText error={opened.error} />
    </Unseen>
  );
}

/** The content, checked; it is let go with the view. */
function useOpened(selection: Selection): Blob | { error: unknown } | null {
  const [opened, setOpened] = useState<Blob | { error: unknown } | null>(null);
  const open = useEffectEvent(() => vault.preview(selection, LARGEST_PREVIEW));
  useEffect(() => {
    let isWanted = true;
    const put = (found: Blob | { error: unknown }) => isWanted && setOpened(found);
    open().then(put, (error: unknown) => put({ error }));
    return () => {
      isWanted = false;
    };
  }, []);
  return opened;
}

function Shown({ name, content }: { name: string; content: Blob }) {
  const manner = mannerOf(name) ?? "text";
  if (manner === "text") return <TextView content={content} />;
  return <MediaView manner={manner} name={name} content={content} />;
}

function TextView({ content }: { content: Blob }) {
  const { words, locale } = useSpeaking();
  const [shown, setShown] = useState<ShownText | "binary" | null>(null);
  useEffect(() => {
    let isWanted = true;
    void content.arrayBuffer().then((bytes) => {
      if (isWanted) setShown(readText(new Uint8Array(bytes)) ?? "binary");
    });
    return () => {
      isWanted = false;
    };
  }, [content]);
  if (shown === null) return <Waiting rows={6} />;
  if (shown === "binary") return <Unseen>{words.restoring.preview.noText}</Unseen>;
  return (
    <>
      {/* Scrolled by keyboard, so it takes the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={styles.text} dir="auto" tabIndex={0}>
        {shown.text}
      </pre>
      {shown.encoding && (
        <p className={styles.note}>{words.restoring.preview.encoding(shown.encoding)}</p>
      )}
      {shown.cut && (
        <p className={styles.note}>
          {words.restoring.preview.cut(formatCount(MOST_CHARACTERS, locale))}
        </p>
      )}
    </>
  );
}

interface MediaProps {
  manner: Exclude<Manner, "text">;
  name: string;
  content: Blob;
}

function MediaView({ manner, name, content }: MediaProps) {
  const words = useWords().restoring.preview;
  const show = useShowing(content, safeType(name));
  const [isBroken, setBroken] = useState(false);
  const broken = () => setBroken(true);
  if (isBroken || (manner === "pdf" && !navigator.pdfViewerEnabled)) {
    return <Unseen>{manner === "pdf" ? words.noPdf : words.noManner}</Unseen>;
  }
  const common = { ref: show, "aria-label": name };
  switch (manner) {
    case "image":
      return <img ref={show} className={styles.image} alt={name} onError={broken} />;
    // Captions of somebody's own recordings are nothing that we have.
    case "audio":
      // oxlint-disable-next-line jsx-a11y/media-has-caption
      return <audio {...common} className={styles.audio} controls onError={broken} />;
    case "video":
      // oxlint-disable-next-line jsx-a11y/media-has-caption
      return <video {...common} className={styles.video} controls onError={broken} />;
    // In a sandbox browsers show no PDF; see the record on looking at a file.
    case "pdf":
      // oxlint-disable-next-line react/iframe-missing-sandbox
      return <iframe ref={show} className={styles.pdf} title={name} />;
  }
}

/** Gives an element the content for as long as it is there. The type is ours, not the file's. */
function useShowing(content: Blob, type: string) {
  return useCallback(
    (element: { src: string } | null) => {
      if (element === null) return undefined;
      const address = URL.createObjectURL(content.slice(0, content.size, type));
      element.src = address;
      return () => URL.revokeObjectURL(address);
    },
    [content, type],
  );
}

function Unseen({ children }: { children: ReactNode }) {
  return (
    <div className={styles.unseen} role="status">
      <IconEyeOff size={26} aria-hidden="true" />
      <p>{children}</p>
    </div>
  );
}
