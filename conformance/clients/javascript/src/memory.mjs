// Memory files, in the format documented at the Java runtime's Memory.save.

const MAGIC = 'KANMEMRY';
const VERSION = 2;
const FLOATS_AT = 76;
const DIGEST = 32;

/** Returns the SHA-256 of bytes. */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Formats bytes in hexadecimal. */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Encodes a memory as a file: a Uint8Array. */
export const encodeMemory = (memory) => encodeFile(memory);

/** The same; of a heap, with the ids and states of its places. */
export async function encodeFile({ memory, pointers, modelId }, places) {
  const arrays = [memory.data, pointers.data, ...(places ? [places.ids, places.states] : [])];
  const parts = arrays.map((data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const file = new Uint8Array(FLOATS_AT + parts.reduce((sum, part) => sum + part.length, 0) + DIGEST);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(MAGIC));
  [VERSION, FLOATS_AT, ...memory.dims, ...pointers.dims.slice(1, 3)].forEach((word, i) =>
    view.setUint32(8 + 4 * i, word, true),
  );
  file.set(
    Uint8Array.from(modelId.match(/../g), (digits) => Number.parseInt(digits, 16)),
    40,
  );
  view.setUint32(72, places ? 1 : 0, true);
  let at = FLOATS_AT;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  file.set(await sha256(file.subarray(0, at)), at);
  return file;
}

/** Decodes a file's bytes; throws an Error if they are corrupt or of another kind. */
export async function decodeMemory(bytes) {
  const { places, ...memory } = await decodeFile(bytes);
  if (places) {
    throw new Error('expected the file of a memory, found that of a heap: load it as a heap');
  }
  return memory;
}

/** The same, also of a heap, with places: the ids and states of its places. */
export async function decodeFile(bytes) {
  // A Node.js Buffer's slice is not a copy.
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder().decode(file.subarray(0, 8)) !== MAGIC) {
    throw new Error('expected a memory file, which starts with KANMEMRY, found another kind of file');
  }
  const end = file.length - DIGEST;
  if (end < FLOATS_AT || hex(await sha256(file.subarray(0, end))) !== hex(file.subarray(end))) {
    throw new Error('memory file: expected its SHA-256 to match, found a truncated or damaged file');
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [version, floatsAt, b, c, h, w, t, k] = Array.from({ length: 8 }, (_, i) => view.getUint32(8 + 4 * i, true));
  const hasIds = view.getUint32(72, true);
  if (version !== VERSION) {
    throw new Error(`expected memory format version ${VERSION}, found ${version}`);
  }
  if (floatsAt !== FLOATS_AT || hasIds > 1) {
    throw new Error(`expected floats at byte ${FLOATS_AT}, and 0 or 1 for ids, found ${floatsAt} and ${hasIds}`);
  }
  const expected = FLOATS_AT + 4 * b * (c * h * w + t * k * 3) + hasIds * 9 * t + DIGEST;
  if (file.length !== expected) {
    throw new Error(`expected ${expected} bytes, as the file's sizes say, found ${file.length}`);
  }
  let at = FLOATS_AT;
  const take = (...dims) => {
    const size = dims.reduce((product, dimension) => product * dimension, 1);
    const data = new Float32Array(file.slice(at, at + 4 * size).buffer); // copied for alignment
    at += 4 * size;
    return { data, dims };
  };
  const memory = take(b, c, h, w);
  const pointers = take(b, t, k, 3);
  const places = hasIds
    ? { ids: new BigInt64Array(file.slice(at, at + 8 * t).buffer), states: file.slice(at + 8 * t, end) }
    : undefined;
  return { memory, pointers, modelId: hex(file.subarray(40, 72)), places };
}
