package io.kanerva.runtime.session;

import io.kanerva.runtime.*;
import io.kanerva.runtime.ModelSettings.Writer;
import io.kanerva.runtime.bundle.Signature;
import io.kanerva.runtime.bundle.Sizes;
import io.kanerva.runtime.math.Normal;
import io.kanerva.runtime.math.Posterior;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** What all kinds of calls share: the model, their limit, the checks, and how large ones go in parts. */
final class Calls {

    /** 64 MiB for a run's largest tensors: more takes memory, but is no faster. */
    private static final long PART_FLOATS = 1 << 24;

    /** Numbers that are drawn between two looks at the limit: some milliseconds. */
    private static final int DRAWN = 1 << 16;

    /** The scale of pointers where it matters: the quantile of 3/4, which reads verbatim. */
    private static final float VERBATIM = (float) Normal.quantile(0.75);

    final Sessions sessions;
    final ModelSettings settings;
    final Posterior posterior;
    final Limit limit;

    /** Of memories that grow; null for others. */
    final BlockCopier slots;

    private final String modelId;

    /** The most images that one run takes. */
    private final int most;

    /** @param most 0 for what fits into 64 MiB */
    Calls(Bundle bundle, Sessions sessions, Limit limit, int most) {
        this.sessions = sessions;
        this.limit = limit;
        settings = bundle.settings();
        this.most = most > 0 ? most : (int) Math.max(1, PART_FLOATS / Sizes.largest(settings));
        modelId = bundle.modelId();
        posterior = new Posterior(settings);
        slots = settings.grows() ? new BlockCopier(settings) : null;
    }

    boolean isHeap() {
        return settings.writer() == Writer.HEAP;
    }

    int most() {
        return most;
    }

    StoredMemory memory(FloatTensor planes, FloatTensor pointers) {
        return new StoredMemory(planes, pointers, modelId);
    }

    /** The rows of slots that memories have. */
    int slotRows(StoredMemory memory) {
        return settings.slotRows(memory.memory().dimension(2));
    }

    /** The scale of the pointers that the host makes. */
    float scale() {
        return settings.scaleCells() == 2 ? VERBATIM : 0;
    }

    Workspace begin(Plan plan, int batch, int count, StoredMemory memory) {
        return sessions.begin(plan, batch, count, memory, limit);
    }

    /** The next numbers of a sampler, as {@link NormalSampler#tensor}, within the limit. */
    FloatTensor draw(Plan plan, NormalSampler sampler, int... shape) {
        FloatTensor numbers = FloatTensor.zeros(shape);
        for (int i = 0; i < numbers.size(); i++) {
            if (i % DRAWN == 0) {
                limit.check(plan.label());
            }
            numbers.data()[i] = (float) sampler.next();
        }
        return numbers;
    }

    /** Whether one run takes a call of that size. */
    boolean fits(int... sizes) {
        return (long) sizes[0] * sizes[1] <= most;
    }

    /**
     * Does a call, in parts if it is too large for one run, and puts their results [b, n, ...] together to [B, N, ...].
     *
     * @param sizes B and N
     * @param cutsCounts whether the samples or queries of an episode do not depend on each other
     */
    List<FloatTensor> inParts(int[] sizes, boolean cutsCounts, Function<Part, List<FloatTensor>> call) {
        if (fits(sizes)) {
            return call.apply(new Part(0, sizes[0], 0, sizes[1]));
        }
        List<FloatTensor> whole = new ArrayList<>();
        for (Part part : Part.of(sizes[0], sizes[1], most, cutsCounts)) {
            List<FloatTensor> made = call.apply(part);
            for (int i = 0; i < made.size(); i++) {
                if (whole.size() == i) {
                    int[] shape = made.get(i).shape();
                    shape[0] = sizes[0];
                    shape[1] = sizes[1];
                    whole.add(FloatTensor.zeros(shape));
                }
                part.into(whole.get(i), made.get(i));
            }
        }
        return whole;
    }

    /** The same of calls with one result whose samples or queries do not depend on each other. */
    FloatTensor oneInParts(int[] sizes, Function<Part, FloatTensor> call) {
        return inParts(sizes, true, part -> List.of(call.apply(part))).get(0);
    }

    /** Does a call that makes memories in parts and puts them together. */
    StoredMemory memoryInParts(int[] sizes, Function<Part, StoredMemory> call) {
        List<FloatTensor> whole = new ArrayList<>();
        for (Part part : Part.of(sizes[0], sizes[1], most, false)) {
            StoredMemory made = call.apply(part);
            List<FloatTensor> tensors = List.of(made.memory(), made.pointers());
            for (int i = 0; i < tensors.size(); i++) {
                if (whole.size() == i) {
                    int[] shape = tensors.get(i).shape();
                    shape[0] = sizes[0];
                    whole.add(FloatTensor.zeros(shape));
                }
                part.rowsInto(whole.get(i), tensors.get(i));
            }
        }
        return memory(whole.get(0), whole.get(1));
    }

    void checkModel(StoredMemory memory) {
        if (!memory.modelId().equals(modelId)) {
            throw new TensorException(
                    "memory: expected one of model %s, found one of model %s", modelId, memory.modelId());
        }
    }

    static void checkRows(String place, StoredMemory memory, FloatTensor images) {
        if (images.dimension(0) != memory.episodes()) {
            throw new TensorException(
                    "%s: expected %d rows, one for each memory, found shape %s",
                    place, memory.episodes(), images.shape());
        }
    }

    int checkedSamples(long samples) {
        checkCapacity(samples);
        return Math.toIntExact(samples);
    }

    void checkCapacity(long samples) {
        if (slots != null && samples > settings.capacity()) {
            throw new CapacityException(
                    "out of memory: expected at most %d samples in one memory, which is then of 2^28 values, found %d",
                    settings.capacity(), samples);
        }
        if (samples > settings.capacity()) {
            throw new CapacityException(
                    "out of memory: %d samples, %d slots (%d rows x %d columns, %d per sample)",
                    samples,
                    settings.slotRows() * settings.slotColumns(),
                    settings.slotRows(),
                    settings.slotColumns(),
                    settings.keys());
        }
    }

    static void checkShape(String place, FloatTensor tensor, int... expected) {
        if (!Arrays.equals(tensor.shape(), expected)) {
            throw new TensorException("%s: expected shape %s, found %s", place, expected, tensor.shape());
        }
        Signature.requireFinite(place, tensor);
    }
}
