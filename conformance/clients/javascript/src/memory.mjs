// Memory files; the Java runtime's Memory.save documents the format.

const MAGIC = 'KANMEMRY';
const VERSION = 2;
const FLOATS_AT = 76;
const DIGEST = 32;

/** SHA-256 of bytes. */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Bytes in hexadecimal. */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** A memory's file: a Uint8Array. */
export async function encodeMemory({ memory, pointers, contentsMean, modelId }) {
  const parts = [memory, pointers, contentsMean].map((tensor) => new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
  const file = new Uint8Array(FLOATS_AT + parts.reduce((sum, part) => sum + part.length, 0) + DIGEST);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(MAGIC));
  [VERSION, FLOATS_AT, ...memory.dims, ...pointers.dims.slice(1, 3)].forEach((word, i) => view.setUint32(8 + 4 * i, word, true));
  file.set(Uint8Array.from(modelId.match(/../g), (digits) => Number.parseInt(digits, 16)), 40);
  view.setUint32(72, contentsMean.dims[1], true);
  let at = FLOATS_AT;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  file.set(await sha256(file.subarray(0, at)), at);
  return file;
}

/** The memory in a file's bytes; an Error says what is wrong with one that is damaged or of another kind. */
export async function decodeMemory(bytes) {
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // a Node.js Buffer's slice would be no copy
  if (new TextDecoder().decode(file.subarray(0, 8)) !== MAGIC) {
    throw new Error('expected a memory file, which begins with KANMEMRY, found another kind of file');
  }
  const end = file.length - DIGEST;
  if (end < FLOATS_AT || hex(await sha256(file.subarray(0, end))) !== hex(file.subarray(end))) {
    throw new Error('the memory file is cut short or damaged: its SHA-256 does not match');
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [version, floatsAt, b, c, h, w, t, k] = Array.from({ length: 8 }, (_, i) => view.getUint32(8 + 4 * i, true));
  if (version !== VERSION || floatsAt !== FLOATS_AT) {
    throw new Error(`expected memory format version ${VERSION}, found ${version}`);
  }
  let at = FLOATS_AT;
  const take = (...dims) => {
    const size = dims.reduce((product, dimension) => product * dimension, 1);
    if (at + 4 * size > end) {
      throw new Error(`expected ${size} more numbers, found ${(end - at) / 4}`);
    }
    const data = new Float32Array(file.slice(at, at + 4 * size).buffer); // a copy, so that it is aligned
    at += 4 * size;
    return { data, dims };
  };
  const memory = take(b, c, h, w);
  const pointers = take(b, t, k, 3);
  const contentsMean = take(b, view.getUint32(72, true));
  if (at !== end) {
    throw new Error(`expected no more numbers, found ${(end - at) / 4}`);
  }
  return { memory, pointers, contentsMean, modelId: hex(file.subarray(40, 72)) };
}
