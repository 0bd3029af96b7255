package io.kanerva.runtime;

import java.util.ArrayList;
import java.util.List;

/**
 * One public call: it owns every tensor that its graph runs need and frees them all on {@link #close}; until then the
 * sessions cannot be closed. Used by one thread.
 */
final class Call implements AutoCloseable {

    private final Sessions sessions;
    private final List<PinnedTensors> owned = new ArrayList<>();
    private final List<RecallPlan> borrowed = new ArrayList<>();

    /** Leaves the sessions, which the caller has entered, on close. */
    Call(Sessions sessions) {
        this.sessions = sessions;
    }

    /**
     * Tensors with a graph's inputs in them.
     *
     * @param inputs one value an input, in the graph's order
     * @throws TensorException if one has the wrong shape or values, or two disagree
     */
    PinnedTensors tensors(Graph graph, FloatTensor... inputs) {
        int[][] shapes = new int[inputs.length][];
        for (int i = 0; i < inputs.length; i++) {
            shapes[i] = inputs[i].shape();
        }
        PinnedTensors tensors = new PinnedTensors(sessions, sessions.signature(graph).bind(shapes));
        owned.add(tensors);
        tensors.put(graph, inputs);
        return tensors;
    }

    /** A plan for Q queries in each of the memories, for as long as this call. */
    RecallPlan plan(ModelSettings settings, Memory memory, int queries) {
        RecallPlan plan = sessions.borrowPlan(settings, memory, queries);
        borrowed.add(plan);
        return plan;
    }

    /** Checks that images have the encoder's shape and lie in [0, 1]. */
    void requireImages(FloatTensor images) {
        Signature encoder = sessions.signature(Graph.ENCODER);
        encoder.bind(images.shape());
        encoder.requireValues(Graph.IMAGES, images);
    }

    /** Frees everything and lets the sessions go. */
    @Override
    public void close() {
        try {
            for (PinnedTensors tensors : owned) {
                tensors.close();
            }
            for (RecallPlan plan : borrowed) {
                sessions.giveBack(plan);
            }
        } finally {
            sessions.leave();
        }
    }
}
