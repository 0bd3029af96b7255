/** Exported Kanerva++ models in JavaScript: write, look up, read, recall, generate and score. */
export { cdf } from './geometry.mjs';
export { Kanerva, url } from './kanerva.mjs';
export { MemoryHeap } from './heap.mjs';
export { decodeMemory, encodeMemory } from './memory.mjs';
export { NormalSampler, philox } from './sampler.mjs';
