// Runs ONNX test cases on ONNX Runtime in headless Chromium, in WebAssembly or, with the argument webgpu before the
// file of jobs, in WebGPU; the protocol is in ../README.md. The page fetches models and inputs from this program and
// posts its outputs back. Packages are those of the current folder, which is the runtime's.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const { chromium } = createRequire(join(process.cwd(), 'package.json'))('playwright-core');
const distribution = join(process.cwd(), 'node_modules', 'onnxruntime-web', 'dist');
const webgpu = process.argv[2] === 'webgpu';
const jobs = readFileSync(process.argv.at(-1), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const [model, inputs, outputs, optimisations] = line.split('\t');
    return { model, inputs, outputs, optimisations };
  });

const files = new Map([
  ['/', [join(here, 'page.html'), 'text/html']],
  ['/page.mjs', [join(here, 'page.mjs'), 'text/javascript']],
  ['/tensor-files.mjs', [join(here, '..', 'tensor-files.mjs'), 'text/javascript']],
  ['/ort.mjs', [join(distribution, webgpu ? 'ort.webgpu.min.mjs' : 'ort.wasm.min.mjs'), 'text/javascript']],
]);
const library = `ort-wasm-simd-threaded${webgpu ? '.asyncify' : ''}`;
files.set(`/${library}.mjs`, [join(distribution, `${library}.mjs`), 'text/javascript']);
files.set(`/${library}.wasm`, [join(distribution, `${library}.wasm`), 'application/wasm']);

/** The files beside a model whose names stand in it: those that may hold its weights. */
function beside(model) {
  const bytes = readFileSync(model);
  return readdirSync(dirname(model), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.length > 3 && bytes.includes(entry.name))
    .map((entry) => entry.name);
}

function answer(request, response) {
  const job = /^\/(\d+)\/(model\.onnx|beside\/.+|input_\d+\.pb|output_\d+\.pb)$/.exec(request.url);
  if (job !== null && jobs[job[1]] === undefined) {
    response.writeHead(404).end();
    return;
  }
  if (job !== null && request.method === 'POST') {
    const chunks = [];
    request
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => {
        mkdirSync(jobs[job[1]].outputs, { recursive: true });
        writeFileSync(join(jobs[job[1]].outputs, job[2]), Buffer.concat(chunks));
        response.writeHead(204).end();
      });
    return;
  }
  let [file, type] = files.get(request.url.split('?')[0]) ?? ['', ''];
  if (job !== null) {
    try {
      [file, type] = [path(jobs[job[1]], job[2]), 'application/octet-stream'];
    } catch {
      response.writeHead(400).end(); // the name of the weights is malformed
      return;
    }
  }
  if (!existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(readFileSync(file));
}

function path(job, name) {
  if (name === 'model.onnx') {
    return job.model;
  }
  return name.startsWith('beside/')
    ? join(dirname(job.model), decodeURIComponent(name.slice(7)))
    : join(job.inputs, name);
}

const server = createServer(answer);
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromiumSandbox: process.getuid?.() !== 0,
  args: [
    // Without a GPU, Chromium's own software renderer takes its place.
    ...(webgpu ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] : ['--disable-gpu']),
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  const open = async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/${webgpu ? '?webgpu' : ''}`);
    await page.waitForFunction(() => globalThis.ready === true);
    return page;
  };
  let page = await open();
  console.log(`about\tonnxruntime-web ${await page.evaluate(() => globalThis.version)}, Chromium ${browser.version()}`);
  for (const [number, { optimisations, model }] of jobs.entries()) {
    const end = await page
      .evaluate((job) => globalThis.run(job), { number, model, optimisations, weights: beside(model) })
      .catch((failure) => ({
        kind: 'failed',
        why: `expected a response from the page, found a crash: ${failure.message}`,
      }));
    console.log(
      `${end.kind}\t${number}\t${end.kind === 'done' ? end.milliseconds : end.why.replace(/\s+/g, ' ')}`,
    );
    if (end.kind !== 'done') {
      await page.close().catch(() => {}); // WebAssembly may be unusable after an error
      page = await open();
    }
  }
} finally {
  await browser.close();
  server.close();
}
