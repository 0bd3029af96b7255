import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMemory, encodeMemory, NormalSampler, philox } from '../src/index.mjs';
import { cdf } from '../src/geometry.mjs';

test("Philox matches its authors' test vectors", () => {
  const full = 0xffffffff;
  assert.deepEqual(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  assert.deepEqual(philox([full, full, full, full], [full, full]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  assert.deepEqual(
    philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

test('seeds are 64-bit integers, as numbers or BigInts', () => {
  assert.equal(new NormalSampler(-1).next(), new NormalSampler(0xffffffffffffffffn).next());
  assert.notEqual(new NormalSampler(1).next(), new NormalSampler(1n << 32n).next());
  for (const seed of [2n ** 64n, -(2n ** 63n) - 1n]) {
    assert.throws(() => new NormalSampler(seed), /^Error: seed: expected 64 bits, found/);
  }
  for (const seed of [2 ** 53, 0.5, NaN, '7', undefined, null, true]) {
    assert.throws(() => new NormalSampler(seed), /^Error: seed: expected a BigInt or a whole number that is exact/);
  }
});

test('the distribution function has its tabulated values', () => {
  assert.equal(cdf(0), 0.5);
  for (const [x, p] of [
    [1.959963984540054, 0.975],
    [-3.090232306167813, 0.001],
    [-10, 7.619853024160527e-24],
  ]) {
    assert.ok(Math.abs(cdf(x) / p - 1) < 1e-13, `${cdf(x)} and ${p}`);
  }
});

test('a memory survives a round trip, and a damaged file is rejected', async () => {
  const memory = {
    memory: { data: Float32Array.from({ length: 24 }, (_, i) => i), dims: [1, 2, 3, 4] },
    pointers: { data: new Float32Array(15).fill(1), dims: [1, 5, 1, 3] },
    modelId: 'ab'.repeat(32),
  };
  const file = await encodeMemory(memory);
  assert.deepEqual(await decodeMemory(file), memory);
  assert.deepEqual(await decodeMemory(Buffer.from(file)), memory, 'a Buffer, as returned by fs.readFileSync');
  file[80] ^= 1;
  await assert.rejects(decodeMemory(file), /damaged/);
  await assert.rejects(decodeMemory(new Uint8Array(200)), /KANMEMRY/);
});
