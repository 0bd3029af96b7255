// The standard normal distribution, and which slot a dereferenced key lands on.

/** Evaluates a polynomial, lowest coefficient first. */
const polynomial = (coefficients, x) => coefficients.reduceRight((value, coefficient) => value * x + coefficient, 0);

const CENTRE = [
  [3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
    4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3],
  [1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
    2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3],
];
const TAIL = [
  [1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
    1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4],
  [1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
    1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9],
];

/**
 * The number below which a standard normal one lies with probability p, 1e-11 < p < 1 - 1e-11 (Wichura, Algorithm AS 241, routine PPND16,
 * Applied Statistics 37, 1988).
 */
export function quantile(p) {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRE[0], r)) / polynomial(CENTRE[1], r);
  }
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p))) - 1.6;
  return (Math.sign(q) * polynomial(TAIL[0], r)) / polynomial(TAIL[1], r);
}

/**
 * The probability that a standard normal number is below x: near 0 a series all of whose terms have one sign (Marsaglia, Evaluating the
 * normal distribution, 2004), in the tails Laplace's continued fraction.
 */
export function cdf(x) {
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  const size = Math.abs(x);
  if (size < 3) {
    let [term, sum] = [x, x];
    for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
      term *= (x * x) / odd;
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = size;
  for (let level = 60; level >= 1; level--) {
    fraction = size + level / fraction;
  }
  const tail = density === 0 ? 0 : density / fraction;
  return x < 0 ? tail : 1 - tail;
}

/** Which of so many cells of equal prior mass a coordinate lies in: how many of their float32 boundaries are below it. */
export function cellFinder(cells) {
  const boundaries = Float32Array.from({ length: Math.max(0, cells - 1) }, (_, m) => quantile((m + 1) / cells));
  return (at) => boundaries.reduce((count, boundary) => count + (boundary < at ? 1 : 0), 0);
}

/** The slot of a key's x and y in a grid: row * columns + column. */
export function slotFinder(rows, columns) {
  const [column, row] = [cellFinder(columns), cellFinder(rows)];
  return (x, y) => row(y) * columns + column(x);
}
