package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.*;
import io.kanerva.runtime.bundle.Signature;
import io.kanerva.runtime.math.Values;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;

/** Calls that read at keys, given or drawn, and decode. */
public final class ReadCalls {

    /** 4 MiB: the graphs get smaller memories as a whole, from tensors that keep them between calls. */
    private static final int LARGE_FLOATS = 1 << 20;

    private final Calls calls;

    ReadCalls(Calls calls) {
        this.calls = calls;
    }

    /**
     * Where a read finds its blocks.
     *
     * @param memory what the graphs get
     * @param keys the keys in it
     */
    private record Source(StoredMemory memory, FloatTensor keys) {}

    /** Whether to read from a copy of the blocks that are read, rather than to hand all of them to the graphs. */
    private boolean isLarge(StoredMemory memory) {
        return calls.slots != null && memory.memory().size() > LARGE_FLOATS;
    }

    /**
     * A memory and keys, or, if it is large, memories [B, C, H', W] of the blocks that keys [B, Q, K, 3] name alone, in
     * their order: so a read costs the same whatever the memories' size.
     */
    private Source source(StoredMemory memory, FloatTensor keys) {
        if (!isLarge(memory)) {
            return new Source(memory, keys);
        }
        int each = keys.dimension(1) * calls.settings.keys();
        float[] blocks = new float[Math.multiplyExact(keys.size() / 3, calls.slots.floats())];
        for (int i = 0; i < keys.size() / 3; i++) {
            long slot = calls.slots.slot(keys.data(), 3 * i);
            calls.slots.get(memory.memory(), i / each, slot, blocks, i * calls.slots.floats());
        }
        return placed(blocks, keys);
    }

    /** Memories of blocks, [B, Q, K, C, h, w] in all, and keys with the scales of those given, which name them. */
    private Source placed(float[] blocks, FloatTensor keys) {
        int[] shape = keys.shape();
        int each = shape[1] * shape[2];
        Planes planes = calls.settings.memory();
        FloatTensor memory =
                FloatTensor.zeros(shape[0], planes.channels(), calls.settings.memoryHeight(shape[1]), planes.width());
        FloatTensor renamed = FloatTensor.zeros(shape);
        for (int i = 0; i < shape[0] * each; i++) {
            calls.slots.put(blocks, i * calls.slots.floats(), memory, i / each, i % each);
            calls.slots.name(keys.data()[3 * i], i % each, renamed.data(), 3 * i, 1);
        }
        return new Source(calls.memory(memory, renamed), renamed);
    }

    public Reading read(StoredMemory memory, FloatTensor keys) {
        calls.checkModel(memory);
        int[] sizes = calls.sessions.signature(READER).check(memory.memory(), keys);
        checkNames(memory, keys);
        List<FloatTensor> made = calls.inParts(sizes, true, part -> read(part, memory, keys));
        return new Reading(made.get(0), made.get(1), made.get(2));
    }

    private List<FloatTensor> read(Part part, StoredMemory memory, FloatTensor keys) {
        Source source = source(part.of(memory), part.of(keys));
        try (Workspace workspace = calls.begin(Plan.READ, part.episodes(), part.count(), source.memory())) {
            workspace.hold(source.memory());
            workspace.put(KEYS, source.keys());
            workspace.run();
            return List.of(workspace.get(TRACES), workspace.get(PRIOR_MEAN), workspace.get(PRIOR_LOG_VARIANCE));
        }
    }

    /** Checks that dereferenced keys name slots that the memories have. */
    private void checkNames(StoredMemory memory, FloatTensor keys) {
        int rows = calls.slotRows(memory);
        int columns = calls.settings.slotColumns();
        for (int i = 0; calls.slots != null && i < keys.size(); i += 3) {
            float column = keys.data()[i + 1];
            float row = keys.data()[i + 2];
            boolean isWhole = column == (int) column && row == (int) row;
            if (!(isWhole && column >= 0 && column < columns && row >= 0 && row < rows)) {
                throw new TensorException(
                        "reader input 'keys': expected slots of %d rows and %d columns, found row %s, column %s at %s",
                        rows,
                        columns,
                        row,
                        column,
                        Signature.index(i / 3, keys.dimension(0), keys.dimension(1), keys.dimension(2)));
            }
        }
    }

    /** Images at keys [B, Q, K, 3] of a memory, decoded at the prior's mean: [B, Q, Cx, Hx, Wx]. */
    FloatTensor images(StoredMemory memory, FloatTensor keys) {
        int[] sizes = {memory.episodes(), keys.dimension(1)};
        return calls.oneInParts(sizes, part -> images(source(part.of(memory), part.of(keys))));
    }

    private FloatTensor images(Source source) {
        FloatTensor keys = source.keys();
        try (Workspace workspace = calls.begin(Plan.INDEX, keys.dimension(0), keys.dimension(1), source.memory())) {
            workspace.hold(source.memory());
            workspace.put(POINTERS, keys);
            workspace.run();
            return workspace.images(CONTENTS);
        }
    }

    /**
     * Images of blocks of a memory that grows: [1, N, Cx, Hx, Wx].
     *
     * @param blocks N K C h w values
     */
    public FloatTensor images(float[] blocks, int count) {
        FloatTensor keys = FloatTensor.zeros(1, count, calls.settings.keys(), 3);
        for (int i = 0; i < keys.size(); i += 3) {
            keys.data()[i] = calls.scale();
        }
        return calls.oneInParts(new int[] {1, count}, part -> images(placed(part(blocks, part), part.of(keys))));
    }

    private float[] part(float[] blocks, Part part) {
        int each = calls.settings.keys() * calls.slots.floats();
        return Arrays.copyOfRange(blocks, part.first() * each, (part.first() + part.count()) * each);
    }

    public FloatTensor sampleKeys(Encoding encoding, StoredMemory memory, FloatTensor noise) {
        calls.checkModel(memory);
        int[] shape = memory.pointers().shape();
        Calls.checkShape("sampleKeys: encoding", encoding.keyMean(), shape);
        Calls.checkShape("sampleKeys: encoding", encoding.keyLogVariance(), shape);
        Calls.checkShape("sampleKeys: noise", noise, shape);
        FloatTensor keys =
                calls.posterior.sample(encoding.keyMean(), encoding.keyLogVariance(), memory.pointers(), noise);
        int first = Values.firstNotFinite(keys.data());
        if (first >= 0) {
            throw new InferenceException(
                    null,
                    "sampleKeys: expected finite keys, found %s at %s: the encoding's variances are too large",
                    keys.data()[first],
                    Signature.index(first, shape));
        }
        return keys;
    }

    public FloatTensor decode(FloatTensor latent, FloatTensor traces) {
        int[] sizes = calls.sessions.signature(DECODER).check(latent, traces);
        return calls.oneInParts(sizes, part -> {
            try (Workspace workspace = calls.begin(Plan.DECODE, part.episodes(), part.count(), null)) {
                workspace.put(LATENT, part.of(latent));
                workspace.put(TRACES, part.of(traces));
                workspace.run();
                return workspace.get(LOGITS);
            }
        });
    }

    /**
     * Draws from the decoder's output, image by image in order.
     *
     * @param draws makes images of some of it
     */
    public FloatTensor sample(FloatTensor logits, UnaryOperator<FloatTensor> draws) {
        calls.limit.check("sample");
        checkLogits(logits);
        return calls.oneInParts(new int[] {logits.dimension(0), logits.dimension(1)}, part -> {
            calls.limit.check("sample");
            return draws.apply(part.of(logits));
        });
    }

    private void checkLogits(FloatTensor logits) {
        int[] shape = logits.shape();
        boolean isBatch = shape.length == 5;
        TensorDescription expected = calls.sessions.signature(DECODER).outputs().get(0);
        Calls.checkShape(
                "sample: logits", logits, Signature.shape(expected, isBatch ? shape[0] : 1, isBatch ? shape[1] : 1, 0));
    }

    /** @param progress receives the number of images drawn so far */
    public Generation generate(StoredMemory memory, int count, NormalSampler sampler, IntConsumer progress) {
        calls.checkModel(memory);
        Planes image = calls.settings.image();
        int most = (Integer.MAX_VALUE - 8) / image.floats() / memory.episodes();
        if (count > most) {
            throw new TensorException(
                    "generate: count: expected at most %d, since all images are one tensor, found %d", most, count);
        }
        FloatTensor keys = priorKeys(memory.episodes(), count, memory.samples(), place -> place, sampler);
        FloatTensor noise = calls.draw(Plan.GENERATE, sampler, memory.episodes(), count, calls.settings.latent());
        int[] done = new int[1];
        FloatTensor images = calls.oneInParts(new int[] {memory.episodes(), count}, part -> {
            FloatTensor made = generate(source(part.of(memory), part.of(keys)), part.of(noise));
            done[0] += part.episodes() * part.count();
            progress.accept(done[0]);
            return made;
        });
        return new Generation(images, keys);
    }

    /** Keys [1, N, K, 3] drawn from the prior for a memory with samples at these places. */
    public FloatTensor priorKeys(int[] places, int count, NormalSampler sampler) {
        return priorKeys(1, count, places.length, sample -> places[sample], sampler);
    }

    private FloatTensor priorKeys(int episodes, int count, int samples, IntUnaryOperator place, NormalSampler sampler) {
        FloatTensor keys = calls.draw(Plan.GENERATE, sampler, episodes, count, calls.settings.keys(), 3);
        calls.posterior.toPrior(keys, samples, place);
        return keys;
    }

    /** The slot that a key names. */
    public int slot(FloatTensor keys, int key) {
        return (int) calls.slots.slot(keys.data(), 3 * key);
    }

    /**
     * Draws images from the blocks that keys [1, N, K, 3] name: [1, N, Cx, Hx, Wx].
     *
     * @param blocks N K C h w values
     */
    public FloatTensor generate(float[] blocks, FloatTensor keys, NormalSampler sampler) {
        int[] sizes = {1, keys.dimension(1)};
        FloatTensor noise = calls.draw(Plan.GENERATE, sampler, 1, sizes[1], calls.settings.latent());
        return calls.oneInParts(sizes, part -> generate(placed(part(blocks, part), part.of(keys)), part.of(noise)));
    }

    private FloatTensor generate(Source source, FloatTensor noise) {
        FloatTensor keys = source.keys();
        try (Workspace workspace = calls.begin(Plan.GENERATE, keys.dimension(0), keys.dimension(1), source.memory())) {
            workspace.hold(source.memory());
            workspace.put(NOISE, noise);
            if (calls.slots == null) {
                workspace.put(KEY_NOISE, keys);
            } else {
                workspace.put(POINTERS, keys);
                workspace.put(KEY_NOISE, inOrder(keys));
            }
            workspace.run();
            return workspace.images(GENERATED);
        }
    }

    /** Noise [B, N, K, 3] that chooses the keys themselves, in order, for the graph that draws from among pointers. */
    private static FloatTensor inOrder(FloatTensor keys) {
        int images = keys.dimension(1);
        int each = keys.dimension(2);
        FloatTensor noise = FloatTensor.zeros(keys.shape());
        for (int i = 0; i < keys.size() / 3; i++) {
            noise.data()[3 * i] = keys.data()[3 * i];
            noise.data()[3 * i + 1] = (i / each % images + 0.5f) / images;
            noise.data()[3 * i + 2] = (i % each + 0.5f) / each;
        }
        return noise;
    }
}
