// Runs ONNX test cases on ONNX Runtime's WebAssembly in headless Chromium; the protocol is in ../README.md. The page
// fetches models and inputs from this program and posts its outputs back.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = fileURLToPath(new URL('.', import.meta.url));
const distribution = join(here, 'node_modules', 'onnxruntime-web', 'dist');
const jobs = readFileSync(process.argv[2], 'utf8')
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
  ...['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs'].map((name) => [
    `/${name}`,
    [join(distribution, name), 'text/javascript'],
  ]),
  ['/ort-wasm-simd-threaded.wasm', [join(distribution, 'ort-wasm-simd-threaded.wasm'), 'application/wasm']],
]);

function answer(request, response) {
  const job = /^\/(\d+)\/(model\.onnx|input_\d+\.pb|output_\d+\.pb)$/.exec(request.url);
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
  const [file, type] =
    job === null
      ? (files.get(request.url) ?? ['', ''])
      : [job[2] === 'model.onnx' ? jobs[job[1]].model : join(jobs[job[1]].inputs, job[2]), 'application/octet-stream'];
  if (!existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(readFileSync(file));
}

const server = createServer(answer);
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromiumSandbox: process.getuid?.() !== 0,
  args: [
    '--disable-gpu',
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
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => globalThis.ready === true);
    return page;
  };
  let page = await open();
  console.log(`about\tonnxruntime-web ${await page.evaluate(() => globalThis.version)}, Chromium ${browser.version()}`);
  for (const [number, { optimisations, model }] of jobs.entries()) {
    const end = await page
      .evaluate((job) => globalThis.run(job), { number, model, optimisations })
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
