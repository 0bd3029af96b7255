// The samples of one memory, whichever way its model writes: both kinds have the same methods. Ids are BigInts, images
// { data, dims: [C, H, W] }, keys arrays of K * 3 numbers.
import { cdf, encodeMemory } from './kanerva/index.mjs';
import { imagesOf, stacked } from './pictures.mjs';

const IDS = 2n ** 63n;

/** No samples yet, for a model. */
export const samplesOf = (kanerva) =>
  kanerva.settings.writer === 'heap' && kanerva.settings.addressing === 'dereferenced'
    ? new HeapSamples(kanerva)
    : new EpisodeSamples(kanerva);

/** What both kinds do with a memory as a whole. */
class Samples {
  constructor(kanerva) {
    this.kanerva = kanerva;
    this.nextId = 0n;
  }

  /** Reads at keys, with latents at their prior's mean. */
  async readKeys(keys) {
    const dims = [1, keys.length, this.kanerva.settings.keys, 3];
    const { memory } = await this.layout();
    return imagesOf(await this.kanerva.read(memory, { data: Float32Array.from(keys.flat()), dims }));
  }

  /** Draws images: { images, keys }. */
  async generate(count, seed) {
    const { memory, places } = await this.layout();
    const { images, keys } = await this.kanerva.generate(this.only(memory, places), count, seed);
    const each = keys.data.length / count;
    const split = Array.from({ length: count }, (_, i) => [...keys.data.slice(i * each, (i + 1) * each)]);
    return { images: imagesOf(images), keys: split };
  }

  /** A memory with the pointers of some places alone, to draw from. */
  only(memory, places) {
    const keys = places.map(({ place }) => this.keyOf(memory, place));
    const dims = [1, keys.length, this.kanerva.settings.keys, 3];
    return { ...memory, pointers: { data: Float32Array.from(keys.flat()), dims } };
  }

  /** The pixels of the memory that a key's k-th triple reads: [x, y, w, h]. */
  window(memory, key, k = 0) {
    const {
      blockShape: [, h, w],
      addressing,
    } = this.kanerva.settings;
    const [, , height, width] = memory.memory.dims;
    const [, x, y] = key.slice(3 * k, 3 * k + 3);
    return addressing === 'dereferenced'
      ? [w * Math.floor(x), h * Math.floor(y), w, h]
      : [(width - w) * cdf(x), (height - h) * cdf(y), w, h];
  }

  /** The keys of the sample at a place. */
  keyOf(memory, place) {
    const each = this.kanerva.settings.keys * 3;
    return [...memory.pointers.data.slice(place * each, (place + 1) * each)];
  }

  /** The next id that is not in use: after the largest of 64 bits come the smallest. */
  unused() {
    const taken = new Set(this.ids());
    let id = this.nextId < IDS ? this.nextId : 0n;
    while (taken.has(id)) {
      id++;
    }
    return id;
  }

  numberAfter(ids) {
    this.nextId = ids.reduce((most, id) => (id > most ? id : most), -1n) + 1n;
  }
}

/** Samples in a memory that grows: each has a block of its own, which can be freed. */
class HeapSamples extends Samples {
  #heap = this.kanerva.heap();
  #images = new Map();

  /** The ids, in the order of matches. */
  ids() {
    return this.#heap.list();
  }

  async write(image) {
    const id = this.unused();
    await this.#heap.write([id], stacked([image]));
    this.#images.set(id, await this.read(id));
    this.nextId = id + 1n;
    return id;
  }

  async replace(id, image) {
    await this.#heap.replace(id, stacked([image]));
    this.#images.set(id, await this.read(id));
  }

  async free(id) {
    this.#heap.free([id]);
    this.#images.delete(id);
  }

  /** What a sample read back when it was written. */
  image(id) {
    return this.#images.get(id);
  }

  async read(id) {
    return imagesOf(await this.#heap.read([id]))[0];
  }

  async matches(query) {
    return (await this.#heap.matches(stacked([query])))[0];
  }

  /** The memory with the places of its samples: { memory, places: [{ id, place }] }. */
  async layout() {
    const { ids, states, ...memory } = await this.#heap.memory();
    const isWritten = (place) => states[place] === 1;
    const places = [...ids].map((id, place) => ({ id, place })).filter(({ place }) => isWritten(place));
    return { memory, places };
  }

  /** A file, and whether it is a heap's: that of a memory has no ids and no free places. */
  async file() {
    const { memory, places } = await this.layout();
    const plain =
      places.every(({ id, place }, i) => place === i && id === BigInt(i)) && places.length === memory.pointers.dims[1];
    return { bytes: await (plain ? encodeMemory(memory) : this.#heap.encode()), heap: !plain };
  }

  async load(bytes) {
    const heap = await this.kanerva.loadHeap(bytes);
    const ids = heap.list();
    const images = imagesOf(await heap.read(ids));
    this.#heap = heap;
    this.#images = new Map(ids.map((id, i) => [id, images[i]]));
    this.numberAfter(ids);
  }
}

/** Samples that share a memory: any change writes all of them anew. */
class EpisodeSamples extends Samples {
  #samples = [];
  #memory;
  #index;
  #images;

  ids() {
    return this.#samples.map(({ id }) => id);
  }

  async write(image) {
    const id = this.unused();
    await this.#put([...this.#samples, { id, image }]);
    this.nextId = id + 1n;
    return id;
  }

  async replace(id, image) {
    await this.#put(this.#samples.map((sample) => (sample.id === id ? { id, image } : sample)));
  }

  async free(id) {
    await this.#put(this.#samples.filter((sample) => sample.id !== id));
  }

  image(id) {
    return this.#images[this.ids().indexOf(id)];
  }

  async read(id) {
    const place = this.ids().indexOf(id);
    return (await this.readKeys([this.keyOf(this.#memory, place)]))[0];
  }

  async matches(query) {
    const { data, dims } = stacked([query]);
    const { scores } = await this.kanerva.lookUp(this.#index, { data, dims: [1, ...dims] });
    return [...scores.data];
  }

  async layout() {
    if (this.#samples.length === 0) {
      throw new Error('memory: expected at least 1 sample, found 0');
    }
    const places = this.#samples.map(({ id }, place) => ({ id, place }));
    return { memory: this.#memory, places };
  }

  async file() {
    return { bytes: await encodeMemory((await this.layout()).memory), heap: false };
  }

  /** Takes a file's memory. The images that wrote it are not in it: a later change writes what they read back. */
  async load(bytes) {
    const memory = await this.kanerva.loadMemory(bytes);
    if (memory.memory.dims[0] !== 1) {
      throw new Error(`expected a file of one memory, found ${memory.memory.dims[0]}`);
    }
    await this.#take(memory);
    this.#samples = this.#images.map((image, i) => ({ id: BigInt(i), image }));
    this.numberAfter(this.ids());
  }

  async #put(samples) {
    if (samples.length > 0) {
      const { data, dims } = stacked(samples.map(({ image }) => image));
      await this.#take(await this.kanerva.write({ data, dims: [1, ...dims] }));
    }
    this.#samples = samples;
  }

  async #take(memory) {
    const index = await this.kanerva.index(memory);
    [this.#memory, this.#index, this.#images] = [memory, index, imagesOf(index.contents)];
  }
}
