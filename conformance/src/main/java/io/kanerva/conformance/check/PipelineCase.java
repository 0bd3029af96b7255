package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.tensor.ElementType;
import io.kanerva.conformance.tensor.TensorValue;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Generation;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.NormalSampler;
import io.kanerva.runtime.Reading;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A whole pipeline as a case: write, save and load, read, recall and generate, as {@link Kanerva} does it in this process. The clients in other
 * languages (folders of {@code conformance/clients}) run it with a bundle's folder in the place of the model; their images must be the
 * same ones.
 */
public final class PipelineCase {
    private static final int GENERATED = 8;
    private static final int ITERATIONS = 3;
    private static final int NORMALS = 1000;

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
    public static Case make(Path bundle, Kanerva kanerva, FloatTensor episodes, long seed, Path scratch) throws IOException {
        FloatTensor queries = damaged(episodes, new NormalSampler(seed));
        FloatTensor keys = new NormalSampler(seed + 1).tensor(episodes.dimension(0), 5, kanerva.bundle().settings().keys(), 3);
        Path inputs = scratch.resolve("pipeline-" + seed);
        int i = 0;
        for (TensorValue input : List.of(value("episodes", episodes), value("queries", queries), value("keys", keys), seed(seed))) {
            input.write(inputs.resolve("input_" + i++ + ".pb"));
        }
        Memory memory = kanerva.write(episodes);
        Reading reading = kanerva.read(memory, keys);
        Generation generated = kanerva.generate(memory, GENERATED, seed);
        List<TensorValue> expected = List.of(value("memory", memory.memory()), value("pointers", memory.pointers()), value("traces", reading.traces()),
                value("prior_mean", reading.priorMean()), value("recalled", kanerva.recall(memory, queries, ITERATIONS).images()),
                value("generated", generated.images()), value("generated_keys", generated.keys()), value("normals", new NormalSampler(seed).tensor(NORMALS)));
        return new Case("pipeline", "seed " + seed, bundle, Precision.FLOAT32, inputs, expected, Optional.empty());
    }

    /** Every pixel with a normal number above 1.5, one in fifteen, is turned to its contrary. */
    private static FloatTensor damaged(FloatTensor images, NormalSampler sampler) {
        float[] pixels = images.data().clone();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = sampler.next() > 1.5 ? 1 - pixels[i] : pixels[i];
        }
        return new FloatTensor(pixels, images.shape());
    }

    private static TensorValue value(String name, FloatTensor tensor) {
        return TensorValue.of(name, tensor.data(), Arrays.stream(tensor.shape()).asLongStream().toArray());
    }

    private static TensorValue seed(long seed) {
        return TensorValue.of("seed", ElementType.INT64, ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(seed).array(), 1);
    }
}
