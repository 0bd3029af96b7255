// What a model's settings say of memories: how many samples they take, and what their files must hold.

const VERBATIM = 0.6744897501960817; // the quantile of 3/4, the scale of a pointer that reads verbatim
const MAX_VALUES = 2 ** 28;
const MAX_ROWS = 2 ** 24; // float32 holds all smaller whole numbers, which name the rows of slots

/** Whether memories grow with their samples, row by row of slots. */
export const grows = ({ writer, addressing }) => writer === 'heap' && addressing === 'dereferenced';

/** The samples that one memory takes; of one that grows, as many as whole rows of 2^28 values hold. */
export function capacity(settings) {
  if (!grows(settings)) {
    return settings.capacity;
  }
  const { slotColumns: columns, blockShape: [c, h, w], keys } = settings;
  const rows = Math.min(MAX_ROWS, Math.floor(MAX_VALUES / (c * h * w * columns)));
  return Math.floor((rows * columns) / keys);
}

/** Throws an Error unless capacity and memory are those of the slots; a pooled memory also has a margin. */
export function checkSettings(settings) {
  const { slotRows: rows, slotColumns: columns, blockShape: [, h, w], keys, writer, memoryShape } = settings;
  const most = grows(settings) ? 0 : Math.floor((rows * columns) / keys);
  if (settings.capacity !== most) {
    throw new Error(
      `bundle.json: settings.capacity: expected ${most}, as its slots say, found ${settings.capacity}`,
    );
  }
  const [down, right] = [memoryShape[1] - rows * h, memoryShape[2] - columns * w];
  const isPooled = writer === 'pooled';
  const fits = isPooled ? down >= 2 && down <= h && right >= 2 && right <= w : down === 0 && right === 0;
  if (!fits && (isPooled || grows(settings))) { // continuous keys of a heap read anywhere
    const more = isPooled ? ', and a margin of 2 to a block' : '';
    throw new Error(
      `bundle.json: settings.memoryShape: expected ${rows * h},${columns * w}, as its slots take${more}, ` +
        `found ${memoryShape}`,
    );
  }
}

/** Throws an Error unless a file's memory has the model's sizes, finite values and, if it grows, its slots. */
export function checkFile(settings, { memory, pointers }, place = 'memory file') {
  const { slotColumns: columns, blockShape: [c, h, w], keys } = settings;
  const [, samples, k] = pointers.dims;
  const grown = [c, Math.ceil((samples * keys) / columns) * h, columns * w];
  const [found, wanted] = [[...memory.dims.slice(1), k], [...(grows(settings) ? grown : settings.memoryShape), keys]];
  const most = capacity(settings);
  if (found.join() !== wanted.join() || samples < 1 || samples > most || memory.dims[0] < 1) {
    throw new Error(
      `${place}: expected memories of 1 to ${most} samples, here [C, H, W, K] [${wanted.join(', ')}], ` +
        `found [${found.join(', ')}] of ${samples}`,
    );
  }
  for (const [name, { data }] of Object.entries({ memory, pointers })) {
    if (!data.every(Number.isFinite)) {
      throw new Error(`${place}: ${name}: expected finite values, found others`);
    }
  }
  if (grows(settings)) {
    checkNames(place, pointers, columns);
  }
}

function checkNames(place, { data, dims: [, t, k] }, columns) {
  for (let i = 0; i < data.length / 3; i++) {
    const slot = i % (t * k);
    const [column, row] = [slot % columns, Math.floor(slot / columns)];
    if (data[3 * i + 1] !== column || data[3 * i + 2] !== row) {
      const at = [Math.floor(i / (t * k)), Math.floor(slot / k), slot % k].join(', ');
      throw new Error(
        `${place}: pointers: expected the slot of column ${column}, row ${row} at [${at}], ` +
          `found column ${data[3 * i + 1]}, row ${data[3 * i + 2]}`,
      );
    }
  }
}

/** Calls back with each line of the blocks in a memory that grows: sample, place in its blocks, place in the memory. */
function forLines({ slotColumns: columns, blockShape: [c, h, w], keys }, samples, height, action) {
  for (let line = 0; line < samples * keys * c * h; line++) {
    const slot = Math.floor(line / (c * h));
    const row = (Math.floor(line / h) % c) * height + Math.floor(slot / columns) * h + (line % h);
    action(Math.floor(slot / keys), (line % (keys * c * h)) * w, row * columns * w + (slot % columns) * w);
  }
}

/** The blocks of one memory that grows, by sample: K blocks [C, h, w] each. */
export function blocksOf(settings, { memory, pointers }) {
  const { blockShape: [c, h, w], keys } = settings;
  const [, samples] = pointers.dims;
  const blocks = Array.from({ length: samples }, () => new Float32Array(keys * c * h * w));
  forLines(settings, samples, memory.dims[2], (sample, to, from) =>
    blocks[sample].set(memory.data.subarray(from, from + w), to),
  );
  return blocks;
}

/** One memory of blocks, sample by sample in its slots: { memory, pointers }, the inverse of blocksOf. */
export function placed(settings, blocks) {
  const { slotColumns: columns, blockShape: [c, h, w], keys, scaleCells } = settings;
  const height = Math.ceil((blocks.length * keys) / columns) * h;
  const data = new Float32Array(c * height * columns * w);
  forLines(settings, blocks.length, height, (sample, from, to) =>
    data.set(blocks[sample].subarray(from, from + w), to),
  );
  const scale = scaleCells === 2 ? VERBATIM : 0;
  const name = (_, slot) => [scale, slot % columns, Math.floor(slot / columns)];
  const names = Array.from({ length: blocks.length * keys }, name).flat();
  return {
    memory: { data, dims: [1, c, height, columns * w] },
    pointers: { data: Float32Array.from(names), dims: [1, blocks.length, keys, 3] },
  };
}
