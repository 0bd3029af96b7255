// Runs complete pipelines on bundles. The protocol is that of conformance/runtimes, with a bundle's folder as model;
// ../python/run.py lists the inputs and outputs.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { decodeTensor, encodeTensor } from '../../runtimes/tensor-files.mjs';
import { encodeMemory, Kanerva, NormalSampler } from './src/index.mjs';
import { folder } from './src/node.mjs';

async function run(bundle, inputs, outputs) {
  const given = readdirSync(inputs)
    .sort()
    .map((file) => decodeTensor(readFileSync(join(inputs, file))));
  const kanerva = await Kanerva.load(folder(bundle), ort);
  try {
    const results = await (given.length === 2 ? score : pipeline)(kanerva, ...given);
    Object.entries(results).forEach(([name, { data, dims }], i) =>
      writeFileSync(join(outputs, `output_${i}.pb`), encodeTensor(name, 'float32', dims, data)),
    );
  } finally {
    await kanerva.release();
  }
}

async function pipeline(kanerva, episodes, queries, keys, seed) {
  const memory = await kanerva.loadMemory(await encodeMemory(await kanerva.write(episodes)));
  const dream = await kanerva.generate(memory, 8, seed.data[0]);
  return {
    memory: memory.memory,
    pointers: memory.pointers,
    read: await kanerva.read(memory, keys),
    recalled: (await kanerva.recall(memory, queries, 3)).images,
    generated: dream.images,
    generated_keys: dream.keys,
    normals: new NormalSampler(seed.data[0]).tensor(1000),
  };
}

async function score(kanerva, episodes, seed) {
  const { reconstruction, klKeys, klLatent } = await kanerva.bound(episodes, seed.data[0]);
  const dims = episodes.dims.slice(0, 2);
  return {
    reconstruction: { data: reconstruction, dims },
    kl_keys: { data: klKeys, dims },
    kl_latent: { data: klLatent, dims },
  };
}

const version = ort.env.versions.node ?? ort.env.versions.common;
console.log(`about\tonnxruntime-node ${version}, Node.js ${process.versions.node}`);
const jobs = readFileSync(process.argv[2], 'utf8')
  .split('\n')
  .filter((text) => text !== '');
for (const [number, line] of jobs.entries()) {
  const [bundle, inputs, outputs] = line.split('\t');
  try {
    await run(bundle, inputs, outputs);
    console.log(`done\t${number}`);
  } catch (problem) {
    console.log(`failed\t${number}\t${String(problem?.message ?? problem).replace(/\s+/g, ' ')}`);
  }
}
