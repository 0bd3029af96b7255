const COMPONENTS = 10;

/** The images that the decoder's output [B, Q, P, Hx, Wx] stands for, [B, Q, Cx, Hx, Wx] in [0, 1]: the pixels' means. */
export function means(settings, logits) {
  if (settings.likelihood === 'bernoulli') {
    return { data: logits.data.map((logit) => 1 / (1 + Math.exp(-logit))), dims: logits.dims };
  }
  if (settings.likelihood !== 'discretized_logistic_mixture') {
    throw new Error(`likelihood: expected bernoulli or discretized_logistic_mixture, found ${settings.likelihood}`);
  }
  const [channels] = settings.imageShape;
  const [b, q, numbers, height, width] = logits.dims;
  const places = height * width;
  const data = new Float32Array(b * q * channels * places);
  for (let n = 0; n < b * q; n++) {
    for (let place = 0; place < places; place++) {
      const pixel = pixelMeans((number) => logits.data[(n * numbers + number) * places + place], channels, settings.neighbours ?? 0);
      pixel.forEach((mean, c) => { data[(n * channels + c) * places + place] = mean; });
    }
  }
  return { data, dims: [b, q, channels, height, width] };
}

/** Each component's means limited to [-1, 1], a channel's given those before it, weighted by the mixture; neighbours' errors count as 0. */
function pixelMeans(parameter, channels, neighbours) {
  const end = COMPONENTS * (1 + 2 * channels + (channels * (channels - 1)) / 2);
  const logits = Array.from({ length: COMPONENTS }, (_, m) => parameter(m));
  const largest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - largest));
  const sum = weights.reduce((a, w) => a + w, 0);
  const means = new Array(channels).fill(0);
  for (let m = 0; m < COMPONENTS; m++) {
    const before = [];
    for (let c = 0; c < channels; c++) {
      const base = neighbours > 0 ? parameter(end + c) : 0;
      let mean = base + parameter((1 + c) * COMPONENTS + m);
      before.forEach((moved, d) => {
        mean += Math.tanh(parameter((1 + 2 * channels + (c * (c - 1)) / 2 + d) * COMPONENTS + m)) * moved;
      });
      mean = Math.max(-1, Math.min(1, mean));
      before.push(mean - base);
      means[c] += ((weights[m] / sum) * (mean + 1)) / 2;
    }
  }
  return means;
}
