/** Row-major values with their dimensions. */
export interface Tensor {
  data: Float32Array;
  dims: number[];
}

/** B memories of one model: [B, C, H, W], and the keys [B, T, K, 3] at which each sample was written. */
export interface Memory {
  memory: Tensor;
  pointers: Tensor;
  modelId: string;
}

/** What a look-up needs of memories: the images that their samples read back, these images' features, the pointers. */
export interface Index {
  contents: Tensor;
  features: Tensor;
  pointers: Tensor;
}

/** The samples that queries find, B Q indices; the scores of all samples [B, Q, T]; the keys [B, Q, K, 3]. */
export interface Lookup {
  samples: number[];
  scores: Tensor;
  keys: Tensor;
}

/** Images [B, Q, Cx, Hx, Wx] of the last iteration in [0, 1], and the look-up of each iteration. */
export interface Recall {
  images: Tensor;
  lookups: Lookup[];
}

/** Images [B, N, Cx, Hx, Wx] in [0, 1] and their keys [B, N, K, 3]. */
export interface Generation {
  images: Tensor;
  keys: Tensor;
}

/** The terms of the bound in nats, B T values each, and their sum; lower is better. */
export interface BoundTerms {
  reconstruction: Float32Array;
  klKeys: Float32Array;
  klLatent: Float32Array;
  negativeBound: Float32Array;
}

/** A file of a bundle by its name. */
export type ReadFile = (file: string) => Promise<Uint8Array>;

/** What is used of onnxruntime-node and onnxruntime-web. */
export interface Ort {
  InferenceSession: { create(model: Uint8Array, options?: object): Promise<unknown> };
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown;
}

/** A bundle at a URL that ends in a slash. */
export function url(base: string | URL): ReadFile;

/** The standard normal distribution function. */
export function cdf(x: number): number;

/** An exported Kanerva++ model, open for inference. Images are in [0, 1]; B, T, Q and N may differ between calls. */
export class Kanerva {
  /** Opens a bundle; rejects with an Error if it is invalid. */
  static load(read: ReadFile, ort: Ort, options?: object): Promise<Kanerva>;
  readonly bundle: Record<string, unknown> & { name: string };
  readonly settings: Record<string, unknown>;
  /** The samples that one memory takes. */
  readonly capacity: number;
  readonly modelId: string;
  write(episodes: Tensor): Promise<Memory>;
  index(memory: Memory): Promise<Index>;
  lookUp(index: Memory | Index, queries: Tensor): Promise<Lookup>;
  recall(index: Memory | Index, queries: Tensor, iterations?: number): Promise<Recall>;
  read(memory: Memory, keys: Tensor): Promise<Tensor>;
  generate(memory: Memory, count: number, seed: number | bigint): Promise<Generation>;
  bound(episodes: Tensor, seed: number | bigint): Promise<BoundTerms>;
  loadMemory(file: Uint8Array): Promise<Memory>;
  heap(): MemoryHeap;
  loadHeap(file: Uint8Array): Promise<MemoryHeap>;
  release(): Promise<void>;
}

/** Samples by their ids, of 64 bits, which can be freed and replaced; made by Kanerva.heap. */
export class MemoryHeap {
  private constructor();
  write(ids: bigint[], images: Tensor): Promise<void>;
  replace(id: bigint, images: Tensor): Promise<void>;
  free(ids: bigint[]): void;
  list(): bigint[];
  read(ids: bigint[]): Promise<Tensor>;
  lookUp(queries: Tensor): Promise<{ ids: bigint[]; scores: number[] }>;
  matches(queries: Tensor): Promise<number[][]>;
  recall(queries: Tensor): Promise<Tensor>;
  generate(count: number, seed: number | bigint): Promise<Tensor>;
  snapshot(): Promise<Memory>;
  memory(): Promise<Memory & { ids: BigInt64Array; states: Uint8Array }>;
  encode(): Promise<Uint8Array>;
}

export function decodeMemory(file: Uint8Array): Promise<Memory>;
export function encodeMemory(memory: Memory): Promise<Uint8Array>;

/** The standard normal numbers of a seed. */
export class NormalSampler {
  constructor(seed: number | bigint);
  next(): number;
  tensor(...dims: number[]): Tensor;
}

export function philox(counter: number[], key: number[]): number[];
