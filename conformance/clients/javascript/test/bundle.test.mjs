import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { decodeMemory, encodeMemory, Kanerva } from '../src/index.mjs';
import { folder } from '../src/node.mjs';

const bundle = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  '..',
  '..',
  'models',
  'bundles',
  'fashion-mnist',
);
const shipped = (file) => new Uint8Array(readFileSync(join(bundle, file)));
const description = () => JSON.parse(readFileSync(join(bundle, 'bundle.json'), 'utf8'));
const json = (value) => new TextEncoder().encode(JSON.stringify(value));
const field = (number, content) => Uint8Array.of((number << 3) | 2, content.length, ...content);

/** Loads the bundle with some of its files replaced. */
const load = (files, runtime = ort) => Kanerva.load((file) => files[file] ?? shipped(file), runtime);

/** Files that replace a graph by other bytes with their own digest. */
const graph = (name, bytes) => {
  const changed = description();
  changed.graphs[name].sha256 = createHash('sha256').update(bytes).digest('hex');
  return { 'bundle.json': json(changed), [`${name}.onnx`]: bytes };
};

test('a malformed description is rejected with one sentence', async () => {
  await assert.rejects(load({ 'bundle.json': Uint8Array.of(0x7b, 0xff) }), /bundle.json: expected JSON/);
  await assert.rejects(
    load({ 'bundle.json': json(null) }),
    /expected a kanerva-bundle of format version 2, found undefined/,
  );
  const without = description();
  delete without.settings.latent;
  await assert.rejects(load({ 'bundle.json': json(without) }), /expected the settings latent, found none/);
  for (const [name, value] of [
    ['keys', '1'],
    ['keys', true],
    ['slotColumns', 0],
    ['latent', 16.5],
    ['blockShape', [1, 7]],
  ]) {
    const other = description();
    other.settings[name] = value;
    await assert.rejects(load({ 'bundle.json': json(other) }), /settings.\w+: expected a name, three sizes or a whole/);
  }
  const swapped = { slotRows: 8, slotColumns: 4 };
  const input = (file) => new RegExp(`'${file}.onnx': input '\\w+': expected .*, as bundle.json's settings say, found`);
  for (const [changes, why] of [
    [{ latent: 8 }, input('generate')],
    [{ imageShape: [1, 14, 56] }, input('write')],
    [{ keys: 2 }, input('index')],
    [swapped, /settings.memoryShape: expected 56,28, as its slots take, found 10,28,56/],
    [{ ...swapped, blockShape: [10, 3, 14], memoryShape: [10, 24, 56] }, /slots: expected memories of 1 to /],
    [{ slotColumns: 7, blockShape: [10, 7, 8] }, /slots: expected memories of 1 to /],
    [{ capacity: 32 }, /settings.capacity: expected 0, as its slots say, found 32/],
    [{ addressing: 'continuous' }, /settings.capacity: expected 32, as its slots say, found 0/],
    [{ addressing: 'continuous', capacity: 32 }, /slots: expected memories of 1 to /],
    [{ scaleCells: 2 }, /slots: expected the pointers' scale that settings.scaleCells says, found another/],
  ]) {
    const other = description();
    Object.assign(other.settings, changes);
    const names = Object.keys(other.settings).sort();
    const canonical = JSON.stringify(Object.fromEntries(names.map((setting) => [setting, other.settings[setting]])));
    other.settingsSha256 = createHash('sha256').update(canonical).digest('hex');
    await assert.rejects(load({ 'bundle.json': json(other) }), why);
  }
  const changed = description();
  changed.settings.slotRows = 8;
  changed.settings.slotColumns = 4;
  await assert.rejects(load({ 'bundle.json': json(changed) }), /expected settings that fit their settingsSha256/);
  const unsigned = description();
  delete unsigned.settingsSha256;
  await assert.rejects(load({ 'bundle.json': json(unsigned) }), /expected settings that fit their settingsSha256/);
  const file = description();
  file.graphs.index.file = 5;
  await assert.rejects(
    load({ 'bundle.json': json(file) }),
    /expected the graph 'index' with its file and sha256, found none; kpp renew adds it to an older bundle/,
  );
  file.graphs.index.file = '../index.onnx';
  await assert.rejects(load({ 'bundle.json': json(file) }), /expected a file inside the bundle/);
});

test('an invalid graph is rejected with one sentence, and open sessions are released', async () => {
  let open = 0;
  const counting = {
    ...ort,
    InferenceSession: {
      create: async (...all) => {
        const session = await ort.InferenceSession.create(...all);
        open++;
        return {
          inputNames: session.inputNames,
          outputNames: session.outputNames,
          release: async () => {
            open--;
            await session.release();
          },
        };
      },
    },
  };
  await assert.rejects(
    load({ 'index.onnx': Uint8Array.of(1) }, counting),
    /'index.onnx': expected the SHA-256 in bundle.json, found another/,
  );
  await assert.rejects(
    load(graph('index', Uint8Array.of(0x0f)), counting),
    /'index.onnx': expected an ONNX model, found another or a corrupt file/,
  );
  await assert.rejects(
    load(graph('index', shipped('index.onnx').subarray(0, -7)), counting),
    /'index.onnx': expected an ONNX model/,
  );
  await assert.rejects(
    load(graph('index', shipped('write.onnx')), counting),
    /'index.onnx': expected the index, from memory, pointers to contents, features; found a graph from images/,
  );
  await assert.rejects(
    load(graph('index', new Uint8Array(0)), counting),
    /'index.onnx': expected a graph that ONNX Runtime loads/,
  );
  assert.equal(open, 0);
});

test('numbers of a graph that are not finite are refused', async () => {
  const bytes = shipped('write.onnx');
  const middle = bytes.length >> 1;
  await assert.rejects(
    load(graph('write', bytes.fill(0xff, middle, middle + 8))), // a weight becomes NaN
    /'write.onnx': output 'memory': expected finite values, found NaN at index 0/,
  );
});

test('external weights are not read', async () => {
  const location = field(1, [
    ...field(1, new TextEncoder().encode('location')),
    ...field(2, new TextEncoder().encode('secret.bin')),
  ]);
  for (const tensor of [field(13, location), Uint8Array.of(0x70, 1)]) {
    // external_data; data_location = EXTERNAL
    for (const content of [
      field(5, tensor),
      field(15, field(1, tensor)),
      field(1, field(5, field(5, tensor))),
      field(1, field(5, field(6, field(5, tensor)))),
    ]) {
      const bytes = Uint8Array.from([...shipped('write.onnx'), ...field(7, content)]);
      await assert.rejects(
        load(graph('write', bytes)),
        /'write.onnx': expected a self-contained graph, found a tensor with external data/,
      );
    }
  }
});

test('tensors and numbers are checked before use', async () => {
  const kanerva = await Kanerva.load(folder(bundle), ort);
  const zeros = (...dims) => ({ data: new Float32Array(dims.reduce((size, dimension) => size * dimension, 1)), dims });
  const filled = (value, ...dims) => ({ data: zeros(...dims).data.fill(value), dims });
  try {
    const memory = await kanerva.write(zeros(1, 4, 1, 28, 28));
    await assert.rejects(
      kanerva.write({ data: Array(784).fill(0), dims: [1, 1, 1, 28, 28] }),
      /episodes: expected a Float32Array of shape \[any, any, 1, 28, 28\], found Array of 784/,
    );
    await assert.rejects(kanerva.write(filled(NaN, 1, 1, 1, 28, 28)), /episodes: expected finite values/);
    await assert.rejects(kanerva.write(filled(2, 1, 1, 1, 28, 28)), /episodes: expected values in \[0, 1\]/);
    await assert.rejects(
      kanerva.read(memory, zeros(1, 3, 3)),
      /keys: expected a Float32Array of shape \[1, any, 1, 3\], found Float32Array of 9 and \[1,3,3\]/,
    );
    await assert.rejects(kanerva.read(memory, zeros(2, 3, 1, 3)), /keys: expected/);
    await assert.rejects(kanerva.read(memory, filled(NaN, 1, 3, 1, 3)), /keys: expected finite values/);
    await assert.rejects(kanerva.read(memory, filled(9, 1, 3, 1, 3)), /keys: expected slots of 1 rows and 8 columns/);
    const index = await kanerva.index(memory);
    assert.deepEqual(index.contents, await kanerva.read(memory, memory.pointers));
    const { images } = await kanerva.recall(index, index.contents);
    assert.deepEqual(images, (await kanerva.recall(memory, index.contents)).images);
    await assert.rejects(
      kanerva.recall(memory, zeros(1, 1, 1, 28, 28), 1.5),
      /iterations: expected an integer of at least 1, found 1.5/,
    );
    await assert.rejects(kanerva.generate(memory, 2.5, 1), /count: expected an integer of at least 1, found 2.5/);
    const file = await encodeMemory(memory);
    const body = Uint8Array.from([...file.subarray(0, -32), 0, 0, 0, 0]);
    await assert.rejects(
      decodeMemory(Uint8Array.from([...body, ...createHash('sha256').update(body).digest()])),
      /expected \d+ bytes, as the file's sizes say, found \d+/,
    );
  } finally {
    await kanerva.release();
  }
});

test('what is no regular file is not waited for', { skip: process.platform === 'win32' }, async () => {
  await assert.rejects(folder('/dev')('zero'), /^Error: \/dev\/zero: expected a regular file, found a folder/);
});
