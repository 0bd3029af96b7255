// Content search by the correlation of images.

const MEAN_WEIGHT = 0.1;

/** Each image's pixels minus their mean, then a fraction of the mean, scaled to unit length; zeros for a uniform 0.5. */
export function standardised(images) {
  const rows = images.dims[0] * images.dims[1];
  const length = images.data.length / rows;
  const features = Array.from({ length: rows }, (_, row) => {
    const pixels = Float64Array.from(images.data.subarray(row * length, (row + 1) * length));
    const mean = pixels.reduce((sum, pixel) => sum + pixel, 0) / length;
    const feature = new Float64Array(length + 1);
    feature.set(pixels.map((pixel) => pixel - mean));
    feature[length] = MEAN_WEIGHT * Math.sqrt(length) * (mean - 0.5);
    const norm = Math.sqrt(feature.reduce((sum, value) => sum + value * value, 0));
    return norm === 0 ? feature : feature.map((value) => value / norm);
  });
  return features;
}

/** Finds standardised queries among standardised samples: { samples: [B * Q], scores: { data, dims: [B, Q, T] } }. */
export function search(queries, samples, b, q, t) {
  const scores = new Float32Array(b * q * t);
  const best = new Int32Array(b * q);
  for (let query = 0; query < b * q; query++) {
    const row = Array.from({ length: t }, (_, i) => {
      const sample = samples[Math.floor(query / q) * t + i];
      return Math.min(
        1,
        Math.max(
          -1,
          queries[query].reduce((sum, value, j) => sum + value * sample[j], 0),
        ),
      );
    });
    scores.set(row, query * t);
    best[query] = row.indexOf(Math.max(...row));
  }
  return { samples: best, scores: { data: scores, dims: [b, q, t] } };
}
