import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A bundle's folder, for Kanerva.load in Node.js. */
export const folder = (path) => async (file) => {
  const place = join(path, file);
  if (!(await stat(place)).isFile()) {
    throw new Error(`${place}: expected a regular file, found a folder, a pipe or a device`); // it could have no end
  }
  return new Uint8Array(await readFile(place));
};
