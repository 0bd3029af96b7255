// Validates a bundle's files before use: a bundle may come from an untrusted source.
import { hex, sha256 } from './memory.mjs';

/** Each graph's inputs, of which a model's may take fewer, and outputs. */
export const GRAPHS = {
  write: [['images'], ['memory', 'pointers']],
  index: [
    ['memory', 'pointers'],
    ['contents', 'features'],
  ],
  recall: [
    ['contents', 'features', 'pointers', 'queries'],
    ['recalled', 'sample', 'score', 'scores', 'keys'],
  ],
  generate: [
    ['memory', 'pointers', 'key_noise', 'noise'],
    ['generated', 'keys'],
  ],
  score: [
    ['images', 'key_noise', 'noise'],
    ['reconstruction', 'kl_keys', 'kl_latent'],
  ],
};

/** The graphs whose digests make up a model's id. */
export const IDENTITY = ['encoder', 'memory-writer', 'reader'];
const NAMES = ['writer', 'addressing', 'likelihood'];
const SHAPES = ['imageShape', 'memoryShape', 'blockShape'];
const NUMBERS = ['keys', 'latent', 'slotRows', 'slotColumns'];
const SETTINGS = [...NAMES, ...SHAPES, ...NUMBERS, 'capacity'];

// The messages of onnx.proto that can contain tensors: for each, the fields to search and their messages.
const [MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR, SPARSE_TENSOR, FUNCTION, TRAINING] = Array(8).keys();
const FIELDS = [
  { 7: GRAPH, 20: TRAINING, 25: FUNCTION },
  { 1: NODE, 5: TENSOR, 15: SPARSE_TENSOR },
  { 5: ATTRIBUTE },
  { 5: TENSOR, 6: GRAPH, 10: TENSOR, 11: GRAPH, 22: SPARSE_TENSOR, 23: SPARSE_TENSOR },
  {},
  { 1: TENSOR, 2: TENSOR },
  { 7: NODE, 11: ATTRIBUTE },
  { 1: GRAPH, 2: GRAPH },
];
const [EXTERNAL_DATA, DATA_LOCATION] = [13, 14];
const MAX_DEPTH = 100;

/** Text of settings that is the same whatever their order and blanks. */
function canonical(value) {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(',')}]`;
  }
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** Whether a setting is of its kind: a name, three sizes, or a whole number. */
function isRight(name, value) {
  if (NAMES.includes(name)) {
    return typeof value === 'string';
  }
  if (SHAPES.includes(name)) {
    return Array.isArray(value) && value.length === 3 && value.every((size) => isRight('', size));
  }
  return Number.isInteger(value) && value >= (name === 'capacity' ? 0 : 1) && value < 2 ** 31;
}

/** Throws unless a graph's inputs have the sizes that the settings say; names of sizes fit any. */
export function checkInputs(file, { imageShape, memoryShape, keys, latent }, inputs) {
  const shapes = {
    images: ['B', 'T', ...imageShape],
    queries: ['B', 'Q', ...imageShape],
    memory: ['B', ...memoryShape],
    pointers: ['B', 'T', keys, 3],
    key_noise: ['B', 'N', keys, 3],
    noise: ['B', 'N', latent],
  };
  for (const { name, shape } of inputs) {
    const wanted = shapes[name] ?? shape;
    if (shape.length !== wanted.length || shape.some((size, i) => typeof size === 'number' && size !== wanted[i])) {
      throw new Error(
        `'${file}': input '${name}': expected [${wanted}], as bundle.json's settings say, found [${shape}]`,
      );
    }
  }
}

/** Parses and validates bundle.json. */
export async function parseDescription(bytes) {
  let bundle;
  try {
    bundle = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (problem) {
    throw new Error(`bundle.json: expected JSON, found other text (${problem.message})`, { cause: problem });
  }
  if (bundle?.format !== 'kanerva-bundle' || bundle.formatVersion !== 2) {
    const found = `${bundle?.format} ${bundle?.formatVersion}`;
    throw new Error(`bundle.json: expected a kanerva-bundle of format version 2, found ${found}`);
  }
  const missing = SETTINGS.filter((name) => bundle.settings?.[name] === undefined);
  if (missing.length > 0) {
    throw new Error(`bundle.json: expected the settings ${missing.join(', ')}, found none`);
  }
  const wrong = SETTINGS.find((name) => !isRight(name, bundle.settings[name]));
  if (wrong !== undefined) {
    throw new Error(
      `bundle.json: settings.${wrong}: expected a name, three sizes or a whole number, each of its kind, ` +
        `found ${JSON.stringify(bundle.settings[wrong])}`,
    );
  }
  for (const name of [...Object.keys(GRAPHS), ...IDENTITY]) {
    const graph = bundle.graphs?.[name];
    if (typeof graph?.file !== 'string' || typeof graph.sha256 !== 'string') {
      // Bundles of earlier versions have no graphs of whole calls.
      throw new Error(
        `bundle.json: expected the graph '${name}' with its file and sha256, found none; ` +
          'kpp renew adds it to an older bundle',
      );
    }
  }
  const digest = hex(await sha256(new TextEncoder().encode(canonical(bundle.settings))));
  if (bundle.settingsSha256 !== digest) {
    throw new Error('bundle.json: expected settings that fit their settingsSha256, found others: they were changed');
  }
  return bundle;
}

/** Reads a graph; throws if its SHA-256 differs from bundle.json's or it refers to other files. */
export async function readGraph(read, { file, sha256: expected }) {
  if (!/^[\w-][\w.-]*$/.test(file)) {
    throw new Error(`bundle.json: expected a file inside the bundle, found '${file}'`);
  }
  const bytes = await read(file);
  if (hex(await sha256(bytes)) !== expected) {
    throw new Error(`'${file}': expected the SHA-256 in bundle.json, found another: the file was changed`);
  }
  let elsewhere;
  try {
    elsewhere = hasExternalData(bytes, MODEL, 0);
  } catch (problem) {
    throw new Error(`'${file}': expected an ONNX model, found another or a corrupt file`, { cause: problem });
  }
  if (elsewhere) {
    throw new Error(`'${file}': expected a self-contained graph, found a tensor with external data`);
  }
  return bytes;
}

function hasExternalData(bytes, message, depth) {
  if (depth > MAX_DEPTH) {
    throw new Error('nested too deeply');
  }
  let at = 0;
  // Up to 64 bits; inexact beyond 2^53, which suffices to see that a value is not 0 and not a valid length.
  const varint = () => {
    let value = 0;
    for (let place = 0; place < 10; place++) {
      if (at === bytes.length) {
        throw new Error('truncated');
      }
      const byte = bytes[at++];
      value += (byte & 0x7f) * 128 ** place;
      if (byte < 0x80) {
        return value;
      }
    }
    throw new Error('a varint of more than 10 bytes');
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, kind] = [Math.floor(tag / 8), tag % 8];
    if (kind === 0) {
      if (varint() !== 0 && message === TENSOR && field === DATA_LOCATION) {
        return true;
      }
    } else if (kind === 1 || kind === 2 || kind === 5) {
      const length = kind === 2 ? varint() : kind === 1 ? 8 : 4;
      if (length > bytes.length - at) {
        throw new Error('truncated');
      }
      const content = bytes.subarray(at, at + length);
      at += length;
      const inner = kind === 2 ? FIELDS[message][field] : undefined;
      if (
        (kind === 2 && message === TENSOR && field === EXTERNAL_DATA) ||
        (inner !== undefined && hasExternalData(content, inner, depth + 1))
      ) {
        return true;
      }
    } else {
      throw new Error('not protobuf');
    }
  }
  return false;
}
