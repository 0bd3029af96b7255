// The browser, the server and kpp, for the page's tests.
import { execFile, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = createRequire(`${root}/conformance/runtimes/onnxruntime-web/run.mjs`);
const program = process.env.KPP ?? `${root}/tools/kpp`;

export const launch = () =>
  packages('playwright-core').chromium.launch({
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

/** Runs kpp, and returns what it printed. */
export const kpp = async (...options) => (await promisify(execFile)(program, options)).stdout;

/** Runs a Java program of this folder on the classes of kpp, and returns what it printed. */
export async function java(source, ...options) {
  const built = readFileSync(`${root}/tools/target/kpp-current`, 'utf8').trim();
  const classPath = readFileSync(`${built}/class-path`, 'utf8').split('\n')[1];
  const line = ['--enable-native-access=ALL-UNNAMED', '-cp', classPath, `${root}/tools/play/${source}`, ...options];
  const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
  const home = process.env.JAVA_HOME ? `${process.env.JAVA_HOME}/bin/` : '';
  return (await promisify(execFile)(`${home}java`, line, { env })).stdout;
}

/** Starts kpp play: { address, stop }. */
export function play() {
  const server = spawn(program, ['play', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = () => server.kill();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) =>
      reject(new Error(`kpp play: expected it to serve, found that it ended with ${code}`)),
    );
    server.stdout.once('data', (line) => resolve({ address: /http:\S+/.exec(line)[0], stop }));
  });
}

/** The floats of a .npy file of float32. */
export function readNpy(file) {
  const bytes = readFileSync(file);
  return new Float32Array(new Uint8Array(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer);
}

/** Writes levels 0 to 255 as a .npy file [1, height, width] of bytes. */
export function writeNpy(file, levels, height, width) {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (1, ${height}, ${width}), }`.padEnd(117) + '\n';
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  writeFileSync(file, Buffer.concat([start, Buffer.from(header), Buffer.from(levels)]));
}

/** The floats of a memory's file, without its header and digest. */
export function memoryFloats(file) {
  return new Float32Array(new Uint8Array(readFileSync(file).subarray(76, -32)).buffer);
}

/** A page that keeps what it complained of and asked for. */
export class Visit {
  static async to(browser, address, options = {}) {
    const visit = new Visit();
    visit.context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    visit.context.setDefaultTimeout(120_000);
    visit.page = await visit.context.newPage();
    visit.problems = [];
    visit.requests = [];
    visit.page.on('console', (message) => message.type() === 'error' && visit.problems.push(message.text()));
    visit.page.on('pageerror', (error) => visit.problems.push(error.message));
    visit.page.on('request', (request) => visit.requests.push(request.url()));
    await visit.page.goto(address);
    await visit.ready();
    return visit;
  }

  /** Waits until all that was asked for is done. */
  ready() {
    return this.page.waitForFunction(() => document.body.dataset.state === 'ready');
  }

  async click(selector) {
    await this.page.click(selector);
    await this.ready();
  }

  async open(model) {
    await this.page.selectOption('#model', model);
    await this.ready();
  }

  status() {
    return this.page.textContent('#status');
  }

  /** Draws lines through points, in shares of the side of an editor. */
  async draw(editor, ...lines) {
    const box = await this.page.locator(`${editor} canvas`).boundingBox();
    const place = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
    for (const line of lines) {
      await this.page.mouse.move(...place(line[0]));
      await this.page.mouse.down();
      for (const point of line.slice(1)) {
        await this.page.mouse.move(...place(point), { steps: 8 });
      }
      await this.page.mouse.up();
    }
  }

  /** The levels of each canvas within a selector, a number for each pixel: of the red channel. */
  levels(selector, step = 1) {
    return this.page.locator(`${selector} canvas`).evaluateAll(
      (canvases, every) =>
        canvases.map((canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          const [side, middle] = [canvas.width / every, Math.floor(every / 2)];
          return Array.from({ length: side * (canvas.height / every) }, (_, i) => {
            const [x, y] = [every * (i % side) + middle, every * Math.floor(i / side) + middle];
            return data[4 * (canvas.width * y + x)];
          });
        }),
      step,
    );
  }

  /** The levels of a drawing, whose pixels are ten wide. */
  async drawn(editor) {
    await this.page.evaluate(() => document.activeElement?.blur());
    return (await this.levels(editor, 10))[0];
  }

  async save(file) {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.page.click('#save')]);
    await download.saveAs(file);
    await this.ready();
  }

  async load(file) {
    const [chooser] = await Promise.all([this.page.waitForEvent('filechooser'), this.page.click('#load')]);
    await chooser.setFiles(file);
    await this.page.waitForFunction(() => document.getElementById('file').value === '');
    await this.ready();
  }

  ids() {
    return this.page.locator('#samples button').evaluateAll((buttons) => buttons.map((button) => button.dataset.id));
  }

  async shot(name) {
    if (process.env.SHOTS) {
      await this.page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
    }
  }
}
