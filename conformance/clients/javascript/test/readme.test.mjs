import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = dirname(dirname(fileURLToPath(import.meta.url)));

test('the README example runs as written and restores missing rows', async () => {
  const [, example] = /```js\n(.*?)```/s.exec(readFileSync(join(folder, 'README.md'), 'utf8'));
  const file = join(folder, 'test', `example-${process.pid}.mjs`); // here, 'kanerva' is this package
  const before = process.cwd();
  writeFileSync(file, `${example}\nexport { dream, recall, score };\n`);
  process.chdir(join(folder, '..', '..', '..'));
  try {
    const { dream, recall, score } = await import(pathToFileURL(file));
    const found = recall.lookups.at(-1).samples;
    assert.ok(found.filter((sample, query) => sample === query).length >= 26, `${found}`);
    assert.deepEqual(dream.images.dims, [1, 16, 1, 28, 28]);
    assert.equal(score.negativeBound.length, 32);
  } finally {
    process.chdir(before);
    rmSync(file);
  }
});
