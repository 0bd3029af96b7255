import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { encodeMemory, Kanerva, NormalSampler } from '../src/index.mjs';
import { folder } from '../src/node.mjs';
import { blocksOf } from '../src/sizes.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const bundles = join(here, '../../../../models/bundles');
const noise = new NormalSampler(1).tensor(40, 784).data;
const image = (i) => noise.slice(i * 784, (i + 1) * 784).map((value) => (value > 0 ? 1 : 0));
/** Images [N, 1, 28, 28]. */
const images = (...chosen) => ({
  data: Float32Array.from(chosen.flatMap((i) => [...image(i)])),
  dims: [chosen.length, 1, 28, 28],
});
const episode = (...chosen) => ({ data: images(...chosen).data, dims: [1, chosen.length, 1, 28, 28] });
const near = (found, expected, tolerance = 1e-5) => {
  assert.equal(found.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(found[i] - value) < tolerance, `${i}: ${found[i]} and ${value}`));
};

let kanerva;
before(async () => {
  kanerva = await Kanerva.load(folder(join(bundles, 'fashion-mnist')), ort);
});
after(() => kanerva.release());

const heapOf = async (...ids) => {
  const heap = kanerva.heap();
  await heap.write(ids, images(...ids.keys()));
  return heap;
};

test('samples are read, found and listed by their ids', async () => {
  const ids = [-(2n ** 63n), 7n, 2n ** 63n - 1n];
  const heap = await heapOf(...ids);
  assert.deepEqual(heap.list(), ids);
  const found = await heap.lookUp(images(2, 0));
  assert.deepEqual(found.ids, [ids[2], ids[0]]);
  const memory = await kanerva.write(episode(0, 1, 2));
  near((await heap.snapshot()).memory.data, memory.memory.data);
  near((await heap.recall(images(1))).data, (await kanerva.recall(memory, episode(1))).images.data);
  near((await heap.generate(5, 3)).data, (await kanerva.generate(memory, 5, 3)).images.data);
});

test('every sample has its match, in the order of the list', async () => {
  const heap = await heapOf(5n, 6n, 7n);
  heap.free([6n]);
  const [matches] = await heap.matches(images(2));
  const scores = (await kanerva.lookUp(await heap.snapshot(), episode(2))).scores.data;
  near(matches, [...scores]);
  const { ids, scores: best } = await heap.lookUp(images(2));
  assert.deepEqual([ids, best], [[7n], [matches[1]]]);
});

test('look-ups with an index of their memory find the same', async () => {
  const memory = await kanerva.write(episode(0, 1, 2));
  const index = await kanerva.index(memory);
  for (const query of [0, 2]) {
    const found = await kanerva.lookUp(memory, episode(query), index);
    assert.deepEqual(found, await kanerva.lookUp(memory, episode(query)));
    assert.equal(found.samples[0], query);
  }
});

test('a memory with its free places names them and holds nothing there', async () => {
  const heap = await heapOf(5n, 6n, 7n);
  heap.free([6n]);
  const { ids, states, ...memory } = await heap.memory();
  assert.deepEqual([[...ids], [...states]], [[5n, 0n, 7n], [1, 0, 1]]);
  const [first, second, third] = blocksOf(kanerva.settings, memory);
  const [left, right] = blocksOf(kanerva.settings, await heap.snapshot());
  assert.deepEqual([first, third], [left, right]);
  assert.ok(second.every((value) => value === 0));
});

test('a freed sample is gone and leaves its place to the next', async () => {
  const heap = await heapOf(1n, 2n, 3n);
  heap.free([2n]);
  assert.deepEqual(heap.list(), [1n, 3n]);
  assert.notEqual((await heap.lookUp(images(1))).ids[0], 2n);
  await assert.rejects(heap.read([2n]), /expected an id in use, found 2/);
  await heap.write([9n], images(3));
  assert.deepEqual(heap.list(), [1n, 9n, 3n]);
  await heap.replace(9n, images(4));
  assert.deepEqual((await heap.lookUp(images(4))).ids, [9n]);
  heap.free(BigInt64Array.of(1n, 9n, 3n));
  await assert.rejects(heap.lookUp(images(0)), /at least 1 sample/);
});

test('what is refused changes nothing', async () => {
  const heap = await heapOf(1n, 2n);
  await assert.rejects(heap.write([3n, 2n], images(0, 1)), /not in use, found 2/);
  await assert.rejects(heap.write([3n, 3n], images(0, 1)), /different ids/);
  await assert.rejects(heap.write([3n], images(0, 1)), /as many samples/);
  await assert.rejects(heap.write([2n ** 63n], images(0)), /64 bits/);
  await assert.rejects(heap.write([3], images(0)), /BigInts/);
  assert.throws(() => heap.free([1n, 5n]), /in use, found 5/);
  assert.throws(() => heap.free([1]), /in use, found number 1/);
  assert.deepEqual(heap.list(), [1n, 2n]);
});

test('a file keeps ids and free places', async () => {
  const heap = await heapOf(-4n, 5n, 6n, 7n);
  heap.free([5n, 7n]);
  const file = await heap.encode();
  const loaded = await kanerva.loadHeap(file);
  assert.deepEqual(loaded.list(), [-4n, 6n]);
  assert.deepEqual(await loaded.encode(), file);
  near((await loaded.generate(6, 2)).data, (await heap.generate(6, 2)).data);
  await loaded.write([8n], images(9));
  assert.deepEqual(loaded.list(), [-4n, 8n, 6n]);
  await assert.rejects(kanerva.loadMemory(file), /load it as a heap/);
  const memory = await kanerva.write(episode(0, 1));
  assert.deepEqual((await kanerva.loadHeap(await encodeMemory(memory))).list(), [0n, 1n]);
});

test('more samples than one memory holds are refused and change nothing', async () => {
  const { capacity } = kanerva;
  assert.equal(capacity, 8 * Math.floor(2 ** 28 / (490 * 8)));
  kanerva.capacity = 3;
  try {
    const heap = await heapOf(1n, 2n);
    await assert.rejects(heap.write([3n, 4n], images(2, 3)), /heap: expected at most 3 samples, found 4/);
    assert.deepEqual(heap.list(), [1n, 2n]);
    heap.free([1n]);
    await heap.write([3n, 4n], images(2, 3));
    assert.deepEqual(heap.list(), [3n, 2n, 4n]);
    await assert.rejects(kanerva.write(episode(0, 1, 2, 3)), /out of memory: expected at most 3 samples .* found 4/);
  } finally {
    kanerva.capacity = capacity;
  }
});

/** A file with other numbers, 32 bits each, from a byte on. */
const changed = (file, at, kind, ...numbers) => {
  const data = file.slice();
  const view = new DataView(data.buffer);
  numbers.forEach((number, i) => view[`set${kind}32`](at + 4 * i, number, true));
  data.set(createHash('sha256').update(data.subarray(0, -32)).digest(), data.length - 32);
  return data;
};

test('a file that names other slots or has other sizes or values is refused', async () => {
  const heap = await heapOf(1n, 2n, 3n);
  const files = [await heap.encode(), await encodeMemory(await heap.snapshot())];
  const pointers = 76 + 4 * 10 * 7 * 56;
  for (const [at, kind, numbers, sentence] of [
    [pointers + 4 * 4, 'Float', [2], /slot of column 1, row 0 at \[0, 1, 0\], found column 2, row 0/],
    [pointers + 4 * 8, 'Float', [0.5], /slot of column 2, row 0 at \[0, 2, 0\], found column 2, row 0.5/],
    [pointers, 'Float', [NaN], /pointers: expected finite values/],
    [pointers - 4, 'Float', [Infinity], /memory: expected finite values/],
    [24, 'Uint', [14, 28], /expected memories of 1 to/],
    [32, 'Uint', [2 ** 32 - 1], /expected (51539|90194)\d+ bytes, as the file's sizes say, found \d+/],
    [12, 'Uint', [80], /expected floats at byte 76, and 0 or 1 for ids, found 80 and/],
    [72, 'Uint', [2], /expected floats at byte 76, and 0 or 1 for ids, found 76 and 2/],
  ]) {
    await assert.rejects(kanerva.loadHeap(changed(files[0], at, kind, ...numbers)), sentence);
    await assert.rejects(kanerva.loadMemory(changed(files[1], at, kind, ...numbers)), sentence);
  }
});

test('what a file holds in a free place counts for nothing', async () => {
  const heap = await heapOf(1n, 2n, 3n);
  heap.free([2n]);
  const clean = await heap.encode();
  for (const value of [5, 3e38]) {
    const other = changed(clean, 76 + 4 * 7, 'Float', ...Array(7).fill(value)); // slot 1 begins at column 7
    assert.deepEqual(await (await kanerva.loadHeap(other)).encode(), clean);
  }
});

test('the file that every language reads is saved again to the byte', async () => {
  const gist = await Kanerva.load(folder(join(bundles, 'fashion-mnist-gist-fp16')), ort);
  const file = new Uint8Array(readFileSync(join(here, '../../heap.memory')));
  const heap = await gist.loadHeap(file);
  assert.deepEqual(heap.list(), [-(2n ** 63n), 7n, 2n ** 63n - 1n]);
  assert.deepEqual(await heap.encode(), file);
  await heap.write([9n], images(0));
  assert.deepEqual(heap.list(), [-(2n ** 63n), 9n, 7n, 2n ** 63n - 1n]);
  await gist.release();
});
