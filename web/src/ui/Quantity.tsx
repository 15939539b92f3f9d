/** Sizes, counts and shares in the language spoken. */

import { formatBytes, formatCount, formatShare } from "../lib/quantities";
import { useSpeaking } from "../words/words";

export function Size({ bytes }: { bytes: number }) {
  const { language } = useSpeaking();
  const exactly = `${formatCount(bytes, language)} B`;
  return <span title={exactly}>{formatBytes(bytes, language)}</span>;
}

export function Count({ count }: { count: number }) {
  return <>{formatCount(count, useSpeaking().language)}</>;
}

export function Share({ share }: { share: number }) {
  return <>{formatShare(share, useSpeaking().language)}</>;
}
