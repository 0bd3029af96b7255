// Recall, step by step: a query is matched with all samples, the best match is read, and becomes the next query.
import { Editor } from './editor.mjs';
import { byId, element, tile } from './elements.mjs';
import { blank, halved, noisy, settled } from './pictures.mjs';

export class Recall {
  #app;
  #editor;
  #steps = [];
  #shown;

  constructor(app) {
    this.#app = app;
    this.#editor = new Editor(byId('query'), 'Query', () => this.forget());
    const change = (how) => () =>
      app.act(() => {
        this.query = settled(how(this.#editor.image), app.binary);
      });
    byId('noise').onclick = change((image) => noisy(image, Number(byId('amount').value) / 100, app.random));
    byId('cut').onclick = change(halved);
    byId('take').onclick = () =>
      app.act(async () => {
        this.query = settled(await app.samples.read(app.selected), app.binary);
        app.say(`The query is what #${app.selected} reads back; damage it with the brush, the rubber or noise`);
      });
    byId('step').onclick = () => app.act(() => this.#recall(1));
    byId('run').onclick = () => app.act(() => this.#recall(3));
  }

  set query(image) {
    this.#editor.image = image;
    this.forget();
  }

  /** Starts with a query of nothing. */
  clear(dims) {
    this.query = blank(dims);
  }

  /** Drops the steps: the query or the samples have changed. */
  forget() {
    this.#steps = [];
    this.#shown = undefined;
    byId('steps').replaceChildren();
    this.#app.showMatches();
  }

  async #recall(count) {
    const { samples } = this.#app;
    for (let i = 0; i < count; i++) {
      const query = this.#steps.at(-1)?.image ?? settled(this.#editor.image, this.#app.binary);
      const start = performance.now();
      const ids = samples.ids();
      const matches = await samples.matches(query);
      const best = matches.reduce((found, match, at) => (match > matches[found] ? at : found), 0);
      const image = await samples.read(ids[best]);
      const took = performance.now() - start;
      this.#steps.push({ ids, matches, id: ids[best], match: matches[best], image, took });
      this.#add(this.#steps.length - 1);
    }
    const { id, match, took } = this.#steps.at(-1);
    this.#app.say(
      `Step ${this.#steps.length} found #${id}, which matches by ${match.toFixed(3)}, in ${took.toFixed(1)} ms`,
    );
  }

  #add(number) {
    const step = this.#steps[number];
    const button = tile(step.image, `${number + 1}: #${step.id}`, () => this.#show(number));
    button.append(element('span', { textContent: step.match.toFixed(3) }));
    button.dataset.took = step.took;
    byId('steps').append(button);
    this.#show(number);
  }

  #show(number) {
    this.#shown = number;
    [...byId('steps').children].forEach((button, i) => button.setAttribute('aria-pressed', String(i === this.#shown)));
    this.#app.showMatches(this.#steps[number]);
  }
}
