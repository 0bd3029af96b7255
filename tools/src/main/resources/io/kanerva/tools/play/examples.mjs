// Pictures to begin with: clothes from the Fashion-MNIST test images that ship, otherwise strokes and shapes drawn
// here, since the other data sets do not ship.
import { forPixelsNear } from './editor.mjs';
import { blank } from './pictures.mjs';

const CLOTHES = new URL('./examples/t10k-images-idx3-ubyte.gz', import.meta.url);
const HEADER = 16;

/** Returns a function that gives the i-th example, i counted from 0, for a model; random gives uniform numbers. */
export async function examplesFor({ provenance, settings }, random) {
  const dims = settings.imageShape;
  if (provenance?.data === 'fashion-mnist' && dims.join() === '1,28,28') {
    const idx = await unzipped(CLOTHES);
    const size = dims[1] * dims[2];
    const count = (idx.length - HEADER) / size;
    return (i) => {
      const from = HEADER + (i % count) * size;
      return { data: Float32Array.from(idx.subarray(from, from + size), (level) => level / 255), dims };
    };
  }
  if (dims[0] === 3) {
    return () => shapes(dims, random);
  }
  return provenance?.data === 'omniglot'
    ? () => strokes(dims, character(random), 0.8)
    : (i) => strokes(dims, slanted(DIGITS[i % 10], random), 1.3);
}

/** A gzipped file; some web servers send it unzipped. */
async function unzipped(url) {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url.pathname}: expected the examples, found HTTP ${response.status}`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const stream = new Blob([bytes]).stream();
  return isZipped
    ? new Uint8Array(await new Response(stream.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer())
    : bytes;
}

const ring = (x, y, w, h, from = 0, to = 1) =>
  Array.from({ length: 17 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / 16);
    return [x + w * Math.sin(angle), y - h * Math.cos(angle)];
  });

/** Lines of each digit in a square of side 1. */
const DIGITS = [
  [ring(0.5, 0.5, 0.21, 0.33)],
  [
    [
      [0.37, 0.29],
      [0.53, 0.17],
      [0.53, 0.83],
    ],
  ],
  [[...ring(0.5, 0.35, 0.2, 0.19, -0.22, 0.3), [0.3, 0.83], [0.72, 0.83]]],
  [ring(0.48, 0.33, 0.18, 0.16, -0.2, 0.5), ring(0.48, 0.66, 0.21, 0.18, 0, 0.7)],
  [
    [
      [0.6, 0.83],
      [0.6, 0.17],
      [0.27, 0.62],
      [0.75, 0.62],
    ],
  ],
  [[[0.68, 0.18], [0.37, 0.18], [0.34, 0.46], ...ring(0.48, 0.63, 0.21, 0.21, -0.08, 0.66)]],
  [
    [
      [0.63, 0.17],
      [0.46, 0.3],
      [0.35, 0.48],
      [0.31, 0.66],
    ],
    ring(0.5, 0.66, 0.19, 0.17),
  ],
  [
    [
      [0.28, 0.19],
      [0.71, 0.19],
      [0.52, 0.5],
      [0.42, 0.84],
    ],
  ],
  [ring(0.5, 0.33, 0.16, 0.16), ring(0.5, 0.67, 0.2, 0.18)],
  [
    ring(0.5, 0.34, 0.19, 0.17),
    [
      [0.69, 0.34],
      [0.66, 0.55],
      [0.55, 0.83],
    ],
  ],
];

/** Lines that are turned, leant, scaled and moved a little. */
function slanted(lines, random) {
  const within = (most) => most * (2 * random() - 1);
  const [turn, lean, scale, right, down] = [within(0.15), within(0.2), 1 + within(0.1), within(0.05), within(0.05)];
  return lines.map((line) =>
    line.map(([x, y]) => {
      const [u, v] = [scale * (x - 0.5 + lean * (0.5 - y)), scale * (y - 0.5)];
      return [
        0.5 + right + u * Math.cos(turn) - v * Math.sin(turn),
        0.5 + down + u * Math.sin(turn) + v * Math.cos(turn),
      ];
    }),
  );
}

/** Two to four bent lines. */
function character(random) {
  const place = () => [0.15 + 0.7 * random(), 0.15 + 0.7 * random()];
  return Array.from({ length: 2 + Math.floor(3 * random()) }, () => {
    const [from, bend, to] = [place(), place(), place()];
    return Array.from({ length: 13 }, (_, i) => {
      const t = i / 12;
      return [0, 1].map((axis) => (1 - t) ** 2 * from[axis] + 2 * t * (1 - t) * bend[axis] + t * t * to[axis]);
    });
  });
}

function strokes(dims, lines, radius) {
  const image = blank(dims);
  const inPixels = ([x, y]) => [x * dims[2] - 0.5, y * dims[1] - 0.5];
  for (const line of lines) {
    line
      .slice(1)
      .forEach((to, i) =>
        forPixelsNear(inPixels(line[i]), inPixels(to), radius, dims, (pixel) => (image.data[pixel] = 1)),
      );
  }
  return image;
}

/** A disc or a bar on a ground that changes from top to bottom. */
function shapes(dims, random) {
  const [, height, width] = dims;
  const colour = () => [random(), random(), random()];
  const [top, bottom, ink] = [colour(), colour(), colour()];
  const image = blank(dims);
  const set = (pixel, levels) => levels.forEach((level, c) => (image.data[c * height * width + pixel] = level));
  for (let i = 0; i < height * width; i++) {
    const part = Math.floor(i / width) / (height - 1);
    set(
      i,
      top.map((level, c) => level + part * (bottom[c] - level)),
    );
  }
  const from = [width * (0.3 + 0.4 * random()), height * (0.3 + 0.4 * random())];
  const to = random() < 0.5 ? from : [width * random(), height * random()];
  forPixelsNear(from, to, width * (0.12 + 0.15 * random()), dims, (pixel) => set(pixel, ink));
  return image;
}
