import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMemory, encodeMemory, NormalSampler, philox } from '../src/index.mjs';
import { klKeys, posteriorKeys } from '../src/bound.mjs';
import { cdf, quantile } from '../src/geometry.mjs';
import { means, negativeLogLikelihood } from '../src/likelihood.mjs';

const near = (found, expected, tolerance = 1e-6) => {
  assert.equal(found.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(found[i] - value) < tolerance, `${found[i]} and ${value}`));
};

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
});

test('the quantile inverts the distribution function at tabulated points', () => {
  assert.ok(Math.abs(quantile(0.975) - 1.959963984540054) < 1e-14);
  assert.ok(Math.abs(quantile(0.001) + 3.090232306167813) < 1e-14);
  assert.equal(quantile(0.5), 0);
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

test('the mean of a Bernoulli pixel is its probability', () => {
  const { data } = means({ likelihood: 'bernoulli' }, { data: Float32Array.of(Math.log(3)), dims: [1, 1, 1, 1, 1] });
  assert.ok(Math.abs(data[0] - 0.75) < 1e-6);
});

test('a mixture mean weighs components and depends on earlier channels', () => {
  // Two components of weights 3/4 and 1/4, the others negligible; then the same around a reconstruction.
  const numbers = new Float32Array(139);
  numbers.fill(-100, 2, 10);
  numbers[0] = Math.log(3);
  numbers[10] = 0.5;
  numbers[11] = -2;
  numbers[20] = 0.1;
  numbers[70] = 0.3;
  const settings = { likelihood: 'discretized_logistic_mixture', imageShape: [3, 1, 1] };
  const green = 0.75 * (0.1 + Math.tanh(0.3) * 0.5);
  near(means(settings, { data: numbers.slice(0, 100), dims: [1, 1, 100, 1, 1] }).data, [
    (0.75 * 0.5 - 0.25 + 1) / 2,
    (green + 1) / 2,
    0.5,
  ]);
  numbers.set([0.2, 0.4, -0.6], 100);
  near(means({ ...settings, neighbours: 4 }, { data: numbers, dims: [1, 1, 139, 1, 1] }).data, [
    (0.75 * 0.7 - 0.25 + 1) / 2,
    (0.4 + green + 1) / 2,
    0.2,
  ]);
});

test('an unknown likelihood is rejected', () => {
  const nothing = { data: new Float32Array(1), dims: [1, 1, 1, 1, 1] };
  assert.throws(() => means({ likelihood: 'poisson' }, nothing), /found poisson/);
  assert.throws(() => negativeLogLikelihood({ likelihood: 'poisson' }, nothing, nothing), /found poisson/);
});

test('a Bernoulli image costs its negative log probability', () => {
  const dims = [1, 1, 1, 1, 2];
  const nats = negativeLogLikelihood(
    { likelihood: 'bernoulli' },
    { data: Float32Array.of(1, 0), dims },
    { data: new Float32Array(2).fill(Math.log(3)), dims },
  );
  near(nats, [-Math.log(0.75 * 0.25)]);
});

test("the probabilities of a pixel's levels sum to one", () => {
  const settings = { likelihood: 'discretized_logistic_mixture', imageShape: [1, 1, 1] };
  const parameters = new NormalSampler(1).tensor(30).data;
  const data = Float32Array.from({ length: 256 * 30 }, (_, i) => parameters[i % 30]);
  const levels = { data: Float32Array.from({ length: 256 }, (_, k) => k / 255), dims: [1, 256, 1, 1, 1] };
  const nats = negativeLogLikelihood(settings, levels, { data, dims: [1, 256, 30, 1, 1] });
  near([nats.reduce((sum, value) => sum + Math.exp(-value), 0)], [1], 1e-12);
});

test('the error at a neighbour moves the mean', () => {
  const settings = { likelihood: 'discretized_logistic_mixture', imageShape: [1, 1, 2], neighbours: 4 };
  const images = { data: Float32Array.of(153 / 255, 102 / 255), dims: [1, 1, 1, 1, 2] }; // 0.2 and -0.2 in [-1, 1]
  const parameters = new Float32Array(70);
  parameters.set([0.7, 0.1], 60);
  const moved = parameters.slice();
  parameters[63] = 0.5; // the neighbour to the left of the second pixel
  moved[61] += 0.5 * (0.2 - 0.7);
  moved[62] = 9; // errors outside the image are 0
  const nats = (data) => negativeLogLikelihood(settings, images, { data, dims: [1, 1, 35, 1, 2] });
  near(nats(parameters), nats(moved));
});

test("a dereferenced key stays in its pointer's slot, and naming it costs the slots that there are", () => {
  const settings = { addressing: 'dereferenced', keys: 1, slotRows: 2, slotColumns: 4 };
  const tensor = (...data) => ({ data: Float32Array.from(data), dims: [1, 2, 1, 3] });
  const pointers = tensor(0, 3, 0, 0, 2, 124_999);
  const zeros = tensor(0, 0, 0, 0, 0, 0);
  for (const noise of [-9, 0, 9]) {
    const keys = posteriorKeys(settings, zeros, zeros, pointers, tensor(...new Array(6).fill(noise)));
    assert.deepEqual([...keys.data], [noise, 3, 0, noise, 2, 124_999]);
  }
  for (const rows of [2, 125_000]) {
    near(klKeys(settings, zeros, zeros, pointers, rows), new Array(2).fill(Math.log(4 * rows)), 1e-12);
  }
  const sided = posteriorKeys({ ...settings, scaleCells: 2 }, zeros, zeros, tensor(0.6, 3, 0, -0.6, 2, 9), zeros);
  near([sided.data[0], sided.data[3]], [0.67448975, -0.67448975]);
});

test('a continuous key is relative to its pointer and costs its divergence', () => {
  const tensor = (...data) => ({ data: Float32Array.from(data), dims: [1, 1, 1, 3] });
  const pointers = tensor(0, 1, -1);
  const [mean, logVariance] = [tensor(0.5, 0.5, 0.5), tensor(...new Array(3).fill(Math.log(4)))];
  const settings = { addressing: 'continuous', keys: 1 };
  near(posteriorKeys(settings, mean, logVariance, pointers, tensor(1, 1, 1)).data, [2.5, 3.5, 1.5]);
  near(klKeys(settings, mean, logVariance, pointers, 0), [0.5 * (0.25 + 2.25 + 0.25 + 3 * (4 - 1 - Math.log(4)))]);
});
