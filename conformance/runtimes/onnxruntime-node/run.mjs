// Runs ONNX test cases on ONNX Runtime in Node.js; the protocol is in ../README.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { decodeTensor, encodeTensor, Limit } from '../tensor-files.mjs';

async function open(model, optimisations) {
  return ort.InferenceSession.create(model, {
    graphOptimizationLevel: optimisations === 'on' ? 'all' : 'disabled',
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
}

/** Runs a case, writes its outputs, and returns the milliseconds that the engine took. */
async function run(session, inputs, outputs) {
  const feeds = {};
  session.inputNames.forEach((name, i) => {
    const file = join(inputs, `input_${i}.pb`);
    if (existsSync(file)) {
      const tensor = decodeTensor(readFileSync(file));
      feeds[name] = new ort.Tensor(tensor.type, tensor.data, tensor.dims);
    }
  });
  const start = performance.now();
  const results = await session.run(feeds);
  const taken = performance.now() - start;
  mkdirSync(outputs, { recursive: true });
  session.outputNames.forEach((name, i) => {
    if (!(results[name] instanceof ort.Tensor)) {
      throw new Limit(`the JavaScript adapter passes tensors only, and output '${name}' is none`);
    }
    const { type, dims, data } = results[name];
    writeFileSync(join(outputs, `output_${i}.pb`), encodeTensor(name, type, dims, data));
  });
  return taken;
}

const oneLine = (problem) => String(problem?.message ?? problem).replace(/\s+/g, ' ');

const version = ort.env.versions.node ?? ort.env.versions.common;
console.log(`about\tonnxruntime-node ${version}, Node.js ${process.versions.node}`);
let loaded = null;
const jobs = readFileSync(process.argv[2], 'utf8')
  .split('\n')
  .filter((line) => line !== '');
for (const [number, line] of jobs.entries()) {
  const [model, inputs, outputs, optimisations] = line.split('\t');
  try {
    if (loaded === null || loaded.model !== model || loaded.optimisations !== optimisations) {
      const previous = loaded;
      loaded = null;
      await previous?.session.release();
      loaded = { model, optimisations, session: await open(model, optimisations) };
    }
    const taken = await run(loaded.session, inputs, outputs);
    console.log(`done\t${number}\t${taken}`);
  } catch (problem) {
    console.log(`${problem instanceof Limit ? 'cannot' : 'failed'}\t${number}\t${oneLine(problem)}`);
  }
}
