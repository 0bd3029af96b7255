/** Exported Kanerva++ models in JavaScript: write, look up, read, recall and generate. */
export { Kanerva, url } from './kanerva.mjs';
export { decodeMemory, encodeMemory } from './memory.mjs';
export { NormalSampler, philox } from './sampler.mjs';
