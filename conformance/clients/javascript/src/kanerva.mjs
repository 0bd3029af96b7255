import { checkInputs, GRAPHS, IDENTITY, parseDescription, readGraph } from './bundle.mjs';
import { MemoryHeap } from './heap.mjs';
import { decodeMemory, hex, sha256 } from './memory.mjs';
import { NormalSampler } from './sampler.mjs';
import { blocksOf, capacity, checkFile, checkSettings, grows, placed } from './sizes.mjs';

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

/** An exported Kanerva++ model, open for inference: its graphs compute everything but a seed's normal numbers. Tensors
 * are { data: Float32Array, dims }; images are in [0, 1]. B, T, Q and N may differ between calls. Release it after use.
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
    checkSettings(bundle.settings);
    const sessions = {};
    try {
      for (const name of Object.keys(GRAPHS)) {
        const bytes = await readGraph(read, bundle.graphs[name]);
        sessions[name] = await open(ort, name, bundle.graphs[name].file, bytes, options);
        checkInputs(bundle.graphs[name].file, bundle.settings, sessions[name].inputMetadata ?? []);
      }
      const digests = IDENTITY.map((name) => bundle.graphs[name].sha256).join('');
      const modelId = hex(await sha256(new TextEncoder().encode(digests)));
      const kanerva = new Kanerva(bundle, modelId, ort, sessions);
      await kanerva.#checkSlots();
      return kanerva;
    } catch (problem) {
      await release(sessions);
      throw problem;
    }
  }

  /** Throws unless the graph writes to the settings' slots, shown by more samples than a row takes. */
  async #checkSlots() {
    const { slotColumns, keys, imageShape } = this.settings;
    const samples = Math.min(this.capacity, Math.floor(slotColumns / keys) + 1);
    const dims = [1, samples, ...imageShape];
    const memory = await this.write({ data: new Float32Array(dims.reduce((size, each) => size * each)), dims });
    checkFile(this.settings, memory, "bundle.json's slots");
    if (grows(this.settings)) {
      const { pointers } = placed(this.settings, blocksOf(this.settings, memory));
      if (pointers.data.some((value, i) => value !== memory.pointers.data[i])) {
        throw new Error("bundle.json's slots: expected the pointers' scale that settings.scaleCells says, found another");
      }
    }
  }

  /** Writes B episodes of T samples, [B, T, Cx, Hx, Wx], into one memory each. */
  async write(episodes) {
    this.#checkEpisodes(episodes);
    const { memory, pointers } = await this.#run('write', { images: episodes });
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

  /** What a look-up needs of a memory, for several recalls from it: { contents, features, pointers }. */
  async index(memory) {
    this.checkModel(memory);
    const { contents, features } = await this.#run('index', memory);
    return { contents, features, pointers: memory.pointers };
  }

  /** Looks up queries [B, Q, Cx, Hx, Wx] in a memory or an index: { samples, scores, keys }. */
  async lookUp(index, queries) {
    return (await this.recall(index, queries)).lookups[0];
  }

  /** Looks up queries in a memory or an index, and reads what is found: the images are the next iteration's queries.
   * Returns { images, lookups }.
   */
  async recall(index, queries, iterations = 1) {
    if (!Number.isInteger(iterations) || iterations < 1) {
      throw new Error(`iterations: expected an integer of at least 1, found ${iterations}`);
    }
    const { contents, features, pointers } = index.contents === undefined ? await this.index(index) : index;
    this.#checkImages('queries', queries);
    if (queries.dims[0] !== contents.dims[0]) {
      throw new Error(`queries: expected ${contents.dims[0]} rows, one per memory, found shape [${queries.dims}]`);
    }
    const lookups = [];
    let images = queries;
    for (let i = 0; i < iterations; i++) {
      const found = await this.#run('recall', { contents, features, pointers, queries: images });
      lookups.push({ samples: Array.from(found.sample.data, Number), scores: found.scores, keys: found.keys });
      images = found.recalled;
    }
    return { images, lookups };
  }

  /** Reads images [B, Q, Cx, Hx, Wx] at keys [B, Q, K, 3], each (scale, x, y), or (scale, column, row) of a slot. */
  async read(memory, keys) {
    this.checkModel(memory);
    checkTensor('keys', keys, [memory.memory.dims[0], undefined, this.settings.keys, 3]);
    this.#checkNames(memory, keys);
    return (await this.#run('index', { memory: memory.memory, pointers: keys })).contents;
  }

  /** Draws images from each memory, of the samples that its pointers name: { images, keys }. The same seed gives the
   * same images in every language.
   */
  async generate(memory, count, seed) {
    this.checkModel(memory);
    if (!Number.isInteger(count) || count < 1) {
      throw new Error(`count: expected an integer of at least 1, found ${count}`);
    }
    const noise = this.#noise(seed, memory.memory.dims[0], count);
    const { generated, keys } = await this.#run('generate', { ...memory, ...noise });
    return { images: generated, keys };
  }

  /**
   * Scores B episodes of T samples on the memory into which each is written, with latents sampled from their posterior:
   * { reconstruction, klKeys, klLatent } in nats and their sum negativeBound, each a Float32Array [B * T]. The same
   * seed gives the same terms in every language.
   */
  async bound(episodes, seed) {
    this.#checkEpisodes(episodes);
    const [b, t] = episodes.dims;
    const terms = await this.#run('score', { images: episodes, ...this.#noise(seed, b, t) });
    const [reconstruction, klKeys, klLatent] = GRAPHS.score[1].map((name) => terms[name].data);
    const negativeBound = reconstruction.map((nats, i) => nats + klKeys[i] + klLatent[i]);
    return { reconstruction, klKeys, klLatent, negativeBound };
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

  #noise(seed, batch, count) {
    const sampler = new NormalSampler(seed);
    const keyNoise = sampler.tensor(batch, count, this.settings.keys, 3);
    return { key_noise: keyNoise, noise: sampler.tensor(batch, count, this.settings.latent) };
  }

  /** Runs a graph on those of the tensors that it takes. */
  async #run(graph, tensors) {
    const session = this.#sessions[graph];
    const feeds = session.inputNames.map((name) => [
      name,
      new this.#ort.Tensor('float32', tensors[name].data, tensors[name].dims),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    for (const name of GRAPHS[graph][1]) {
      const { data } = results[name];
      const at = data instanceof Float32Array ? data.findIndex((value) => !Number.isFinite(value)) : -1;
      if (at >= 0) {
        const { file } = this.bundle.graphs[graph];
        throw new Error(`'${file}': output '${name}': expected finite values, found ${data[at]} at index ${at}`);
      }
    }
    return Object.fromEntries(
      GRAPHS[graph][1].map((name) => [name, { data: results[name].data, dims: Array.from(results[name].dims) }]),
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
    !session.inputNames.every((input) => inputs.includes(input)) ||
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
