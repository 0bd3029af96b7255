import { gaussian, klKeys, klLatent, posteriorKeys } from './bound.mjs';
import { GRAPHS, parseDescription, readGraph } from './bundle.mjs';
import { MemoryHeap } from './heap.mjs';
import { means, negativeLogLikelihood } from './likelihood.mjs';
import { decodeMemory, hex, sha256 } from './memory.mjs';
import { NormalSampler } from './sampler.mjs';
import { search, standardised } from './search.mjs';
import { blocksOf, capacity, checkFile, grows } from './sizes.mjs';

/** A bundle at a URL that ends in a slash, for Kanerva.load in a browser. */
export const url = (base) => async (file) => {
  const response = await fetch(new URL(file, base)).catch((cause) => {
    throw new Error(`${file}: expected a file of the bundle, found no answer (${cause.message})`, { cause });
  });
  if (!response.ok) {
    throw new Error(`${file}: expected a file of the bundle, found HTTP ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
};

/** An exported Kanerva++ model, open for inference. Tensors are { data: Float32Array, dims }; images are in [0, 1].
 * B, T, Q and N may differ between calls. Release it after use.
 */
export class Kanerva {
  #ort;
  #sessions;

  constructor(bundle, modelId, ort, sessions) {
    this.bundle = bundle;
    this.settings = bundle.settings;
    this.capacity = capacity(bundle.settings);
    this.modelId = modelId;
    this.#ort = ort;
    this.#sessions = sessions;
  }

  /**
   * Opens a bundle.
   * @param read returns a file of the bundle by name: folder(path) of 'kanerva/node' or url(base)
   * @param ort onnxruntime-node or onnxruntime-web
   * @param options session options; by default one thread per call
   */
  static async load(read, ort, options = {}) {
    const bundle = await parseDescription(await read('bundle.json'));
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

  /** Writes B episodes of T samples, [B, T, Cx, Hx, Wx], into one memory each. */
  async write(episodes) {
    this.#checkEpisodes(episodes);
    const { content } = await this.#run('encoder', { images: episodes }, 'content');
    const { memory, pointers } = await this.#run('memory-writer', { content }, 'memory', 'pointers');
    return { memory, pointers, modelId: this.modelId };
  }

  /** Reads a memory file of this model, as made by encodeMemory. */
  async loadMemory(file) {
    const memory = await decodeMemory(file);
    this.checkFile(memory);
    return memory;
  }

  /** Throws an Error unless what a file holds is a memory of this model. */
  checkFile(memory) {
    this.checkModel(memory);
    checkFile(this.settings, memory);
  }

  /** An empty memory in which samples have ids, and can be freed and replaced. */
  heap() {
    if (!grows(this.settings)) {
      throw new Error('heap: expected a heap writer with dereferenced keys, found another');
    }
    return new MemoryHeap(this);
  }

  /** Reads a heap's file, or that of a single memory, whose samples then have their numbers as ids. */
  async loadHeap(file) {
    return this.heap().decode(file);
  }

  /** What a look-up needs of a memory, for several look-ups in it. */
  async index(memory) {
    this.checkModel(memory);
    return standardised(await this.decodeWritten(memory));
  }

  /**
   * Looks up queries [B, Q, Cx, Hx, Wx]: { samples, scores, keys }.
   * @param index that of the memory
   */
  async lookUp(memory, queries, index = undefined) {
    this.checkModel(memory);
    this.#checkImages('queries', queries);
    const [b, q] = queries.dims;
    if (b !== memory.memory.dims[0]) {
      throw new Error(`queries: expected ${memory.memory.dims[0]} rows, one per memory, found shape [${queries.dims}]`);
    }
    const [, t, k] = memory.pointers.dims;
    const found = search(standardised(queries), index ?? (await this.index(memory)), b, q, t);
    const keys = new Float32Array(b * q * k * 3);
    found.samples.forEach((sample, query) => {
      const from = (Math.floor(query / q) * t + sample) * k * 3;
      keys.set(memory.pointers.data.subarray(from, from + k * 3), query * k * 3);
    });
    return { ...found, keys: { data: keys, dims: [b, q, k, 3] } };
  }

  /** Reads memories at keys [B, Q, K, 3], each (scale, x, y), or (scale, column, row) of a slot:
   * { traces, prior_mean, prior_log_variance }.
   */
  async read(memory, keys) {
    this.checkModel(memory);
    checkTensor('keys', keys, [memory.memory.dims[0], undefined, this.settings.keys, 3]);
    this.#checkNames(memory, keys);
    return this.#run('reader', { memory: memory.memory, keys }, 'traces', 'prior_mean', 'prior_log_variance');
  }

  /** Decodes latents [B, Q, D] and traces to the pixels' means [B, Q, Cx, Hx, Wx]. */
  async decode(latent, traces) {
    checkTensor('latent', latent, [undefined, undefined, this.settings.latent]);
    checkTensor('traces', traces, [...latent.dims.slice(0, 2), this.settings.keys, ...this.settings.blockShape]);
    const { logits } = await this.#run('decoder', { latent, traces }, 'logits');
    return means(this.settings, logits);
  }

  /** Looks up, reads and decodes queries; the images are the next iteration's queries. Returns { images, lookups }. */
  async recall(memory, queries, iterations = 1) {
    if (!Number.isInteger(iterations) || iterations < 1) {
      throw new Error(`iterations: expected an integer of at least 1, found ${iterations}`);
    }
    const index = await this.index(memory);
    const lookups = [];
    let images = queries;
    for (let i = 0; i < iterations; i++) {
      lookups.push(await this.lookUp(memory, images, index));
      images = await this.#decodeAtMean(memory, lookups[i].keys);
    }
    return { images, lookups };
  }

  /** Draws images from each memory, of the samples that its pointers name: { images, keys }. The same seed gives the
   * same images in every language.
   */
  async generate(memory, count, seed) {
    this.checkModel(memory);
    if (!Number.isInteger(count) || count < 1) {
      throw new Error(`count: expected an integer of at least 1, found ${count}`);
    }
    const sampler = new NormalSampler(seed);
    const [b] = memory.memory.dims;
    const tensors = {
      memory: memory.memory,
      pointers: memory.pointers,
      key_noise: sampler.tensor(b, count, this.settings.keys, 3),
      noise: sampler.tensor(b, count, this.settings.latent),
    };
    const wanted = this.#sessions.generate.inputNames.map((name) => [name, tensors[name]]);
    const { generated, keys } = await this.#run('generate', Object.fromEntries(wanted), 'generated', 'keys');
    return { images: generated, keys };
  }

  /**
   * Scores B episodes of T samples on the memory into which each is written, with latents sampled from their posterior:
   * { reconstruction, klKeys, klLatent } in nats and their sum negativeBound, each a Float64Array [B * T]. The same
   * seed gives the same terms in every language.
   */
  async bound(episodes, seed) {
    this.#checkEpisodes(episodes);
    const [b, t] = episodes.dims;
    const sampler = new NormalSampler(seed);
    const keyNoise = sampler.tensor(b, t, this.settings.keys, 3);
    const latentNoise = sampler.tensor(b, t, this.settings.latent);
    const {
      content,
      key_mean: keyMean,
      key_log_variance: keyLogVariance,
      latent_mean: mean,
      latent_log_variance: logVariance,
    } = await this.#run('encoder', { images: episodes }, ...GRAPHS.encoder[1]);
    const { memory, pointers } = await this.#run('memory-writer', { content }, 'memory', 'pointers');
    const keys = posteriorKeys(this.settings, keyMean, keyLogVariance, pointers, keyNoise);
    const prior = await this.#run('reader', { memory, keys }, 'traces', 'prior_mean', 'prior_log_variance');
    const latent = gaussian(mean, logVariance, latentNoise);
    const { logits } = await this.#run('decoder', { latent, traces: prior.traces }, 'logits');
    const terms = {
      reconstruction: negativeLogLikelihood(this.settings, episodes, logits),
      klKeys: klKeys(this.settings, keyMean, keyLogVariance, pointers, this.#slotRows(memory)),
      klLatent: klLatent(mean, logVariance, prior.prior_mean, prior.prior_log_variance),
    };
    const sum = (nats, i) => nats + terms.klKeys[i] + terms.klLatent[i];
    return { ...terms, negativeBound: terms.reconstruction.map(sum) };
  }

  /** Frees the graphs. */
  async release() {
    await release(this.#sessions);
  }

  /** Images [N, Cx, Hx, Wx] as an episode [1, N, Cx, Hx, Wx], checked. */
  episode(name, { data, dims }) {
    const images = { data, dims: [1, ...dims] };
    this.#checkImages(name, images);
    return images;
  }

  /** The blocks of a checked episode, by sample. */
  async content(episode) {
    return split((await this.#run('encoder', { images: episode }, 'content')).content);
  }

  /** A memory of blocks, sample by sample in its slots. */
  async placed(blocks) {
    const data = new Float32Array(blocks.length * blocks[0].length);
    blocks.forEach((block, i) => data.set(block, i * block.length));
    const content = { data, dims: [1, blocks.length, this.settings.keys, ...this.settings.blockShape] };
    const { memory, pointers } = await this.#run('memory-writer', { content }, 'memory', 'pointers');
    return { memory, pointers, modelId: this.modelId };
  }

  /** The blocks of one memory, by sample. */
  blocks(memory) {
    return blocksOf(this.settings, memory);
  }

  /** The images that a memory's samples read back. */
  async decodeWritten(memory) {
    return this.#decodeAtMean(memory, memory.pointers);
  }

  /** The rows of slots of memories [B, C, H, W] with dereferenced keys. */
  #slotRows(memory) {
    return Math.floor(memory.dims[2] / this.settings.blockShape[1]);
  }

  #checkNames(memory, { data }) {
    const [columns, rows] = [this.settings.slotColumns, this.#slotRows(memory.memory)];
    const limits = [Infinity, columns, rows];
    const isSlot = (at, i) => i % 3 === 0 || (at >= 0 && at < limits[i % 3]);
    if (this.settings.addressing === 'dereferenced' && !data.every(isSlot)) {
      throw new Error(`keys: expected slots of ${rows} rows and ${columns} columns, found others`);
    }
  }

  async #decodeAtMean(memory, keys) {
    const { traces, prior_mean: mean } = await this.read(memory, keys);
    return this.decode(mean, traces);
  }

  async #run(graph, tensors, ...wanted) {
    const feeds = Object.fromEntries(
      Object.entries(tensors).map(([name, { data, dims }]) => [name, new this.#ort.Tensor('float32', data, dims)]),
    );
    const results = await this.#sessions[graph].run(feeds, wanted);
    return Object.fromEntries(
      wanted.map((name) => [name, { data: results[name].data, dims: Array.from(results[name].dims) }]),
    );
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
    if (t > this.capacity) {
      throw new Error(`out of memory: expected at most ${this.capacity} samples in one memory, found ${t}`);
    }
  }

  checkModel(memory) {
    if (memory.modelId !== this.modelId) {
      throw new Error(`memory: expected one of model ${this.modelId}, found one of model ${memory.modelId}`);
    }
  }
}

/** Opens a session and checks that the graph has the inputs and outputs of its name. */
async function open(ort, name, file, bytes, options) {
  let session;
  try {
    session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1, ...options });
  } catch (problem) {
    const reason = problem.message ?? problem;
    throw new Error(`'${file}': expected a graph that ONNX Runtime loads, found another (${reason})`, {
      cause: problem,
    });
  }
  const [inputs, outputs] = GRAPHS[name];
  if (
    !inputs.every((input) => session.inputNames.includes(input)) ||
    !outputs.every((output) => session.outputNames.includes(output))
  ) {
    await session.release();
    throw new Error(
      `'${file}': expected the ${name}, from ${inputs.join(', ')} to ${outputs.join(', ')}; ` +
        `found a graph from ${session.inputNames.join(', ')} to ${session.outputNames.join(', ')}`,
    );
  }
  return session;
}

const release = (sessions) => Promise.all(Object.values(sessions).map((session) => session.release()));

/** Checks that a tensor has this shape (undefined: any size of at least 1) and finite values. */
function checkTensor(name, { data, dims }, shape) {
  const fits =
    Array.isArray(dims) &&
    dims.length === shape.length &&
    dims.every((size, i) => size >= 1 && size === (shape[i] ?? size));
  if (
    !fits ||
    !(data instanceof Float32Array) ||
    data.length !== dims.reduce((size, dimension) => size * dimension, 1)
  ) {
    throw new Error(
      `${name}: expected a Float32Array of shape [${shape.map((size) => size ?? 'any').join(', ')}], ` +
        `found ${data?.constructor?.name} of ${data?.length} and [${dims}]`,
    );
  }
  if (!data.every(Number.isFinite)) {
    throw new Error(`${name}: expected finite values, found others`);
  }
}

/** The parts of a tensor [1, N, ...], one for each of N. */
function split({ data, dims: [, n] }) {
  const each = data.length / n;
  return Array.from({ length: n }, (_, i) => data.slice(i * each, (i + 1) * each));
}
