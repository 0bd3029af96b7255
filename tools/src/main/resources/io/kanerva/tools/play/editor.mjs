// An image that is drawn with a pointer or by keyboard.
import { blank } from './pictures.mjs';
import { element } from './elements.mjs';

const SCALE = 10;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Editor {
  #canvas = element('canvas', { className: 'editor', tabIndex: 0 });
  #erase = element('button', { type: 'button', textContent: 'Rubber' });
  #size = element('input', { type: 'range', min: 0.5, max: 3, step: 0.5, value: 1 });
  #colour = element('input', { type: 'color', value: '#f2b134' });
  #colourLabel = element('label', {}, 'Colour ', this.#colour);
  #pen = [0, 0];
  #last;
  #image = blank([1, 1, 1]);

  /** Puts an editor into a place of the page; the name says what it edits. */
  constructor(place, name, changed = () => {}) {
    this.name = name;
    this.changed = changed;
    const clear = element('button', { type: 'button', textContent: 'Clear', onclick: () => this.clear() });
    this.#erase.setAttribute('aria-pressed', 'false');
    this.#erase.onclick = () => this.#erase.setAttribute('aria-pressed', String(!this.#erasing));
    const size = element('label', {}, 'Brush ', this.#size);
    place.append(this.#canvas, element('div', { className: 'tools' }, this.#erase, size, this.#colourLabel, clear));
    this.#canvas.setAttribute('role', 'application');
    this.#canvas.onpointerdown = (event) => this.#down(event);
    this.#canvas.onpointermove = (event) => this.#move(event);
    this.#canvas.onpointerup = this.#canvas.onpointercancel = () => (this.#last = undefined);
    this.#canvas.onkeydown = (event) => this.#key(event);
    this.#canvas.onfocus = this.#canvas.onblur = () => this.#show();
  }

  get image() {
    return this.#image;
  }

  set image({ data, dims }) {
    const [channels, height, width] = dims;
    if (this.#image.dims.join() !== dims.join()) {
      this.#pen = [Math.floor(width / 2), Math.floor(height / 2)];
    }
    this.#image = { data: data.slice(), dims };
    this.#colourLabel.hidden = channels === 1;
    this.#canvas.setAttribute(
      'aria-label',
      `${this.name}, ${width} by ${height} pixels: arrows move the pen, Space paints, Shift with an arrow draws`,
    );
    this.#show();
  }

  clear() {
    this.image = blank(this.#image.dims);
    this.changed();
  }

  get #erasing() {
    return this.#erase.getAttribute('aria-pressed') === 'true';
  }

  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    const [, height, width] = this.#image.dims;
    return [
      ((event.clientX - box.left) / box.width) * width - 0.5,
      ((event.clientY - box.top) / box.height) * height - 0.5,
    ];
  }

  #down(event) {
    if (event.button === 0) {
      this.#canvas.setPointerCapture(event.pointerId);
      this.#last = this.#at(event);
      this.#stroke(this.#last, this.#last);
    }
  }

  #move(event) {
    if (this.#last) {
      const next = this.#at(event);
      this.#stroke(this.#last, next);
      this.#last = next;
    }
  }

  #key(event) {
    const step = STEPS[event.key];
    if (event.ctrlKey || event.altKey || event.metaKey || (!step && event.key !== ' ')) {
      return;
    }
    event.preventDefault();
    const before = this.#pen;
    if (step) {
      const [, height, width] = this.#image.dims;
      this.#pen = [
        Math.max(0, Math.min(width - 1, before[0] + step[0])),
        Math.max(0, Math.min(height - 1, before[1] + step[1])),
      ];
    }
    if (event.key === ' ' || event.shiftKey) {
      this.#stroke(before, this.#pen);
    } else {
      this.#show();
    }
  }

  /** Paints all pixels whose centres are within the brush of a line. */
  #stroke(from, to) {
    const { data, dims } = this.#image;
    const ink = this.#ink(dims[0]);
    forPixelsNear(from, to, Number(this.#size.value), dims, (pixel) =>
      ink.forEach((level, c) => (data[c * dims[1] * dims[2] + pixel] = level)),
    );
    this.#show();
    this.changed();
  }

  #ink(channels) {
    if (this.#erasing || channels === 1) {
      return Array(channels).fill(this.#erasing ? 0 : 1);
    }
    return [1, 3, 5].map((at) => Number.parseInt(this.#colour.value.slice(at, at + 2), 16) / 255);
  }

  #show() {
    const {
      data,
      dims: [channels, height, width],
    } = this.#image;
    [this.#canvas.width, this.#canvas.height] = [SCALE * width, SCALE * height];
    const context = this.#canvas.getContext('2d');
    for (let i = 0; i < width * height; i++) {
      const levels = [0, 1, 2].map((c) => Math.round(255 * data[channels === 3 ? c * width * height + i : i]));
      context.fillStyle = `rgb(${levels.join(' ')})`;
      context.fillRect(SCALE * (i % width), SCALE * Math.floor(i / width), SCALE, SCALE);
    }
    if (document.activeElement === this.#canvas) {
      context.strokeStyle = '#e06a00';
      context.lineWidth = 2;
      context.strokeRect(SCALE * this.#pen[0] - 1, SCALE * this.#pen[1] - 1, SCALE + 2, SCALE + 2);
    }
  }
}

/** Calls use for each pixel, by number, whose centre is within the radius of a line; places are (x, y) in pixels. */
export function forPixelsNear([x0, y0], [x1, y1], radius, [, height, width], use) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length));
      if (Math.hypot(x - x0 - along * dx, y - y0 - along * dy) <= radius) {
        use(y * width + x);
      }
    }
  }
}
