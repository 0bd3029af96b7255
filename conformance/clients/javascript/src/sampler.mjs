// Standard normal values from a seed: Philox4x32-10 and Box-Muller, as specified in conformance/SAMPLER.md.

const TWO_TO_MINUS_32 = 2 ** -32;

/** Returns the high and low halves of a 32 x 32 bit product. */
function product(a, b) {
  const low = (a & 0xffff) * b;
  const high = (a >>> 16) * b + Math.floor(low / 65536);
  return [Math.floor(high / 65536) >>> 0, ((high % 65536) * 65536 + (low % 65536)) >>> 0];
}

/** Runs ten rounds of Philox4x32: four 32-bit words from a counter of four and a key of two, lowest first. */
export function philox(counter, key) {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = product(0xd2511f53, c0);
    const [high1, low1] = product(0xcd9e8d57, c2);
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The sequence of a seed, a 64-bit integer, signed or unsigned, as a number that is exact or a BigInt. */
export class NormalSampler {
  #key;
  #block = 0;
  #ready = [];

  constructor(seed) {
    if (typeof seed !== 'bigint' && !Number.isSafeInteger(seed)) {
      throw new Error(`seed: expected a BigInt or a whole number that is exact, found ${seed}`);
    }
    if (seed < -(2n ** 63n) || seed >= 2n ** 64n) {
      throw new Error(`seed: expected 64 bits, found ${seed}`);
    }
    const bits = BigInt.asUintN(64, BigInt(seed));
    this.#key = [Number(bits & 0xffffffffn), Number(bits >> 32n)];
  }

  /** Returns the next value. */
  next() {
    if (this.#ready.length === 0) {
      const words = philox([this.#block >>> 0, Math.floor(this.#block / 2 ** 32), 0, 0], this.#key);
      this.#block++;
      const u = words.map((word) => (word + 0.5) * TWO_TO_MINUS_32);
      for (const [radius, angle] of [
        [u[0], u[1]],
        [u[2], u[3]],
      ]) {
        const length = Math.sqrt(-2 * Math.log(radius));
        this.#ready.push(length * Math.cos(2 * Math.PI * angle), length * Math.sin(2 * Math.PI * angle));
      }
    }
    return this.#ready.shift();
  }

  /** Returns the next values, row-major, as a float32 tensor { data, dims }. */
  tensor(...dims) {
    const data = new Float32Array(dims.reduce((size, dimension) => size * dimension, 1));
    for (let i = 0; i < data.length; i++) {
      data[i] = this.next();
    }
    return { data, dims };
  }
}
