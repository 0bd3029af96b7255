import type { ReadFile } from './index.mjs';

/** A bundle's folder, for Kanerva.load in Node.js. */
export function folder(path: string): ReadFile;
