import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A bundle's folder, for Kanerva.load in Node.js. */
export const folder = (path) => async (file) => new Uint8Array(await readFile(join(path, file)));
