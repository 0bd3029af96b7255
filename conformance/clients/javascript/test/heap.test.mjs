import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { encodeMemory, Kanerva, NormalSampler } from '../src/index.mjs';
import { folder } from '../src/node.mjs';

const bundle = join(dirname(fileURLToPath(import.meta.url)), '../../../../models/bundles/fashion-mnist');
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
  kanerva = await Kanerva.load(folder(bundle), ort);
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
  heap.free([1n, 9n, 3n]);
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
