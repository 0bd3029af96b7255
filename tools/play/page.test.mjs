// Plays with the page of kpp play in Chromium, and compares with kpp, which runs the Java runtime.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { execFileSync } from 'node:child_process';
import { java, kpp, launch, memoryFloats, play, readNpy, root, Visit, writeNpy } from './browser.mjs';

const SIDE = 28;
const folder = mkdtempSync(join(tmpdir(), 'kpp-play-'));
const file = (name) => join(folder, name);
let server;
let browser;
let visit;

before(async () => {
  [server, browser] = await Promise.all([play(), launch()]);
  visit = await Visit.to(browser, server.address);
});
after(async () => {
  await browser?.close();
  server?.stop();
  rmSync(folder, { recursive: true });
});

/** Compares levels with numbers in [0, 1]: how many differ from the rounded ones, none by more than 1 level. */
function levelsDiffer(levels, numbers) {
  assert.equal(levels.length, numbers.length);
  let different = 0;
  numbers.forEach((number, i) => {
    assert.ok(Math.abs(levels[i] / 255 - number) <= 1 / 255, `${i}: ${levels[i]} of 255, and ${number}`);
    different += levels[i] === Math.round(255 * number) ? 0 : 1;
  });
  return different;
}

/** Whether pictures differ in few pixels. */
const share = (one, other) => one.filter((level, i) => level >= 128 !== other[i] >= 128).length / one.length;

test('a drawing is written and read back', async () => {
  await visit.draw(
    '#drawing',
    [
      [0.2, 0.2],
      [0.8, 0.2],
      [0.4, 0.8],
    ],
    [
      [0.3, 0.5],
      [0.7, 0.5],
    ],
  );
  const drawn = await visit.drawn('#drawing');
  assert.ok(drawn.filter((level) => level === 255).length > 40, 'the pen left a line');
  await visit.click('#write');
  const [read] = await visit.levels('#samples');
  assert.ok(share(drawn, read) < 0.02, `${share(drawn, read)} of the pixels read back otherwise`);
  assert.match(await visit.status(), /Written as #0; the memory has 1 samples/);
});

test('examples are written as Java writes them, and the file is one that Java reads', async (t) => {
  await visit.click('#empty');
  await visit.click('#examples');
  await visit.save(file('page.memory'));
  await kpp('write', '--range', '0:8', '--memory', file('java.memory'));
  const [page, java] = [memoryFloats(file('page.memory')), memoryFloats(file('java.memory'))];
  assert.equal(page.length, java.length);
  const largest = page.reduce((most, value, i) => Math.max(most, Math.abs(value - java[i])), 0);
  assert.ok(largest < 1e-4, `${largest}`);
  const same = page.filter((value, i) => value === java[i]).length;
  await visit.load(file('java.memory'));
  assert.deepEqual(await visit.ids(), ['0', '1', '2', '3', '4', '5', '6', '7']);
  await visit.load(file('page.memory'));
  t.diagnostic(`memory: ${same} of ${page.length} floats equal to the bit, the largest difference is ${largest}`);
});

test('a damaged query is found and mended, as Java does it', async (t) => {
  await visit.click('#samples [data-id="1"]');
  await visit.click('#take');
  await visit.click('#cut');
  assert.ok((await visit.drawn('#query')).every((level, i) => i % SIDE >= SIDE / 2 || level === 0));
  await visit.click('#take');
  await visit.click('#noise');
  await visit.draw('#query', [
    [0.9, 0.05],
    [0.9, 0.95],
  ]);
  const query = await visit.drawn('#query');
  await visit.click('#run');
  const captions = await visit.page.locator('#steps button').allTextContents();
  assert.deepEqual(
    captions.map((caption) => caption.slice(0, 5)),
    ['1: #1', '2: #1', '3: #1'],
  );
  const matches = await visit.page.locator('#samples .match').allTextContents();
  assert.equal(matches.length, 8);
  writeNpy(file('query.npy'), query, SIDE, SIDE);
  const printed = await kpp(
    'recall',
    '--memory',
    file('page.memory'),
    '--images',
    file('query.npy'),
    '--iterations',
    '3',
    '--out',
    file('recalled.png'),
    '--npy',
    file('recalled.npy'),
  );
  assert.match(printed, /0 +1 +1\.000/);
  const recalled = (await visit.levels('#steps'))[2];
  const different = levelsDiffer(recalled, readNpy(file('recalled.npy')));
  t.diagnostic(`recall: ${recalled.length - different} of ${recalled.length} levels equal, the rest by 1 of 255`);
});

test('pictures at random keys are those of Java for the same seed', async (t) => {
  await visit.page.fill('#count', '24');
  await visit.page.fill('#seed', '42');
  await visit.click('#generate');
  assert.match(await visit.page.getAttribute('#map', 'aria-label'), /8 samples .* 24 keys/);
  await kpp(
    'generate',
    '--memory',
    file('page.memory'),
    '--count',
    '24',
    '--seed',
    '42',
    '--out',
    file('dreams.png'),
    '--npy',
    file('dreams.npy'),
  );
  const dreams = (await visit.levels('#dreams')).flat();
  const different = levelsDiffer(dreams, readNpy(file('dreams.npy')));
  t.diagnostic(`generation: ${dreams.length - different} of ${dreams.length} levels equal, the rest by 1 of 255`);
  await visit.shot('light');
});

test('pictures along a line begin and end at its ends', async () => {
  await visit.page.selectOption('#from', '2');
  await visit.page.selectOption('#to', '6');
  await visit.page.fill('#parts', '5');
  await visit.click('#between');
  const [path, samples] = [await visit.levels('#path'), await visit.levels('#samples')];
  assert.deepEqual([path.length, path[0], path[4]], [5, samples[2], samples[6]]);
});

test("a freed place is the next sample's, and a heap survives its file", async () => {
  await visit.click('#samples [data-id="3"]');
  await visit.click('#free');
  assert.deepEqual(await visit.ids(), ['0', '1', '2', '4', '5', '6', '7']);
  assert.match(await visit.page.getAttribute('#map', 'aria-label'), /7 samples .* 1 free places/);
  await visit.save(file('heap.memory'));
  assert.match(await visit.status(), /a heap with its ids and free places/);
  const model = `${root}/models/bundles/fashion-mnist`;
  assert.equal(await java('ReadHeap.java', model, file('heap.memory')), '[0, 1, 2, 4, 5, 6, 7]\n');
  await visit.click('#write');
  assert.deepEqual(await visit.ids(), ['0', '1', '2', '8', '4', '5', '6', '7']);
  await visit.click('#samples [data-id="8"]');
  await visit.click('#example');
  await visit.click('#replace');
  assert.ok(share(await visit.drawn('#drawing'), (await visit.levels('#samples'))[3]) < 0.1);
  await visit.load(file('heap.memory'));
  assert.deepEqual(await visit.ids(), ['0', '1', '2', '4', '5', '6', '7']);
  assert.match(await visit.page.getAttribute('#map', 'aria-label'), /7 samples .* 1 free places/);
});

const python = `${root}/conformance/clients/python/.venv/bin/python`;
test('Python reads the files', { skip: !existsSync(python) && 'the Python client is not installed' }, () => {
  const lines = [
    'import sys; from kanerva import Kanerva',
    'k = Kanerva.load(sys.argv[1])',
    'print(k.generate(k.load_memory(sys.argv[2]), count=3, seed=1).images.shape)',
    'print(k.load_heap(sys.argv[3]).list())',
  ];
  const options = { cwd: `${root}/conformance/clients/python`, encoding: 'utf8' };
  const model = `${root}/models/bundles/fashion-mnist`;
  const printed = execFileSync(
    python,
    ['-c', lines.join('\n'), model, file('page.memory'), file('heap.memory')],
    options,
  );
  assert.equal(printed, '(1, 3, 1, 28, 28)\n[0, 1, 2, 4, 5, 6, 7]\n');
});

test('a picture can be uploaded, and other files are refused in a sentence', async () => {
  const upload = async (name) => {
    const [chooser] = await Promise.all([visit.page.waitForEvent('filechooser'), visit.page.click('#upload')]);
    await chooser.setFiles(name);
    await visit.page.waitForFunction(() => document.getElementById('picture').value === '');
    await visit.ready();
  };
  await visit.click('#drawing .tools button:last-child');
  await upload(`${root}/models/bundles/mnist-fp16/card.png`);
  assert.ok((await visit.drawn('#drawing')).some((level) => level === 255));
  assert.match(await visit.status(), /^card.png is the drawing/);
  writeFileSync(file('words.txt'), 'neither a picture nor a memory');
  await upload(file('words.txt'));
  assert.equal(await visit.status(), 'words.txt: expected a picture that the browser reads, found another file');
  await visit.load(file('words.txt'));
  const sentence = /^words.txt: expected a memory file, which starts with KANMEMRY, found another kind/;
  assert.match(await visit.status(), sentence);
  assert.equal((await visit.ids()).length, 7);
});

test('after the largest id of 64 bits the smallest are given', async () => {
  await visit.open('fashion-mnist-gist-fp16');
  await visit.load(`${root}/conformance/clients/heap.memory`);
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n].map(String);
  assert.deepEqual(await visit.ids(), [least, '7', most]);
  await visit.click('#examples');
  assert.deepEqual(await visit.ids(), [least, '0', '7', most, '1', '2', '3', '4', '5', '6', '8']);
});

test('every shipped model writes, finds, generates and saves', async (t) => {
  const models = readFileSync(`${root}/models/bundles/names.txt`, 'utf8').trim().split('\n');
  assert.deepEqual(await visit.page.locator('#model option').allTextContents(), models);
  for (const model of models) {
    await visit.open(model);
    await visit.click('#examples');
    await visit.click('#samples [data-id="7"]');
    await visit.click('#take');
    await visit.click('#run');
    await visit.click('#run');
    const captions = await visit.page.locator('#steps button').allTextContents();
    assert.ok(
      captions.every((caption) => caption.includes('#7')),
      `${model}: ${captions}`,
    );
    const took = await visit.page
      .locator('#steps button')
      .evaluateAll((all) => all.map(({ dataset }) => +dataset.took));
    await visit.click('#generate');
    assert.equal(await visit.page.locator('#dreams button').count(), 24, `${model}: ${await visit.status()}`);
    await visit.save(file(`${model}.memory`));
    await visit.load(file(`${model}.memory`));
    assert.equal((await visit.ids()).length, 8);
    const median = took.sort((a, b) => a - b)[3];
    t.diagnostic(`${model}: a step of the recall among 8 samples took ${median.toFixed(1)} ms`);
    if (model === 'mnist-pooled-fp16') {
      await visit.click('#between');
      await visit.shot('pooled');
    }
  }
});

test('a model that does not come is said, and the one before stays', async () => {
  await visit.page.route('**/models/cifar10/write.onnx', (route) => route.abort());
  const [before, problems] = [await visit.page.inputValue('#model'), visit.problems.length];
  await visit.open('cifar10');
  assert.match(await visit.status(), /^write.onnx: expected a file of the bundle, found no answer/);
  assert.equal(await visit.page.inputValue('#model'), before);
  visit.problems.length = problems; // the browser, too, says that it was not answered
});

test('the keyboard alone draws, writes and recalls', async () => {
  await visit.open('mnist-fp16');
  const { keyboard } = visit.page;
  const tabTo = async (selector) => {
    for (let i = 0; i < 80; i++) {
      if (await visit.page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) {
        return;
      }
      await keyboard.press('Tab');
    }
    assert.fail(`Tab does not reach ${selector}`);
  };
  const press = async (...keys) => {
    for (const key of keys) {
      await keyboard.press(key);
    }
    await visit.ready();
  };
  await tabTo('#drawing canvas');
  await press(' ', ...Array(8).fill('Shift+ArrowDown'), ...Array(5).fill('Shift+ArrowRight'), 'ArrowUp');
  await tabTo('#write');
  await press('Enter');
  await tabTo('#samples [data-id="0"]');
  await press('Enter');
  await tabTo('#take');
  await press('Enter');
  await tabTo('#step');
  await press('Enter');
  assert.match(await visit.status(), /^Step 1 found #0/);
  const drawn = await visit.drawn('#drawing');
  assert.ok(drawn.filter((level) => level === 255).length >= 14);
});

test('the page asks nobody but its server and breaks no policy', async () => {
  assert.deepEqual(visit.problems, []);
  const elsewhere = visit.requests.filter((url) => !url.startsWith(server.address) && !url.startsWith('blob:'));
  assert.deepEqual(elsewhere, []);
  assert.ok(visit.requests.some((url) => url.endsWith('.wasm')));
  const modules = visit.requests.map((url) => url.slice(server.address.length)).filter((path) => /mjs$/.test(path));
  assert.deepEqual([...new Set(modules)].sort(), [
    'main.mjs', // the page and the client, bundled
    'ort/ort-wasm-simd-threaded.mjs',
    'ort/ort.wasm.min.mjs',
  ]);
  const run = visit.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.ran = true';
    document.body.append(script);
    return globalThis.ran === undefined;
  });
  assert.ok(await run, 'a script in the page itself does not run');
});

test('a folder serves a phone in the dark, below another path', async () => {
  await kpp('play', '--out', file('site'));
  const types = { '.html': 'text/html', '.mjs': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
  const web = createServer((request, response) => {
    const name = request.url.replace('/sub/', '/').replace(/\/$/, '/index.html');
    response.setHeader('content-type', types[extname(name)] ?? 'application/octet-stream');
    response.end(readFileSync(join(folder, 'site', name)));
  });
  await new Promise((listening) => web.listen(0, '127.0.0.1', listening));
  const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true, isMobile: true };
  const small = await Visit.to(browser, `http://127.0.0.1:${web.address().port}/sub/`, phone);
  try {
    await small.click('#examples');
    await small.click('#take');
    await small.click('#noise');
    await small.click('#step');
    assert.match(await small.status(), /^Step 1 found #7/);
    const [width, ground] = await small.page.evaluate(() => [
      document.documentElement.scrollWidth,
      getComputedStyle(document.body).backgroundColor,
    ]);
    assert.deepEqual([width, ground], [390, 'rgb(16, 21, 28)']);
    assert.deepEqual(small.problems, []);
    await small.shot('phone');
  } finally {
    await small.context.close();
    web.close();
  }
});
