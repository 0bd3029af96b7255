// Pictures at random keys, and along the line between two samples' keys.
import { byId, element, tile, whole } from './elements.mjs';

export class Reading {
  #app;

  constructor(app) {
    this.#app = app;
    byId('generate').onclick = () => app.act(() => this.#generate());
    byId('between').onclick = () => app.act(() => this.#between());
  }

  /** Offers the samples as ends of a line, and drops pictures of another memory. */
  forget() {
    const ids = this.#app.samples.ids();
    [byId('from'), byId('to')].forEach((select, end) => {
      select.replaceChildren(...ids.map((id) => element('option', { value: id, textContent: `#${id}` })));
      select.value = String(ids.at(-end) ?? '');
    });
    byId('between-hint').textContent =
      this.#app.settings.addressing === 'dereferenced'
        ? 'A key of this model reads the whole block of the slot in which it lands: pictures change from slot to slot.'
        : 'A key of this model reads a window anywhere, so pictures on the way mix their neighbours.';
    byId('dreams').replaceChildren();
    byId('path').replaceChildren();
    this.#app.showKeys();
  }

  async #generate() {
    const { samples } = this.#app;
    const count = whole(byId('count'), 'Pictures');
    const seed = whole(byId('seed'), 'Seed');
    const { images, keys } = await samples.generate(count, seed);
    byId('path').replaceChildren();
    this.#fill(byId('dreams'), images);
    await this.#app.showKeys(keys);
    this.#app.say(`${count} pictures at random keys of seed ${seed}`);
  }

  async #between() {
    const { samples } = this.#app;
    const parts = whole(byId('parts'), 'Pictures');
    const { memory, places } = await samples.layout();
    const [from, to] = ['from', 'to'].map((end) => {
      const { place } = places.find(({ id }) => String(id) === byId(end).value);
      return samples.keyOf(memory, place);
    });
    const keys = Array.from({ length: parts }, (_, i) =>
      from.map((number, axis) => number + (i / (parts - 1)) * (to[axis] - number)),
    );
    byId('dreams').replaceChildren();
    this.#fill(byId('path'), await samples.readKeys(keys));
    await this.#app.showKeys(keys, true);
    this.#app.say(`${parts} pictures from #${byId('from').value} to #${byId('to').value}`);
  }

  /** Shows pictures, each of which can become the drawing. */
  #fill(place, images) {
    place.replaceChildren(
      ...images.map((image, i) =>
        tile(image, String(i + 1), () => {
          this.#app.draw(image);
          this.#app.say(`Picture ${i + 1} is the drawing now`);
        }),
      ),
    );
  }
}
