const COMPONENTS = 10;
const LEVELS = 255;
const SCALE_LIMIT = 7;

/** Returns the pixels' means [B, Q, Cx, Hx, Wx] in [0, 1] for the decoder's output [B, Q, P, Hx, Wx]. */
export function means(settings, logits) {
  if (settings.likelihood === 'bernoulli') {
    return { data: logits.data.map((logit) => 1 / (1 + Math.exp(-logit))), dims: logits.dims };
  }
  requireMixture(settings);
  const [channels] = settings.imageShape;
  const [b, q, numbers, height, width] = logits.dims;
  const places = height * width;
  const data = new Float32Array(b * q * channels * places);
  for (let n = 0; n < b * q; n++) {
    for (let place = 0; place < places; place++) {
      const parameter = (number) => logits.data[(n * numbers + number) * places + place];
      pixelMeans(parameter, channels, settings.neighbours ?? 0).forEach((mean, c) => {
        data[(n * channels + c) * places + place] = mean;
      });
    }
  }
  return { data, dims: [b, q, channels, height, width] };
}

/** Returns -ln p of images [B, Q, Cx, Hx, Wx] under the decoder's output, in nats: a Float64Array [B * Q]. */
export function negativeLogLikelihood(settings, images, logits) {
  const rows = images.dims[0] * images.dims[1];
  const size = images.data.length / rows;
  if (settings.likelihood === 'bernoulli') {
    return Float64Array.from({ length: rows }, (_, n) => {
      let nats = 0;
      for (let i = n * size; i < (n + 1) * size; i++) {
        nats += softplus(logits.data[i]) - images.data[i] * logits.data[i];
      }
      return nats;
    });
  }
  requireMixture(settings);
  const numbers = logits.data.length / rows;
  return Float64Array.from({ length: rows }, (_, n) =>
    mixtureNats(
      settings,
      images.data.subarray(n * size, (n + 1) * size),
      logits.data.subarray(n * numbers, (n + 1) * numbers),
    ),
  );
}

function requireMixture({ likelihood }) {
  if (likelihood !== 'discretized_logistic_mixture') {
    throw new Error(`likelihood: expected bernoulli or discretized_logistic_mixture, found ${likelihood}`);
  }
}

/** The number of mixture parameters per pixel; those of reconstruction and neighbours follow. */
const mixtureEnd = (channels) => COMPONENTS * (1 + 2 * channels + (channels * (channels - 1)) / 2);

/** Returns -ln p of one image [C, H, W] under its parameters [P, H, W]. */
function mixtureNats({ imageShape: [channels, height, width], neighbours = 0 }, image, numbers) {
  const places = height * width;
  const end = mixtureEnd(channels);
  const near = neighbourPlaces(neighbours);
  const levels = Array.from(image, (value) => Math.round(value * LEVELS));
  const values = levels.map((level) => (2 * level) / LEVELS - 1);
  const reconstruction = (c, place) => (neighbours > 0 ? numbers[(end + c) * places + place] : 0);
  const errors = values.map((value, i) => value - reconstruction(Math.floor(i / places), i % places));
  let nats = 0;
  for (let place = 0; place < places; place++) {
    const parameter = (number) => numbers[number * places + place];
    const [y, x] = [Math.floor(place / width), place % width];
    const logits = Array.from({ length: COMPONENTS }, (_, m) => parameter(m));
    const joint = [...logits];
    for (let c = 0; c < channels; c++) {
      let base = reconstruction(c, place);
      near.forEach(([row, column], n) => {
        if (y + row >= 0 && x + column >= 0 && x + column < width) {
          for (let d = 0; d < channels; d++) {
            base +=
              parameter(end + channels + (c * neighbours + n) * channels + d) *
              errors[d * places + (y + row) * width + x + column];
          }
        }
      });
      for (let m = 0; m < COMPONENTS; m++) {
        let mean = base + parameter((1 + c) * COMPONENTS + m);
        for (let d = 0; d < c; d++) {
          mean +=
            Math.tanh(parameter((1 + 2 * channels + (c * (c - 1)) / 2 + d) * COMPONENTS + m)) *
            errors[d * places + place];
        }
        const logScale = Math.max(-SCALE_LIMIT, Math.min(SCALE_LIMIT, parameter((1 + channels + c) * COMPONENTS + m)));
        joint[m] += logMass(levels[c * places + place], values[c * places + place], mean, logScale);
      }
    }
    nats += logSumExp(logits) - logSumExp(joint);
  }
  return nats;
}

/** Offsets (rows, columns) from the pixel, by distance; within one, both sides row by row upwards, then the top row. */
export function neighbourPlaces(neighbours) {
  const places = [];
  for (let far = 1; far <= 3; far++) {
    places.push([0, -far]);
    for (let row = 1; row < far; row++) {
      places.push([-row, -far], [-row, far]);
    }
    for (let column = -far; column <= far; column++) {
      places.push([-far, column]);
    }
  }
  return places.slice(0, neighbours);
}

/** Returns ln of a logistic distribution's mass at a level, without cancellation. */
function logMass(level, value, mean, logScale) {
  const inverse = Math.exp(-logScale);
  const middle = (value - mean) * inverse;
  const half = inverse / LEVELS;
  if (level === 0) {
    return -softplus(-middle - half);
  }
  return level === LEVELS
    ? -softplus(middle - half)
    : middle - softplus(middle + half) - softplus(middle - half) + Math.log(2 * Math.sinh(half));
}

const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function logSumExp(values) {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** Averages the components' means, clamped to [-1, 1], by the mixture's weights. A channel depends on those before it;
 * neighbours' errors count as 0.
 */
function pixelMeans(parameter, channels, neighbours) {
  const end = mixtureEnd(channels);
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
