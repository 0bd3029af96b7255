// Writes seven patterns with a bundle, and finds each of them again.
import * as ort from 'onnxruntime-node';
import { Kanerva } from 'kanerva';
import { folder } from 'kanerva/node';

const stripe = (i) => Math.floor((i % 784) / 112) === Math.floor(i / 784);
const data = Float32Array.from({ length: 7 * 784 }, (_, i) => (stripe(i) ? 1 : 0));
const stripes = { data, dims: [1, 7, 1, 28, 28] };
const kanerva = await Kanerva.load(folder(process.argv[2]), ort);
const found = await kanerva.lookUp(await kanerva.write(stripes), stripes);
console.log(JSON.stringify(Array.from(found.samples, Number)));
await kanerva.release();
