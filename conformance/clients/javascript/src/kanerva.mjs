import { gaussian, keyDivergence, latentDivergence, posteriorKeys } from './bound.mjs';
import { GRAPHS, parseDescription, readGraph } from './bundle.mjs';
import { slotFinder } from './geometry.mjs';
import { means, negativeLogLikelihood } from './likelihood.mjs';
import { decodeMemory, hex, sha256 } from './memory.mjs';
import { NormalSampler } from './sampler.mjs';
import { search, standardised } from './search.mjs';

/** A bundle behind an address that ends in a slash, for Kanerva.load in a browser. */
export const url = (base) => async (file) => {
  const response = await fetch(new URL(file, base));
  if (!response.ok) {
    throw new Error(`${file}: expected a file of the bundle, found ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
};

/**
 * An exported Kanerva++ model, open for inference. Tensors are { data: Float32Array, dims }; images lie in [0, 1]; B, T, Q and N are each
 * call's own choice. Release it when done.
 */
export class Kanerva {
  #ort;
  #sessions;
  #slot;

  constructor(bundle, modelId, ort, sessions) {
    this.bundle = bundle;
    this.settings = bundle.settings;
    this.modelId = modelId;
    this.#ort = ort;
    this.#sessions = sessions;
    this.#slot = slotFinder(bundle.settings.slotRows, bundle.settings.slotColumns);
  }

  /**
   * Opens a bundle.
   *
   * @param read gives a file of the bundle by its name: folder(path) of 'kanerva/node' or url(address)
   * @param ort onnxruntime-node or onnxruntime-web
   * @param options of the sessions; one thread a call by default
   */
  static async load(read, ort, options = {}) {
    const bundle = parseDescription(await read('bundle.json'));
    const sessions = {};
    try {
      for (const name of Object.keys(GRAPHS)) {
        const bytes = await readGraph(read, bundle.graphs[name]);
        sessions[name] = await open(ort, name, bundle.graphs[name].file, bytes, options);
      }
    } catch (problem) {
      await release(sessions);
      throw problem;
    }
    const digests = ['encoder', 'memory-writer', 'reader'].map((name) => bundle.graphs[name].sha256).join('');
    return new Kanerva(bundle, hex(await sha256(new TextEncoder().encode(digests))), ort, sessions);
  }

  /** Writes B episodes of T samples, [B, T, Cx, Hx, Wx], into a memory each. */
  async write(episodes) {
    this.#checkEpisodes(episodes);
    const [b] = episodes.dims;
    const { content } = await this.#run('encoder', { images: episodes }, 'content');
    const { memory, pointers } = await this.#run('memory-writer', { content }, 'memory', 'pointers');
    return { memory, pointers, contentsMean: this.settings.writer === 'pooled' ? meanOverSamples(content) : { data: new Float32Array(0), dims: [b, 0] }, modelId: this.modelId };
  }

  /** Reads a memory file that belongs to this model; encodeMemory makes one. */
  async loadMemory(file) {
    const memory = await decodeMemory(file);
    this.#checkModel(memory);
    return memory;
  }

  /** Finds queries [B, Q, Cx, Hx, Wx]: { samples, scores, keys }, keys [B, Q, K, 3]; by the encoder's keys for a pooled writer. */
  async lookUp(memory, queries) {
    this.#checkModel(memory);
    this.#checkImages('queries', queries);
    const [b, q] = queries.dims;
    if (b !== memory.memory.dims[0]) {
      throw new Error(`queries: expected ${memory.memory.dims[0]} rows, one for each memory, found shape [${queries.dims}]`);
    }
    if (this.settings.writer === 'pooled') {
      const { key_mean: keys } = await this.#run('encoder', { images: queries }, 'key_mean');
      return { samples: new Int32Array(0), scores: { data: new Float32Array(0), dims: [b, q, 0] }, keys };
    }
    const [, t, k] = memory.pointers.dims;
    const found = search(standardised(queries), standardised(await this.#decodeAtMean(memory, memory.pointers)), b, q, t);
    const keys = new Float32Array(b * q * k * 3);
    found.samples.forEach((sample, query) => {
      const from = (Math.floor(query / q) * t + sample) * k * 3;
      keys.set(memory.pointers.data.subarray(from, from + k * 3), query * k * 3);
    });
    return { ...found, keys: { data: keys, dims: [b, q, k, 3] } };
  }

  /** Reads memories at keys [B, Q, K, 3], each (scale, x, y): { traces, prior_mean, prior_log_variance }. */
  async read(memory, keys) {
    this.#checkModel(memory);
    checkTensor('keys', keys, [memory.memory.dims[0], undefined, this.settings.keys, 3]);
    return this.#run('reader', { memory: memory.memory, keys }, 'traces', 'prior_mean', 'prior_log_variance');
  }

  /** The pixels' means [B, Q, Cx, Hx, Wx] of latents [B, Q, D] and traces. */
  async decode(latent, traces) {
    checkTensor('latent', latent, [undefined, undefined, this.settings.latent]);
    checkTensor('traces', traces, [...latent.dims.slice(0, 2), this.settings.keys, ...this.settings.blockShape]);
    const { logits } = await this.#run('decoder', { latent, traces }, 'logits');
    return means(this.settings, logits);
  }

  /** Looks up, reads and decodes queries; the images are the next iteration's queries. { images, lookups }. */
  async recall(memory, queries, iterations = 1) {
    if (!Number.isInteger(iterations) || iterations < 1) {
      throw new Error(`iterations: expected a whole number from 1 up, found ${iterations}`);
    }
    const lookups = [];
    let images = queries;
    for (let i = 0; i < iterations; i++) {
      lookups.push(await this.lookUp(memory, images));
      images = await this.#decodeAtMean(memory, lookups[i].keys);
    }
    return { images, lookups };
  }

  /** Draws count images from each memory: { images, keys }. The same seed gives the same images in every language. */
  async generate(memory, count, seed) {
    if (!Number.isInteger(count) || count < 1) {
      throw new Error(`count: expected a whole number from 1 up, found ${count}`);
    }
    const sampler = new NormalSampler(seed);
    const keys = this.#priorKeys(sampler, memory, count);
    const noise = sampler.tensor(memory.memory.dims[0], count, this.settings.latent);
    const { traces, prior_mean: mean, prior_log_variance: logVariance } = await this.read(memory, keys);
    return { images: await this.decode(gaussian(mean, logVariance, noise), traces), keys };
  }

  /**
   * Scores B episodes of T samples, each on the memory that it is written into, with every latent drawn from its posterior: the terms
   * { reconstruction, klKeys, klLatent } in nats and their sum negativeBound, a Float64Array [B * T] each. The same seed gives the same
   * terms in every language.
   */
  async bound(episodes, seed) {
    this.#checkEpisodes(episodes);
    const [b, t] = episodes.dims;
    const sampler = new NormalSampler(seed);
    const keyNoise = sampler.tensor(b, t, this.settings.keys, 3);
    const latentNoise = sampler.tensor(b, t, this.settings.latent);
    const posterior = await this.#run('encoder', { images: episodes }, 'content', 'key_mean', 'key_log_variance', 'latent_mean', 'latent_log_variance');
    const { memory, pointers } = await this.#run('memory-writer', { content: posterior.content }, 'memory', 'pointers');
    const keys = posteriorKeys(this.settings, posterior.key_mean, posterior.key_log_variance, pointers, keyNoise);
    const prior = await this.#run('reader', { memory, keys }, 'traces', 'prior_mean', 'prior_log_variance');
    const latent = gaussian(posterior.latent_mean, posterior.latent_log_variance, latentNoise);
    const { logits } = await this.#run('decoder', { latent, traces: prior.traces }, 'logits');
    const reconstruction = negativeLogLikelihood(this.settings, episodes, logits);
    const klKeys = keyDivergence(this.settings, posterior.key_mean, posterior.key_log_variance, pointers);
    const klLatent = latentDivergence(posterior.latent_mean, posterior.latent_log_variance, prior.prior_mean, prior.prior_log_variance);
    return { reconstruction, klKeys, klLatent, negativeBound: reconstruction.map((nats, i) => nats + klKeys[i] + klLatent[i]) };
  }

  /** Frees the graphs. */
  async release() {
    await release(this.#sessions);
  }

  #priorKeys(sampler, memory, count) {
    const k = this.settings.keys;
    const allocated = memory.pointers.dims[1] * k;
    const keys = new Float32Array(memory.memory.dims[0] * count * k * 3);
    for (let i = 0; i < keys.length; i += 3) {
      do {
        keys.set([sampler.next(), sampler.next(), sampler.next()], i);
      } while (this.settings.addressing === 'dereferenced' && this.#slot(keys[i + 1], keys[i + 2]) >= allocated);
    }
    return { data: keys, dims: [memory.memory.dims[0], count, k, 3] };
  }

  async #decodeAtMean(memory, keys) {
    const { traces, prior_mean: mean } = await this.read(memory, keys);
    return this.decode(mean, traces);
  }

  async #run(graph, tensors, ...wanted) {
    const feeds = Object.fromEntries(Object.entries(tensors).map(([name, { data, dims }]) => [name, new this.#ort.Tensor('float32', data, dims)]));
    const results = await this.#sessions[graph].run(feeds, wanted);
    return Object.fromEntries(wanted.map((name) => [name, { data: results[name].data, dims: Array.from(results[name].dims) }]));
  }

  #checkImages(name, images) {
    checkTensor(name, images, [undefined, undefined, ...this.settings.imageShape]);
    if (!images.data.every((value) => value >= 0 && value <= 1)) {
      throw new Error(`${name}: expected values in [0, 1], found others`);
    }
  }

  #checkEpisodes(episodes) {
    this.#checkImages('episodes', episodes);
    const [, t] = episodes.dims;
    if (this.settings.capacity > 0 && t > this.settings.capacity) {
      throw new Error(`out of memory: ${t} samples, room for ${this.settings.capacity}`);
    }
  }

  #checkModel(memory) {
    if (memory.modelId !== this.modelId) {
      throw new Error(`memory: expected one of model ${this.modelId}, found one of model ${memory.modelId}`);
    }
  }
}

/** A session of a graph that has the inputs and outputs which its name promises. */
async function open(ort, name, file, bytes, options) {
  let session;
  try {
    session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1, ...options });
  } catch (problem) {
    throw new Error(`'${file}': expected a graph that ONNX Runtime loads, found that it does not: ${problem.message ?? problem}`, { cause: problem });
  }
  const [inputs, outputs] = GRAPHS[name];
  if ([...session.inputNames].sort().join() !== [...inputs].sort().join() || !outputs.every((output) => session.outputNames.includes(output))) {
    await session.release();
    throw new Error(`'${file}': expected the ${name}, from ${inputs.join(', ')} to ${outputs.join(', ')}; `
      + `found a graph from ${session.inputNames.join(', ')} to ${session.outputNames.join(', ')}`);
  }
  return session;
}

const release = (sessions) => Promise.all(Object.values(sessions).map((session) => session.release()));

/** Makes sure that a tensor has this shape, undefined being any size from 1 up, and finite numbers. */
function checkTensor(name, { data, dims }, shape) {
  const fits = Array.isArray(dims) && dims.length === shape.length && dims.every((size, i) => size >= 1 && size === (shape[i] ?? size));
  if (!fits || !(data instanceof Float32Array) || data.length !== dims.reduce((size, dimension) => size * dimension, 1)) {
    throw new Error(`${name}: expected a Float32Array of shape [${shape.map((size) => size ?? 'any').join(', ')}], found ${data?.constructor?.name} of ${data?.length} and [${dims}]`);
  }
  if (!data.every(Number.isFinite)) {
    throw new Error(`${name}: expected finite values, found others`);
  }
}

/** [B, E] from [B, T, E], in double precision. */
function meanOverSamples({ data, dims: [b, t, e] }) {
  const mean = Float32Array.from({ length: b * e }, (_, i) => {
    let sum = 0;
    for (let sample = 0; sample < t; sample++) {
      sum += data[(Math.floor(i / e) * t + sample) * e + (i % e)];
    }
    return sum / t;
  });
  return { data: mean, dims: [b, e] };
}
