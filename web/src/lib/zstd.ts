/** zstd, with the size bounded by the caller; never the data's word alone. */

import { zstdWasm } from "virtual:zstd-wasm";

import { fromBase64, type Bytes } from "./bytes";

interface Decoder {
  memory: WebAssembly.Memory;
  malloc(length: number): number;
  free(pointer: number): void;
  ZSTD_findDecompressedSize(source: number, length: number): bigint;
  ZSTD_decompress(target: number, capacity: number, source: number, length: number): number;
}

/** `packed` decompressed; null unless it is one valid frame of exactly `size` bytes. */
export async function decompress(packed: Uint8Array, size: number): Promise<Bytes | null> {
  const decoder = await load();
  return withMemory(decoder, packed.length, (source) => {
    memory(decoder).set(packed, source);
    if (decoder.ZSTD_findDecompressedSize(source, packed.length) !== BigInt(size)) return null;
    return withMemory(decoder, size, (target) => {
      // A failure is a number above every size.
      const written = decoder.ZSTD_decompress(target, size, source, packed.length) >>> 0;
      return written === size ? memory(decoder).slice(target, target + size) : null;
    });
  });
}

/** The size that the frame says it has; null when it does not say, or is no frame. */
export async function declaredSize(packed: Uint8Array): Promise<number | null> {
  const decoder = await load();
  const size = withMemory(decoder, packed.length, (source) => {
    memory(decoder).set(packed, source);
    return decoder.ZSTD_findDecompressedSize(source, packed.length);
  });
  return size >= 0n && size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : null;
}

function withMemory<T>(decoder: Decoder, length: number, work: (pointer: number) => T): T {
  const pointer = decoder.malloc(Math.max(1, length));
  if (pointer === 0) throw new Error("The browser has no memory left to decompress.");
  try {
    return work(pointer);
  } finally {
    decoder.free(pointer);
  }
}

function memory(decoder: Decoder): Bytes {
  // Made anew each time: the old view is empty once the memory has grown.
  return new Uint8Array(decoder.memory.buffer as ArrayBuffer);
}

let loading: Promise<Decoder> | undefined;

function load(): Promise<Decoder> {
  // The package's own loader fetches a `data:` address, which our content security policy forbids.
  const imports = { env: { emscripten_notify_memory_growth: () => undefined } };
  loading ??= WebAssembly.instantiate(fromBase64(zstdWasm), imports).then(
    ({ instance }) => instance.exports as unknown as Decoder,
  );
  return loading;
}
