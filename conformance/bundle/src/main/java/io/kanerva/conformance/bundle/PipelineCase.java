package io.kanerva.conformance.bundle;

import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.tensor.FloatTensors;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Generation;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.NormalSampler;
import io.kanerva.runtime.Reading;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whole pipelines as cases, as {@link Kanerva} does them in this process: write, save and load, read, recall and
 * generate; and the clean bound. The clients in other languages (folders of {@code conformance/clients}) run them with
 * a bundle's folder in the place of the model; their images and nats must be the same ones.
 */
public final class PipelineCase {
    private static final int GENERATED = 8;
    private static final int ITERATIONS = 3;
    private static final int NORMALS = 1000;
    /** Of a term of the bound: float64 on both sides, and graphs that give equal bits. */
    private static final Tolerance NATS = Tolerance.elements(1e-9, 1e-9);

    private PipelineCase() {}

    /**
     * Runs the pipeline and writes its inputs.
     *
     * @param bundle the folder
     * @param kanerva the same bundle, open
     * @param episodes images to write, [B, T, Cx, Hx, Wx]
     * @param seed of the damage to the queries, of keys from the prior, and of what is generated
     * @param scratch where the inputs are written
     * @throws IOException if they cannot be
     */
    public static Case make(Path bundle, Kanerva kanerva, FloatTensor episodes, long seed, Path scratch)
            throws IOException {
        FloatTensor queries = damaged(episodes, new NormalSampler(seed));
        FloatTensor keys = new NormalSampler(seed + 1)
                .tensor(episodes.dimension(0), 5, kanerva.bundle().settings().keys(), 3);
        Path inputs = write(
                scratch.resolve("pipeline-" + seed),
                FloatTensors.of("episodes", episodes),
                FloatTensors.of("queries", queries),
                FloatTensors.of("keys", keys),
                seed(seed));
        Memory memory = kanerva.write(episodes);
        Reading reading = kanerva.read(memory, keys);
        Generation generated = kanerva.generate(memory, GENERATED, seed);
        List<Tensor> expected = List.of(
                FloatTensors.of("memory", memory.memory()),
                FloatTensors.of("pointers", memory.pointers()),
                FloatTensors.of("traces", reading.traces()),
                FloatTensors.of("prior_mean", reading.priorMean()),
                FloatTensors.of(
                        "recalled", kanerva.recall(memory, queries, ITERATIONS).images()),
                FloatTensors.of("generated", generated.images()),
                FloatTensors.of("generated_keys", generated.keys()),
                FloatTensors.of("normals", new NormalSampler(seed).tensor(NORMALS)));
        return new Case("pipeline", "seed " + seed, bundle, Precision.FLOAT32, inputs, expected, Optional.empty());
    }

    /**
     * Scores episodes and writes the inputs, which are the episodes and the seed. Expected are the terms of the bound,
     * float64 [B, T] each: reconstruction, divergence of the keys, divergence of the latent.
     *
     * @param seed of the noise
     * @throws IOException if the inputs cannot be written
     */
    public static Case bound(Path bundle, Kanerva kanerva, FloatTensor episodes, long seed, Path scratch)
            throws IOException {
        Path inputs = write(scratch.resolve("bound-" + seed), FloatTensors.of("episodes", episodes), seed(seed));
        BoundTerms terms = kanerva.bound(episodes, seed);
        long[] shape = {episodes.dimension(0), episodes.dimension(1)};
        List<Tensor> expected = List.of(
                Tensor.of(ElementType.FLOAT64, terms.reconstruction(), shape).named("reconstruction"),
                Tensor.of(ElementType.FLOAT64, terms.klKeys(), shape).named("kl_keys"),
                Tensor.of(ElementType.FLOAT64, terms.klLatent(), shape).named("kl_latent"));
        return new Case("bound", "seed " + seed, bundle, Precision.FLOAT32, inputs, expected, Optional.of(NATS));
    }

    private static Path write(Path folder, Tensor... inputs) throws IOException {
        for (int i = 0; i < inputs.length; i++) {
            inputs[i].write(folder.resolve("input_" + i + ".pb"));
        }
        return folder;
    }

    /** Every pixel with a normal number above 1.5, one in fifteen, is turned to its contrary. */
    private static FloatTensor damaged(FloatTensor images, NormalSampler sampler) {
        float[] pixels = images.data().clone();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = sampler.next() > 1.5 ? 1 - pixels[i] : pixels[i];
        }
        return new FloatTensor(pixels, images.shape());
    }

    private static Tensor seed(long seed) {
        return Tensor.of(new long[] {seed}, 1).named("seed");
    }
}
