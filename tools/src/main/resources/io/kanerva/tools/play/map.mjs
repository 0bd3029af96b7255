// The memory as a picture: how strong its values are, the blocks of its samples, and where keys landed.

const SCALE = 10;
const MAX_SIDE = 16_000; // browsers draw nothing on a canvas whose sides are too long

let scale = SCALE;

function resize(canvas, width, height) {
  scale = Math.min(SCALE, MAX_SIDE / Math.max(width, height));
  [canvas.width, canvas.height] = [scale * width, scale * height];
}

/** Draws a memory [1, C, H, W]: each pixel's root mean square over the channels, between the least and the largest of
 * those that are not empty.
 */
export function drawMemory(canvas, { memory, blocks, free, keys, line, selected, marked }) {
  const {
    data,
    dims: [, channels, height, width],
  } = memory;
  const strength = new Float32Array(height * width);
  data.forEach((value, i) => (strength[i % strength.length] += (value * value) / channels));
  const roots = strength.map(Math.sqrt);
  const most = roots.reduce((a, b) => Math.max(a, b));
  const least = roots.reduce((a, b) => (b > 0 ? Math.min(a, b) : a), most);
  const colours = theme();
  resize(canvas, width, height);
  const context = canvas.getContext('2d');
  for (let i = 0; i < roots.length; i++) {
    const share = roots[i] === 0 ? 0 : 0.15 + (0.85 * (roots[i] - least)) / (most - least || 1);
    context.fillStyle = mixed(colours.low, colours.high, share);
    context.fillRect(scale * (i % width), scale * Math.floor(i / width), scale, scale);
  }
  for (const window of free) {
    outline(context, window, colours.line, [6, 6]);
  }
  for (const { id, windows } of blocks) {
    for (const window of windows) {
      const isMarked = id === selected || id === marked;
      outline(context, window, isMarked ? colours.mark : colours.line, id === marked ? [12, 4] : [], isMarked ? 5 : 2);
      label(context, `#${id}`, scale * window[0] + 3, scale * window[1] + 3, colours.panel, colours.text);
    }
  }
  if (line) {
    context.strokeStyle = colours.mark;
    context.lineWidth = 3;
    context.beginPath();
    line.forEach((window) => context.lineTo(...middle(window)));
    context.stroke();
  }
  markKeys(context, keys, colours);
}

/** An empty memory of a size in pixels. */
export function drawNothing(canvas, width, height) {
  resize(canvas, width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = theme().low.text;
  context.fillRect(0, 0, canvas.width, canvas.height);
}

/** The pixel of the memory at a place of the canvas on the screen. */
export function pixelAt(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [
    ((event.clientX - box.left) / box.width) * (canvas.width / scale),
    ((event.clientY - box.top) / box.height) * (canvas.height / scale),
  ];
}

const middle = ([x, y, w, h]) => [scale * (x + w / 2), scale * (y + h / 2)];

function outline(context, [x, y, w, h], colour, dashes, thickness = 2) {
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.setLineDash(dashes);
  const inset = thickness / 2;
  context.strokeRect(scale * x + inset, scale * y + inset, scale * w - thickness, scale * h - thickness);
  context.setLineDash([]);
}

function label(context, text, x, y, ground, ink) {
  context.font = '600 17px system-ui, sans-serif';
  context.textBaseline = 'top';
  context.textAlign = 'left';
  context.fillStyle = ground;
  context.fillRect(x, y, context.measureText(text).width + 8, 20);
  context.fillStyle = ink;
  context.fillText(text, x + 4, y + 2);
}

/** Numbered discs; those that landed in the same window stand side by side. */
function markKeys(context, keys, colours) {
  const inWindow = new Map();
  context.font = '600 14px system-ui, sans-serif';
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  keys.forEach((window, i) => {
    const place = window.map((number) => number.toFixed(1)).join();
    const before = inWindow.get(place) ?? 0;
    inWindow.set(place, before + 1);
    const [x, y] = middle(window);
    const [right, down] = [before % 3, Math.floor(before / 3) % 3];
    const [dx, dy] = [[0, 22, -22][right], [8, -14, 25][down]];
    context.fillStyle = colours.mark;
    context.beginPath();
    context.arc(x + dx, y + dy, 11, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = colours.onMark;
    context.fillText(String(i + 1), x + dx, y + dy + 1);
  });
}

function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const numbers = (text) => [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
  const [low, high] = ['--map-low', '--map-high'].map((name) => ({
    text: colour(name),
    numbers: numbers(colour(name)),
  }));
  return {
    low,
    high,
    line: colour('--faint'),
    mark: colour('--mark'),
    onMark: colour('--on-mark'),
    panel: colour('--panel'),
    text: colour('--text'),
  };
}

const mixed = (low, high, share) =>
  `rgb(${low.numbers.map((level, c) => Math.round(level + share * (high.numbers[c] - level))).join(' ')})`;
