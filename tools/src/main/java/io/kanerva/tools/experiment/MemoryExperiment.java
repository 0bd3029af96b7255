package io.kanerva.tools.experiment;

import io.kanerva.conformance.bundle.BundleBound;
import io.kanerva.conformance.bundle.PhiloxNoise;
import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.Encoding;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Reading;
import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.NoiseSource;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The clean bound with another memory in the place of the one that was written: quantised, or another episode's. Keys,
 * latents and their noise stay those of {@link BundleBound}, so differences are the memory's alone.
 */
public final class MemoryExperiment {
    /** Where a memory file says at which byte its floats begin. */
    private static final int FLOATS_AT = 12;

    private static final int DIGEST_BYTES = 32;

    /** Memories that the ranges of the channels are measured on. */
    private static final int MEASURED = 32;

    private static final int RANGES = 40;

    /** How far a float may be from its level. */
    private static final float ROUNDING = 1e-6f;

    private final Kanerva kanerva;
    private final ModelSettings settings;
    private final List<Episode> episodes = new ArrayList<>();

    /** An episode that was written, and what does not depend on the memory that is read. */
    private record Episode(
            FloatTensor images,
            Encoding encoding,
            Memory memory,
            FloatTensor keys,
            FloatTensor latent,
            double[] klKeys) {}

    /**
     * The bound at one number of bits.
     *
     * @param bits per float of the memory
     * @param bitsPerImage of the whole memory, divided by the images that wrote it
     */
    public record Row(int bits, double bitsPerImage, BoundReport report) {}

    /**
     * Writes all episodes.
     *
     * @param seed of the noise, see {@link PhiloxNoise}
     * @param progress called with the number of episodes done
     */
    public MemoryExperiment(Kanerva kanerva, TestEpisodes test, long seed, IntConsumer progress) {
        this.kanerva = kanerva;
        settings = kanerva.bundle().settings();
        NoiseSource noise = new PhiloxNoise(seed);
        int t = test.length();
        int k = settings.keys();
        int d = settings.latent();
        for (int e = 0; e < test.count(); e++) {
            FloatTensor images = Pictures.of(test, e).tensor();
            FloatTensor keyNoise = new FloatTensor(noise.normals(NoiseSource.stream(e, 0, 0), t * k * 3), 1, t, k, 3);
            FloatTensor latentNoise = new FloatTensor(noise.normals(NoiseSource.stream(e, 0, 1), t * d), 1, t, d);
            Encoding encoding = kanerva.encode(images);
            Memory memory = kanerva.write(images);
            FloatTensor latent = FloatTensor.zeros(1, t, d);
            for (int i = 0; i < latent.size(); i++) {
                latent.data()[i] = (float) (encoding.latentMean().data()[i]
                        + Math.exp(0.5 * encoding.latentLogVariance().data()[i])
                                * latentNoise.data()[i]);
            }
            episodes.add(new Episode(
                    images,
                    encoding,
                    memory,
                    kanerva.sampleKeys(encoding, memory, keyNoise),
                    latent,
                    kanerva.bound(images, keyNoise, latentNoise).klKeys()));
            progress.accept(e + 1);
        }
    }

    /**
     * Every episode read from the memory of the next one, with its own keys: what the images cost if the memory says
     * nothing about them.
     *
     * @throws IllegalStateException if there is a single episode
     */
    public BoundReport swapped() {
        if (episodes.size() < 2) {
            throw new IllegalStateException("expected at least 2 episodes to swap the memories of, found 1");
        }
        return report(e -> episodes.get((e + 1) % episodes.size()).memory());
    }

    /** Every episode read from its own memory, as it was written. */
    public Row written() {
        return new Row(
                writtenBits(),
                bitsPerImage(writtenBits()),
                report(e -> episodes.get(e).memory()));
    }

    /** The bits of a float as it was written, see {@link #bits}. */
    public int writtenBits() {
        return bits(episodes.stream()
                .map(episode -> episode.memory().memory().data())
                .toList());
    }

    /**
     * The bits of memories' floats: the fewest whose levels, evenly spaced from -1 to 1, are all that there is, as in a
     * model that was trained for few bits; else 32. Zeros, where nothing was written, do not count.
     */
    static int bits(List<float[]> memories) {
        return IntStream.rangeClosed(1, Short.SIZE)
                .filter(bits -> memories.stream().allMatch(memory -> isOnLevels(memory, bits)))
                .findFirst()
                .orElse(Float.SIZE);
    }

    private static boolean isOnLevels(float[] memory, int bits) {
        double limit = 1 + 1 / (Math.scalb(1.0, bits) - 1);
        for (float value : memory) {
            if (Math.abs(quantised(value, limit, bits) - value) > ROUNDING) {
                return false;
            }
        }
        return true;
    }

    /**
     * Every episode read from its own memory, each float rounded to the nearest of 2^bits values, evenly spaced and
     * symmetric around 0. Each channel has its own range, the same in all memories: the one of the least squared error
     * over the first memories. Zeros, such as the margin around slots, stay.
     *
     * @param bits 1 to 16
     */
    public Row quantised(int bits) {
        double[] limits = limits(bits);
        return new Row(
                bits, bitsPerImage(bits), report(e -> quantised(episodes.get(e).memory(), limits, bits)));
    }

    private double bitsPerImage(int bits) {
        Memory memory = episodes.get(0).memory();
        return (double) memory.memory().size() * bits / memory.samples();
    }

    private BoundReport report(IntFunction<Memory> memories) {
        List<BoundTerms> terms = new ArrayList<>();
        for (int e = 0; e < episodes.size(); e++) {
            Episode episode = episodes.get(e);
            Reading reading = kanerva.read(memories.apply(e), episode.keys());
            FloatTensor logits = kanerva.decode(episode.latent(), reading.traces());
            terms.add(new BoundTerms(
                    settings.likelihood().negativeLogLikelihood(settings, episode.images(), logits),
                    episode.klKeys(),
                    klLatent(episode.encoding(), reading)));
        }
        return BundleBound.report(terms);
    }

    private static double[] klLatent(Encoding q, Reading p) {
        double[] sums = new double[q.latentMean().dimension(1)];
        int d = q.latentMean().dimension(2);
        for (int i = 0; i < q.latentMean().size(); i++) {
            double difference =
                    (double) q.latentMean().data()[i] - p.priorMean().data()[i];
            double v = q.latentLogVariance().data()[i];
            double prior = p.priorLogVariance().data()[i];
            sums[i / d] += 0.5 * (Math.exp(v - prior) + difference * difference * Math.exp(-prior) - 1 + prior - v);
        }
        return sums;
    }

    private double[] limits(int bits) {
        int channels = settings.memory().channels();
        int plane = episodes.get(0).memory().memory().size() / channels;
        List<float[]> memories = episodes.stream()
                .limit(MEASURED)
                .map(episode -> episode.memory().memory().data())
                .toList();
        double[] limits = new double[channels];
        for (int c = 0; c < channels; c++) {
            double most = 0;
            for (float[] memory : memories) {
                for (int i = c * plane; i < (c + 1) * plane; i++) {
                    most = Math.max(most, Math.abs(memory[i]));
                }
            }
            double least = Double.POSITIVE_INFINITY;
            for (int range = 1; range <= RANGES; range++) {
                double limit = most * range / RANGES;
                double error = 0;
                for (float[] memory : memories) {
                    for (int i = c * plane; i < (c + 1) * plane; i++) {
                        error += Math.pow(quantised(memory[i], limit, bits) - memory[i], 2);
                    }
                }
                if (error < least) {
                    least = error;
                    limits[c] = limit;
                }
            }
        }
        return limits;
    }

    /** The nearest of 2^bits values between -limit and limit, half a step off 0 and the ends; 0 stays. */
    static float quantised(float value, double limit, int bits) {
        if (value == 0 || limit == 0) {
            return value;
        }
        int half = 1 << (bits - 1);
        double step = limit / half;
        double index = Math.max(-half, Math.min(half - 1, Math.floor(value / step)));
        return (float) ((index + 0.5) * step);
    }

    private Memory quantised(Memory memory, double[] limits, int bits) {
        float[] floats = memory.memory().data();
        int plane = floats.length / limits.length;
        for (int i = 0; i < floats.length; i++) {
            floats[i] = quantised(floats[i], limits[i / plane], bits);
        }
        byte[] file = memory.toBytes();
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(bytes.getInt(FLOATS_AT))
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .put(floats);
        byte[] content = Arrays.copyOf(file, file.length - DIGEST_BYTES);
        bytes.position(content.length).put(sha256(content));
        return kanerva.loadMemory(file);
    }

    private static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
