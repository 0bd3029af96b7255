package io.kanerva.runtime;

/**
 * Standard normal numbers from a seed, the same in every language.
 *
 * <p>Generator: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, <i>Parallel random numbers: as easy as 1, 2, 3</i>, SC
 * 2011), a bijection of a 128-bit counter under a 64-bit key. The key is the seed, low word first. The counter starts
 * at 0 and rises by 1 per block, low word first. One block gives four 32-bit words k0 to k3.
 *
 * <p>Transform: with u_i = (k_i + 0.5) * 2^-32 (k_i unsigned, u_i in (0, 1)), Box-Muller in float64 gives four numbers
 * per block, in this order:
 *
 * <pre>
 *   sqrt(-2 ln u0) cos(2 pi u1),  sqrt(-2 ln u0) sin(2 pi u1),
 *   sqrt(-2 ln u2) cos(2 pi u3),  sqrt(-2 ln u2) sin(2 pi u3)
 * </pre>
 *
 * <p>A float32 is the nearest to the double. {@link StrictMath} makes every bit the same on every JVM; the logarithms
 * and cosines of other languages differ by at most an ulp of the double.
 *
 * <p>Not thread-safe: use one sampler per thread.
 */
public final class NormalSampler {

    private final int key0;
    private final int key1;
    private long block;
    private final double[] normals = new double[4];
    private int used = normals.length;

    /** A sampler at the start of {@code seed}'s sequence. */
    public NormalSampler(long seed) {
        key0 = (int) seed;
        key1 = (int) (seed >>> 32);
    }

    /** The next number of the sequence. */
    public double next() {
        if (used == normals.length) {
            // 2^64 blocks outlast any program, so the counter's upper half stays 0.
            int[] words = philox((int) block, (int) (block >>> 32), 0, 0, key0, key1);
            block++;
            boxMuller(words[0], words[1], 0);
            boxMuller(words[2], words[3], 2);
            used = 0;
        }
        return normals[used++];
    }

    /**
     * The next numbers of the sequence as a tensor of that shape, in row-major order.
     *
     * @throws TensorException if a dimension is negative or there are more than a Java array holds
     */
    public FloatTensor tensor(int... shape) {
        FloatTensor tensor = FloatTensor.zeros(shape);
        for (int i = 0; i < tensor.size(); i++) {
            tensor.data()[i] = (float) next();
        }
        return tensor;
    }

    private void boxMuller(int radiusWord, int angleWord, int target) {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(uniform(radiusWord)));
        double angle = 2 * Math.PI * uniform(angleWord);
        normals[target] = radius * StrictMath.cos(angle);
        normals[target + 1] = radius * StrictMath.sin(angle);
    }

    private static double uniform(int word) {
        return (Integer.toUnsignedLong(word) + 0.5) * 0x1p-32;
    }

    /** Philox4x32 with ten rounds: the block of counter (c0, c1, c2, c3) under key (k0, k1). */
    static int[] philox(int c0, int c1, int c2, int c3, int k0, int k1) {
        for (int round = 0; round < 10; round++) {
            long product0 = 0xD2511F53L * Integer.toUnsignedLong(c0);
            long product1 = 0xCD9E8D57L * Integer.toUnsignedLong(c2);
            c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
            c1 = (int) product1;
            c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
            c3 = (int) product0;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return new int[] {c0, c1, c2, c3};
    }
}
