package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.*;
import io.kanerva.runtime.math.ContentSearch;
import java.util.ArrayList;
import java.util.List;

/** Calls that look queries up, and read what they find. */
public final class RecallCalls {

    /** All results are kept. */
    private static final int MAX_ITERATIONS = 10_000;

    private final Calls calls;
    private final ReadCalls reads;

    RecallCalls(Calls calls, ReadCalls reads) {
        this.calls = calls;
        this.reads = reads;
    }

    /** A look-up of a heap's queries; to be closed. */
    public Workspace beginLookUp(int queries) {
        return calls.begin(Plan.LOOK_UP, 1, queries, null);
    }

    public Lookup lookUp(StoredMemory memory, FloatTensor queries) {
        checkQueries(memory, queries);
        return lookUpChecked(memory, queries);
    }

    private Lookup lookUpChecked(StoredMemory memory, FloatTensor queries) {
        try (Workspace workspace = calls.begin(Plan.LOOK_UP, memory.episodes(), queries.dimension(1), null)) {
            return lookUp(workspace, memory, queries);
        }
    }

    private Lookup lookUp(Workspace workspace, StoredMemory memory, FloatTensor queries) {
        int batch = workspace.batch();
        int count = workspace.count();
        FloatTensor keys = FloatTensor.zeros(batch, count, calls.settings.keys(), 3);
        FloatTensor scores = FloatTensor.zeros(batch, count);
        int[] samples = new int[batch * count];
        workspace.recaller().lookUp(memory, queries.data(), samples, scores.data(), keys.data());
        return new Lookup(samples, scores, keys);
    }

    public Recall recall(StoredMemory memory, FloatTensor queries, int iterations) {
        if (iterations > MAX_ITERATIONS) {
            throw new TensorException("recall: iterations: expected at most %d, found %d", MAX_ITERATIONS, iterations);
        }
        checkQueries(memory, queries);
        return calls.fits(memory.episodes(), queries.dimension(1))
                ? recallChecked(memory, queries, iterations)
                : recallInParts(memory, queries, iterations);
    }

    private Recall recallChecked(StoredMemory memory, FloatTensor queries, int iterations) {
        Lookup[] lookups = new Lookup[iterations];
        FloatTensor[] steps = new FloatTensor[iterations];
        FloatTensor images = queries;
        if (reads.isLarge(memory)) {
            for (int i = 0; i < iterations; i++) {
                lookups[i] = lookUpChecked(memory, images);
                images = reads.images(memory, lookups[i].keys());
                steps[i] = images;
            }
            return new Recall(List.of(lookups), List.of(steps));
        }
        try (Workspace workspace = calls.begin(Plan.RECALL, memory.episodes(), queries.dimension(1), memory)) {
            for (int i = 0; i < iterations; i++) {
                lookups[i] = lookUp(workspace, memory, images);
                images = FloatTensor.zeros(queries.shape());
                workspace.recaller().read(memory, lookups[i].keys().data(), images.data());
                steps[i] = images;
            }
            return new Recall(List.of(lookups), List.of(steps));
        }
    }

    /** Of each iteration, in order: the scores, the keys and the images; the samples beside them. */
    private Recall recallInParts(StoredMemory memory, FloatTensor queries, int iterations) {
        int[] sizes = {memory.episodes(), queries.dimension(1)};
        int[][] samples = new int[iterations][sizes[0] * sizes[1]];
        List<FloatTensor> made = calls.inParts(sizes, true, part -> {
            Recall recalled = recallChecked(part.of(memory), part.of(queries), iterations);
            List<FloatTensor> tensors = new ArrayList<>();
            for (int i = 0; i < iterations; i++) {
                Lookup lookup = recalled.lookups().get(i);
                tensors.addAll(
                        List.of(lookup.scores(), lookup.keys(), recalled.steps().get(i)));
                for (int row = 0; row < part.episodes(); row++) {
                    int to = (part.episode() + row) * sizes[1] + part.first();
                    System.arraycopy(lookup.samples(), row * part.count(), samples[i], to, part.count());
                }
            }
            return tensors;
        });
        List<Lookup> lookups = new ArrayList<>();
        List<FloatTensor> steps = new ArrayList<>();
        for (int i = 0; i < iterations; i++) {
            lookups.add(new Lookup(samples[i], made.get(3 * i), made.get(3 * i + 1)));
            steps.add(made.get(3 * i + 2));
        }
        return new Recall(lookups, steps);
    }

    /** To be freed by the caller. */
    public Workspace prepareRecall(StoredMemory memory, int queries) {
        calls.checkModel(memory);
        index(memory);
        return calls.sessions.prepare(Plan.RECALL, memory.episodes(), queries, memory);
    }

    /** Checks queries for these memories, and makes the memories ready to be searched. */
    private void checkQueries(StoredMemory memory, FloatTensor queries) {
        calls.checkModel(memory);
        calls.sessions.signature(ENCODER).check(queries);
        Calls.checkRows("queries", memory, queries);
        index(memory);
    }

    /** Reads a memory's samples back, to be searched. */
    private void index(StoredMemory memory) {
        if (memory.contents() == null) {
            memory.contents(new ContentSearch(reads.images(memory, memory.pointers())));
        }
    }
}
