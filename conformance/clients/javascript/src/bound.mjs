// The posteriors of keys and latents and their KL divergences from the priors, in float64 (see conformance/SAMPLER.md).
import { cdf, quantile } from './geometry.mjs';

const CELL_MARGIN = 1e-6;

/** Returns mean + exp(logVariance / 2) noise as a float32 tensor. */
export function gaussian(mean, logVariance, noise) {
  return {
    data: mean.data.map((value, i) => value + Math.exp(0.5 * logVariance.data[i]) * noise.data[i]),
    dims: mean.dims,
  };
}

/** Samples keys [B, T, K, 3] from the posterior; dereferenced ones are in their pointers' slots. */
export function posteriorKeys(settings, mean, logVariance, pointers, noise) {
  const data = mean.data.map((value, i) => {
    const offset = value + Math.exp(0.5 * logVariance.data[i]) * noise.data[i];
    if (settings.addressing === 'continuous') {
      return pointers.data[i] + offset;
    }
    if (i % 3 > 0) {
      return pointers.data[i];
    }
    if ((settings.scaleCells ?? 1) === 1) {
      return offset;
    }
    const share = Math.min(Math.max(cdf(offset), CELL_MARGIN), 1 - CELL_MARGIN);
    return quantile(((pointers.data[i] > 0 ? 1 : 0) + share) / 2);
  });
  return { data, dims: mean.dims };
}

/** Returns KL(q(Y|X) || p(Y)) of each sample in nats, in memories of slotRows rows of slots: a Float64Array [B * T]. */
export function klKeys(settings, mean, logVariance, pointers, slotRows) {
  const dereferenced = settings.addressing === 'dereferenced';
  const cells = slotRows * settings.slotColumns * (settings.scaleCells ?? 1);
  const choice = dereferenced ? settings.keys * Math.log(cells) : 0;
  return sums(
    mean,
    (i) => {
      const centre = mean.data[i] + (dereferenced ? 0 : pointers.data[i]);
      const v = logVariance.data[i];
      return 0.5 * (centre * centre + Math.exp(v) - 1 - v);
    },
    choice,
  );
}

/** Returns KL(q(Z|X) || p(Z|M,Y)) of each sample in nats: a Float64Array [B * T]. */
export function klLatent(mean, logVariance, priorMean, priorLogVariance) {
  return sums(mean, (i) => {
    const difference = mean.data[i] - priorMean.data[i];
    const [v, prior] = [logVariance.data[i], priorLogVariance.data[i]];
    return 0.5 * (Math.exp(v - prior) + difference * difference * Math.exp(-prior) - 1 + prior - v);
  });
}

/** Sums a term over each sample's values. */
function sums({ data, dims: [b, t] }, term, start = 0) {
  const totals = new Float64Array(b * t).fill(start);
  const size = data.length / totals.length;
  for (let i = 0; i < data.length; i++) {
    totals[Math.floor(i / size)] += term(i);
  }
  return totals;
}
