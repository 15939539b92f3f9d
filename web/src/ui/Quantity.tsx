/** Sizes, counts and shares in the language spoken. */

import { formatBytes, formatCount, formatShare } from "../lib/quantities";
import { useSpeaking } from "../words/words";

export function Size({ bytes }: { bytes: number }) {
  const { locale } = useSpeaking();
  const exactly = `${formatCount(bytes, locale)} B`;
  return <span title={exactly}>{formatBytes(bytes, locale)}</span>;
}

export function Count({ count }: { count: number }) {
  return <>{formatCount(count, useSpeaking().locale)}</>;
}

export function Share({ share }: { share: number }) {
  return <>{formatShare(share, useSpeaking().locale)}</>;
}
