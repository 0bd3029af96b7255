// Images, { data: Float32Array, dims: [C, H, W] } with values in [0, 1], as canvases and from files.

/** An image of zeros. */
export const blank = (dims) => ({ data: new Float32Array(dims[0] * dims[1] * dims[2]), dims });

/** Black and white where the model knows nothing else. */
export const settled = (image, binary) =>
  binary ? { ...image, data: image.data.map((value) => (value >= 0.5 ? 1 : 0)) } : image;

/** The images of a tensor [..., C, H, W]. */
export function imagesOf({ data, dims }) {
  const shape = dims.slice(-3);
  const size = shape[0] * shape[1] * shape[2];
  return Array.from({ length: data.length / size }, (_, i) => ({
    data: data.slice(i * size, (i + 1) * size),
    dims: shape,
  }));
}

/** Images as a tensor [N, C, H, W]. */
export function stacked(images) {
  const size = images[0].data.length;
  const data = new Float32Array(images.length * size);
  images.forEach((image, i) => data.set(image.data, i * size));
  return { data, dims: [images.length, ...images[0].dims] };
}

/** Draws an image, a canvas pixel for each of its pixels. */
export function paint(canvas, { data, dims: [channels, height, width] }) {
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      pixels.data[4 * i + c] = Math.round(255 * data[channels === 3 ? c * width * height + i : i]);
    }
    pixels.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d').putImageData(pixels, 0, 0);
}

/** A picture file as an image of these dims: its middle, scaled. Dark ink on light paper becomes light on dark where
 * the model has one channel.
 */
export async function fromFile(file, dims) {
  const [channels, height, width] = dims;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch (problem) {
    throw new Error(`${file.name}: expected a picture that the browser reads, found another file`, { cause: problem });
  }
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  const side = Math.min(bitmap.width / width, bitmap.height / height);
  const [w, h] = [side * width, side * height];
  context.drawImage(bitmap, (bitmap.width - w) / 2, (bitmap.height - h) / 2, w, h, 0, 0, width, height);
  bitmap.close();
  const pixels = context.getImageData(0, 0, width, height).data;
  const image = blank(dims);
  for (let i = 0; i < width * height; i++) {
    const [red, green, blue, alpha] = pixels.subarray(4 * i, 4 * i + 4);
    const levels = [red, green, blue].map((level) => (level * alpha) / 255 / 255);
    if (channels === 3) {
      levels.forEach((level, c) => (image.data[c * width * height + i] = level));
    } else {
      image.data[i] = 0.299 * levels[0] + 0.587 * levels[1] + 0.114 * levels[2];
    }
  }
  return channels === 1 && isPaper(image) ? { dims, data: image.data.map((value) => 1 - value) } : image;
}

/** Whether the rim is light. */
function isPaper({ data, dims: [, height, width] }) {
  const rim = Array.from(data).filter((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  });
  return rim.reduce((sum, value) => sum + value, 0) > rim.length / 2;
}

/** An image in which a share of the pixels is replaced by black or white, as uniform numbers from random() say. */
export function noisy({ data, dims }, share, random) {
  const area = dims[1] * dims[2];
  const spoilt = data.slice();
  for (let i = 0; i < area; i++) {
    const [draw, level] = [random(), random() < 0.5 ? 0 : 1];
    for (let c = 0; draw < share && c < dims[0]; c++) {
      spoilt[c * area + i] = level;
    }
  }
  return { data: spoilt, dims };
}

/** An image whose left half is black. */
export const halved = ({ data, dims }) => ({
  data: data.map((value, i) => (i % dims[2] < dims[2] / 2 ? 0 : value)),
  dims,
});
