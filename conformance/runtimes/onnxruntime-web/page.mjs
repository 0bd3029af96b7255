// The part that runs in the browser; ./run.mjs calls globalThis.run for each case.
import * as ort from '/ort.mjs';
import { decodeTensor, encodeTensor, Limit } from '/tensor-files.mjs';

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = '/';
ort.env.logLevel = 'fatal';

const provider = location.search === '?webgpu' ? 'webgpu' : 'wasm';
let loaded = null;

async function bytes(path) {
  const response = await fetch(path);
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}

async function open({ number, model, optimisations, weights }) {
  if (loaded !== null && loaded.model === model && loaded.optimisations === optimisations) {
    return loaded.session;
  }
  const previous = loaded;
  loaded = null;
  await previous?.session.release();
  const externalData = [];
  for (const name of weights) {
    externalData.push({ path: name, data: await bytes(`/${number}/beside/${encodeURIComponent(name)}`) });
  }
  const session = await ort.InferenceSession.create(await bytes(`/${number}/model.onnx`), {
    executionProviders: [provider],
    graphOptimizationLevel: optimisations === 'on' ? 'all' : 'disabled',
    logSeverityLevel: 4,
    ...(externalData.length > 0 ? { externalData } : {}),
  });
  loaded = { model, optimisations, session };
  return session;
}

/** Runs a case and posts its outputs; returns how it ended, and how long the engine took or why. */
globalThis.run = async (job) => {
  const { number } = job;
  try {
    const session = await open(job);
    const feeds = {};
    for (const [i, name] of session.inputNames.entries()) {
      const file = await bytes(`/${number}/input_${i}.pb`);
      if (file !== null) {
        const tensor = decodeTensor(file);
        feeds[name] = new ort.Tensor(tensor.type, tensor.data, tensor.dims);
      }
    }
    const start = performance.now();
    const results = await session.run(feeds);
    const milliseconds = performance.now() - start;
    for (const [i, name] of session.outputNames.entries()) {
      const { type, dims, data } = results[name];
      await fetch(`/${number}/output_${i}.pb`, { method: 'POST', body: encodeTensor(name, type, dims, data) });
    }
    return { kind: 'done', milliseconds };
  } catch (problem) {
    return { kind: problem instanceof Limit ? 'cannot' : 'failed', why: String(problem?.message ?? problem) };
  }
};

globalThis.version = ort.env.versions.web ?? ort.env.versions.common;
globalThis.ready = true;
