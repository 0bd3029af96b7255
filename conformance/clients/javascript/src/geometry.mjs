// The standard normal distribution.

/** Returns the standard normal distribution function at x: near 0 by a series whose terms all have the same sign
 * (Marsaglia, Evaluating the normal distribution, 2004), in the tails by Laplace's continued fraction.
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
