// Writes images into a memory, mends damaged ones, draws sixteen new ones: example.mjs BUNDLE IMAGES DAMAGED OUT, where
// images are files of bytes, and OUT gets the recalled and the new images as float32.
import { readFileSync, writeFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { Kanerva } from 'kanerva';
import { folder } from 'kanerva/node';

const [bundle, images, damaged, out] = process.argv.slice(2);
const kanerva = await Kanerva.load(folder(bundle), ort);
const [episode, queries] = [images, damaged].map((file) => {
  const data = Float32Array.from(readFileSync(file), (pixel) => pixel / 255);
  const shape = kanerva.settings.imageShape;
  return { data, dims: [1, data.length / shape.reduce((a, b) => a * b), ...shape] };
});

const memory = await kanerva.write(episode);
const recall = await kanerva.recall(memory, queries, 3);
const dream = await kanerva.generate(memory, 16, 7n);

writeFileSync(out, Buffer.concat([recall.images, dream.images].map(({ data }) => new Uint8Array(data.buffer))));
await kanerva.release();
