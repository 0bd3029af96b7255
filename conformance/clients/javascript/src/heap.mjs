// One memory that is written to sample by sample, in which samples have ids and can be freed and replaced.
import { decodeFile, encodeFile } from './memory.mjs';
import { blocksOf, placed } from './sizes.mjs';

/**
 * Samples by their ids, BigInts of 64 bits, signed; made by Kanerva.heap, for models whose memories grow. A sample
 * takes the place that was freed last, else a new one. Images are tensors [N, Cx, Hx, Wx]. Ids that are not in use, or
 * are already when writing, are Errors that change nothing. Await each call before the next.
 */
export class MemoryHeap {
  #kanerva;
  #samples = []; // by place: { id, block, content, features }, or undefined where it is free
  #places = new Map();
  #holes = [];

  constructor(kanerva) {
    this.#kanerva = kanerva;
  }

  /** Writes samples under new ids, all or none. */
  async write(ids, images) {
    const samples = await this.#encode(ids, images);
    requireDifferent(ids);
    const used = ids.find((id) => this.#places.has(id));
    if (used !== undefined) {
      throw new Error(`heap: expected ids that are not in use, found ${used}`);
    }
    const places = this.#samples.length + Math.max(0, ids.length - this.#holes.length);
    if (places > this.#kanerva.capacity) {
      throw new Error(`heap: expected at most ${this.#kanerva.capacity} samples, found ${places}`);
    }
    for (const sample of samples) {
      this.#put(this.#holes.length > 0 ? this.#holes.pop() : this.#samples.length, sample);
    }
  }

  /** Replaces a sample, images [1, Cx, Hx, Wx], which keeps its id and its place. */
  async replace(id, images) {
    const place = this.#place(id);
    const [sample] = await this.#encode([id], images);
    this.#put(place, sample);
  }

  /** Frees samples, all or none: their blocks read as nothing and are neither found nor drawn from. */
  free(ids) {
    requireDifferent(ids);
    for (const place of Array.from(ids, (id) => this.#place(id))) {
      this.#places.delete(this.#samples[place].id);
      this.#samples[place] = undefined;
      this.#holes.push(place);
    }
  }

  /** The ids in use, by the places of their samples. */
  list() {
    return this.#written().map(({ id }) => id);
  }

  /** Samples as they read back, [N, Cx, Hx, Wx]. */
  async read(ids) {
    return this.#stacked(Array.from(ids, (id) => this.#samples[this.#place(id)].content));
  }

  /** The id that matches each query [Q, Cx, Hx, Wx] best, and the scores: { ids, scores }, as Kanerva.lookUp. */
  async lookUp(queries) {
    const ids = this.list();
    const { samples, scores } = await this.#lookUp(queries);
    return { ids: samples.map((sample) => ids[sample]), scores: samples.map((sample, i) => scores[i][sample]) };
  }

  /** How well each query [Q, Cx, Hx, Wx] matches every sample, from -1 to 1: Q arrays in the order of list(). */
  async matches(queries) {
    return (await this.#lookUp(queries)).scores;
  }

  /** Finds queries and reads what was found, [Q, Cx, Hx, Wx]. */
  async recall(queries) {
    const { images } = await this.#lookUp(queries);
    return { data: images.data, dims: images.dims.slice(1) };
  }

  /** Draws images of the samples, [N, Cx, Hx, Wx]. */
  async generate(count, seed) {
    const { images } = await this.#kanerva.generate(await this.snapshot(), count, seed);
    return { data: images.data, dims: images.dims.slice(1) };
  }

  /** The samples as a memory without gaps; its sample i is entry i of list(). */
  async snapshot() {
    this.#requireSamples();
    return this.#placed(this.#written().map(({ block }) => block));
  }

  /** All places up to the last sample as a memory, with zeros where one is free, and the places' ids and states (1 if
   * written, else 0): { memory, pointers, modelId, ids, states }.
   */
  async memory() {
    this.#requireSamples();
    const blocks = this.#blocks();
    const samples = Array.from(blocks, (_, place) => this.#samples[place]);
    const ids = BigInt64Array.from(samples, (sample) => sample?.id ?? 0n);
    const states = Uint8Array.from(samples, (sample) => (sample === undefined ? 0 : 1));
    return { ...this.#placed(blocks), ids, states };
  }

  /** The file of the Java runtime's MemoryHeap.save: a Uint8Array. */
  async encode() {
    const { ids, states, ...memory } = await this.memory();
    return encodeFile(memory, { ids, states });
  }

  /** Takes the samples of a file's bytes; for Kanerva.loadHeap. */
  async decode(bytes) {
    const { places, ...memory } = await decodeFile(bytes);
    this.#kanerva.checkFile(memory);
    const [episodes, length] = memory.pointers.dims;
    if (episodes !== 1) {
      throw new Error(`expected one memory to make a heap of, found ${episodes}`);
    }
    const states = places?.states ?? new Uint8Array(length).fill(1);
    const ids = places?.ids ?? BigInt64Array.from({ length }, (_, place) => BigInt(place));
    const used = [...ids].filter((_, place) => states[place] === 1);
    if (!states.every((state) => state <= 1) || new Set(used).size !== used.length) {
      throw new Error('expected different ids, each written (1) or free (0), found others');
    }
    const blocks = blocksOf(this.#kanerva.settings, memory);
    blocks.filter((_, place) => states[place] === 0).forEach((block) => block.fill(0));
    const samples = await this.#samplesOf(this.#placed(blocks), ids);
    samples.forEach((sample, place) => {
      if (states[place] === 1) {
        this.#put(place, sample);
      }
    });
    for (let place = length - 1; place >= 0; place--) {
      if (states[place] === 0) {
        this.#holes.push(place);
      }
    }
    this.#samples.length = length;
    return this;
  }

  async #encode(ids, images) {
    const episode = this.#kanerva.episode('samples', images);
    if (episode.dims[1] !== ids.length) {
      throw new Error(`heap: expected as many samples as ids, found ${episode.dims[1]} and ${ids.length}`);
    }
    const wrong = ids.find((id) => typeof id !== 'bigint' || BigInt.asIntN(64, id) !== id);
    if (wrong !== undefined) {
      throw new Error(`heap: expected ids that are BigInts of 64 bits, found ${wrong}`);
    }
    return this.#samplesOf(await this.#kanerva.write(episode), ids);
  }

  async #samplesOf(memory, ids) {
    const { contents, features } = await this.#kanerva.index(memory);
    const [blocks, images, rows] = [blocksOf(this.#kanerva.settings, memory), split(contents), split(features)];
    return Array.from(ids, (id, i) => ({ id, block: blocks[i], content: images[i], features: rows[i] }));
  }

  #placed(blocks) {
    return { ...placed(this.#kanerva.settings, blocks), modelId: this.#kanerva.modelId };
  }

  /** Images as a tensor [N, Cx, Hx, Wx]. */
  #stacked(images) {
    return { data: joined(images), dims: [images.length, ...this.#kanerva.settings.imageShape] };
  }

  /** The samples that queries find, and their scores by query, in the order of list(), and the images found. */
  async #lookUp(queries) {
    this.#requireSamples();
    const episode = this.#kanerva.episode('queries', queries);
    const written = this.#written();
    const { data, dims } = this.#stacked(written.map(({ content }) => content));
    const index = {
      contents: { data, dims: [1, ...dims] },
      features: {
        data: joined(written.map(({ features }) => features)),
        dims: [1, written.length, written[0].features.length],
      },
      pointers: { // nobody reads there
        data: new Float32Array(written.length * this.#kanerva.settings.keys * 3),
        dims: [1, written.length, this.#kanerva.settings.keys, 3],
      },
    };
    const { images, lookups } = await this.#kanerva.recall(index, episode);
    const [{ samples, scores }] = lookups;
    return { samples, scores: split({ data: scores.data, dims: scores.dims }).map((row) => [...row]), images };
  }

  /** The blocks of all places up to the last sample, zeros where one is free. */
  #blocks() {
    const length = 1 + this.#samples.findLastIndex((sample) => sample !== undefined);
    const nothing = new Float32Array(this.#written()[0].block.length);
    return Array.from({ length }, (_, place) => this.#samples[place]?.block ?? nothing);
  }

  #written() {
    return this.#samples.filter((sample) => sample !== undefined);
  }

  #put(place, sample) {
    this.#samples[place] = sample;
    this.#places.set(sample.id, place);
  }

  #place(id) {
    if (!this.#places.has(id)) {
      throw new Error(`heap: expected an id in use, found ${typeof id === 'bigint' ? id : `${typeof id} ${id}`}`);
    }
    return this.#places.get(id);
  }

  #requireSamples() {
    if (this.#places.size === 0) {
      throw new Error('heap: expected at least 1 sample, found 0');
    }
  }
}

/** The parts of a tensor [1, N, ...], one for each of N. */
function split({ data, dims: [, n] }) {
  const each = data.length / n;
  return Array.from({ length: n }, (_, i) => data.slice(i * each, (i + 1) * each));
}

function joined(parts) {
  const whole = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  parts.reduce((at, part) => {
    whole.set(part, at);
    return at + part.length;
  }, 0);
  return whole;
}

function requireDifferent(ids) {
  if (new Set(ids).size !== ids.length) {
    throw new Error('heap: expected different ids, found one twice');
  }
}
