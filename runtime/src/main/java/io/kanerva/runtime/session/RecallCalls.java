package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.*;
import io.kanerva.runtime.math.ContentSearch;
import java.util.List;

/** Calls that look queries up, and return what they find. */
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
        try (Workspace workspace = calls.begin(Plan.LOOK_UP, memory.episodes(), queries.dimension(1), null)) {
            return lookUp(workspace, memory, queries);
        }
    }

    private Lookup lookUp(Workspace workspace, StoredMemory memory, FloatTensor queries) {
        int count = workspace.count();
        int each = calls.settings.keys() * 3;
        FloatTensor keys = FloatTensor.zeros(workspace.batch(), count, calls.settings.keys(), 3);
        FloatTensor scores = FloatTensor.zeros(workspace.batch(), count);
        int[] samples = new int[workspace.batch() * count];
        workspace.recaller().lookUp(memory, queries.data(), samples, scores.data());
        for (int query = 0; query < samples.length; query++) {
            int from = (query / count * memory.samples() + samples[query]) * each;
            System.arraycopy(memory.pointers().data(), from, keys.data(), query * each, each);
        }
        return new Lookup(samples, scores, keys);
    }

    public Recall recall(StoredMemory memory, FloatTensor queries, int iterations) {
        if (iterations > MAX_ITERATIONS) {
            throw new TensorException("recall: iterations: expected at most %d, found %d", MAX_ITERATIONS, iterations);
        }
        checkQueries(memory, queries);
        Lookup[] lookups = new Lookup[iterations];
        FloatTensor[] steps = new FloatTensor[iterations];
        FloatTensor images = queries;
        try (Workspace workspace = calls.begin(Plan.RECALL, memory.episodes(), queries.dimension(1), null)) {
            for (int i = 0; i < iterations; i++) {
                lookups[i] = lookUp(workspace, memory, images);
                images = FloatTensor.zeros(queries.shape());
                int[] samples = lookups[i].samples();
                for (int query = 0; query < samples.length; query++) {
                    int to = query * calls.settings.image().floats();
                    workspace.recaller().image(memory, query, samples, images.data(), to);
                }
                steps[i] = images;
            }
            return new Recall(List.of(lookups), List.of(steps));
        }
    }

    /** To be freed by the caller. */
    public Workspace prepareRecall(StoredMemory memory, int queries) {
        calls.checkModel(memory);
        int image = calls.settings.image().floats();
        if ((double) memory.episodes() * queries * image > Integer.MAX_VALUE) {
            throw new TensorException(
                    "prepareRecall: expected queries of at most %d values in all, found %d x %d of %d",
                    Integer.MAX_VALUE, memory.episodes(), queries, image);
        }
        index(memory);
        return calls.sessions.prepare(Plan.RECALL, memory.episodes(), queries, null);
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
