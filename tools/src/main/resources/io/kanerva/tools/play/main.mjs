// The page: choice of the model, drawing, and the samples in the memory.
import * as ort from './ort/ort.wasm.min.mjs';
import { Editor } from './editor.mjs';
import { byId, element, tile } from './elements.mjs';
import { examplesFor } from './examples.mjs';
import { Kanerva, url } from './kanerva/index.mjs';
import { drawMemory, drawNothing, pixelAt } from './map.mjs';
import { blank, fromFile, settled } from './pictures.mjs';
import { Reading } from './reading.mjs';
import { Recall } from './recall.mjs';
import { samplesOf } from './samples.mjs';

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL('./ort/', import.meta.url).href;

class App {
  selected;
  #kanerva;
  #example;
  #shown = 0;
  #found;
  #keys = [];
  #isLine = false;
  #work = Promise.resolve();

  async start() {
    const names = (await (await fetch('models/names.txt')).text()).split('\n').filter((name) => name !== '');
    byId('model').append(...names.map((name) => element('option', { value: name, textContent: name })));
    this.editor = new Editor(byId('drawing'), 'Drawing');
    this.recall = new Recall(this);
    this.reading = new Reading(this);
    const click = (id, how) => (byId(id).onclick = () => this.act(how));
    byId('model').onchange = () =>
      this.act(async () => {
        try {
          await this.#open(byId('model').value);
        } finally {
          byId('model').value = this.#kanerva.bundle.name;
        }
      });
    click('write', () => this.#write(this.editor.image));
    click('replace', () => this.#replace());
    click('example', () => this.draw(this.#example(this.#shown++)));
    click('examples', () => this.#writeExamples(8));
    click('free', () => this.#free());
    click('empty', () => this.#empty());
    click('save', () => this.#save());
    for (const [button, input, use] of [
      ['upload', 'picture', (file) => this.#upload(file)],
      ['load', 'file', (file) => this.#load(file)],
    ]) {
      byId(button).onclick = () => byId(input).click();
      byId(input).onchange = ({ target }) => {
        const [file] = target.files;
        this.act(() => use(file));
        target.value = '';
      };
    }
    byId('map').onclick = (event) => this.#pick(event);
    matchMedia('(prefers-color-scheme: dark)').onchange = () => this.act(() => this.#showMemory());
    await this.act(() => this.#open(names[0]));
  }

  /** Does one thing after the other; what fails is said. */
  act(how) {
    this.#work = this.#work.then(async () => {
      document.body.dataset.state = 'busy';
      try {
        await how();
      } catch (problem) {
        this.say(problem.message ?? String(problem), true);
      }
      document.body.dataset.state = 'ready';
    });
    return this.#work;
  }

  say(text, isWrong = false) {
    byId('status').textContent = text;
    byId('status').classList.toggle('wrong', isWrong);
  }

  get settings() {
    return this.#kanerva.settings;
  }

  get binary() {
    return this.settings.likelihood === 'bernoulli';
  }

  draw(image) {
    this.editor.image = settled(image, this.binary);
  }

  async #open(name) {
    this.say(`Loading ${name} …`);
    const kanerva = await Kanerva.load(url(new URL(`models/${name}/`, document.baseURI)), ort);
    const { settings, bundle } = kanerva;
    let example;
    try {
      example = await examplesFor(bundle, Math.random);
    } catch (error) {
      await kanerva.release();
      throw error;
    }
    await this.#kanerva?.release();
    this.#kanerva = kanerva;
    this.#example = example;
    this.#shown = 0;
    const [c, h, w] = settings.blockShape;
    byId('facts').textContent =
      `${settings.imageShape.join(' × ')} pixels, a block of ${c} × ${h} × ${w} numbers for each picture, ` +
      (Number.isFinite(settings.capacity) && settings.capacity > 0
        ? `at most ${settings.capacity} pictures`
        : 'any number of pictures');
    this.editor.image = blank(settings.imageShape);
    await this.#empty();
    this.say(`${name} is ready: draw something, or write examples`);
  }

  async #empty() {
    this.samples = samplesOf(this.#kanerva);
    this.recall.clear(this.settings.imageShape);
    await this.#changed();
    this.say('The memory is empty');
  }

  async #write(image) {
    const id = await this.samples.write(settled(image, this.binary));
    await this.#changed(id);
    this.say(`Written as #${id}; the memory has ${this.samples.ids().length} samples`);
  }

  async #writeExamples(count) {
    for (let i = 0; i < count; i++) {
      await this.#write(this.#example(this.#shown++));
    }
  }

  async #replace() {
    await this.samples.replace(this.selected, settled(this.editor.image, this.binary));
    await this.#changed(this.selected);
    this.say(`#${this.selected} is replaced by the drawing, in the same place`);
  }

  async #free() {
    const id = this.selected;
    await this.samples.free(id);
    await this.#changed();
    this.say(
      this.settings.writer === 'heap'
        ? `#${id} is freed: it is neither found nor drawn from, and its place is the next sample's`
        : `#${id} is gone, and the others are written anew`,
    );
  }

  async #save() {
    const { bytes, heap } = await this.samples.file();
    const name = `${this.#kanerva.bundle.name}.memory`;
    const link = element('a', { download: name, href: URL.createObjectURL(new Blob([bytes])) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    this.say(
      heap
        ? `${name}: a heap with its ids and free places, for loadHeap (load_heap in Python)`
        : `${name}: a memory, for loadMemory (load_memory in Python), kpp recall and kpp generate`,
    );
  }

  async #upload(file) {
    this.draw(await fromFile(file, this.settings.imageShape));
    this.say(`${file.name} is the drawing, scaled to the model's size`);
  }

  async #load(file) {
    try {
      await this.samples.load(new Uint8Array(await file.arrayBuffer()));
    } catch (cause) {
      throw new Error(`${file.name}: ${cause.message}`, { cause });
    }
    await this.#changed();
    this.say(`${file.name}: ${this.samples.ids().length} samples`);
  }

  /** Shows the samples anew after a change. */
  async #changed(fresh) {
    const ids = this.samples.ids();
    this.selected = ids.find((id) => id === (fresh ?? this.selected)) ?? ids.at(-1);
    const tiles = ids.map((id) => {
      const button = tile(this.samples.image(id), `#${id}`, () => this.#select(id));
      button.dataset.id = id;
      return button;
    });
    byId('samples').replaceChildren(...tiles);
    this.recall.forget();
    this.reading.forget();
    this.#mark(this.selected);
    await this.#showMemory();
  }

  #select(id) {
    this.#mark(id);
    this.act(() => this.#showMemory());
  }

  #mark(id) {
    this.selected = id;
    for (const button of byId('samples').children) {
      button.setAttribute('aria-pressed', String(button.dataset.id === String(id)));
    }
    const none = this.samples.ids().length === 0;
    for (const name of ['replace', 'free', 'take', 'save', 'step', 'run', 'generate', 'between']) {
      byId(name).disabled = none;
    }
  }

  #pick(event) {
    const [px, py] = pixelAt(byId('map'), event);
    const block = this.blocks?.find(({ windows }) =>
      windows.some(([x, y, w, h]) => px >= x && px < x + w && py >= y && py < y + h),
    );
    if (block) {
      this.#select(block.id);
    }
  }

  /** Marks the windows of keys in the memory; none without keys. */
  showKeys(keys = [], isLine = false) {
    this.#keys = keys;
    this.#isLine = isLine;
    return this.#showMemory();
  }

  async #showMemory() {
    const canvas = byId('map');
    const {
      memoryShape: [, trained, width],
      blockShape: [, h, w],
      keys: k,
    } = this.settings;
    const ids = this.samples.ids();
    this.blocks = [];
    byId('legend').textContent =
      'Stronger colour: larger values. Framed: the blocks of samples, boldly the selected one and, dashed, the one ' +
      'that a recall found. Thin and dashed: free places.';
    if (ids.length === 0) {
      canvas.setAttribute('aria-label', 'The memory: empty');
      drawNothing(canvas, width, this.settings.writer === 'heap' ? h : trained);
      return;
    }
    const { memory, places } = await this.samples.layout();
    const windows = (key) => Array.from({ length: k }, (_, i) => this.samples.window(memory, key, i));
    this.blocks = places.map(({ id, place }) => ({ id, windows: windows(this.samples.keyOf(memory, place)) }));
    const taken = new Set(places.map(({ place }) => place));
    const free = Array.from({ length: memory.pointers.dims[1] }, (_, place) => place)
      .filter((place) => !taken.has(place))
      .flatMap((place) => windows(this.samples.keyOf(memory, place)));
    const marks = this.#keys.flatMap(windows);
    const line = this.#isLine ? marks : undefined;
    drawMemory(canvas, {
      memory: memory.memory,
      blocks: this.blocks,
      free,
      keys: marks,
      line,
      selected: this.selected,
      marked: this.#found,
    });
    canvas.setAttribute(
      'aria-label',
      `The memory: ${ids.length} samples in blocks of ${w} by ${h}, ${free.length} free places` +
        (marks.length > 0 ? `, ${marks.length} keys` : ''),
    );
  }

  /** Shows how well each sample matches in a step of the recall; without one, nothing. */
  showMatches(step) {
    for (const button of byId('samples').children) {
      button.querySelectorAll('meter, .match').forEach((old) => old.remove());
      const at = step?.ids.findIndex((id) => String(id) === button.dataset.id) ?? -1;
      button.classList.toggle('found', step !== undefined && String(step.id) === button.dataset.id);
      if (at >= 0) {
        const match = step.matches[at];
        button.append(
          element('meter', { min: -1, max: 1, value: match, ariaLabel: `match of #${step.ids[at]}` }),
          element('span', { className: 'match', textContent: match.toFixed(3) }),
        );
      }
    }
    this.#found = step?.id;
    this.act(() => this.#showMemory());
  }
}

const app = new App();
app.start().catch((problem) => app.say(problem.message ?? String(problem), true));
