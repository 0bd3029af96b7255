package io.kanerva.runtime;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * One public call: it owns every tensor that its graph runs need and frees them all on {@link #close}; until then the
 * sessions cannot be closed. Used by one thread.
 */
final class Call implements AutoCloseable {

    private final Sessions sessions;
    private final Deque<Runnable> owned = new ArrayDeque<>();

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
        PinnedTensors tensors = new PinnedTensors(
                sessions, sessions.signature(graph).bind(Arrays.stream(inputs).map(FloatTensor::shape).toList()));
        owned.push(tensors::close);
        tensors.put(graph, inputs);
        return tensors;
    }

    /** A plan for Q queries in each of the memories, for as long as this call. */
    RecallPlan plan(ModelSettings settings, Memory memory, int queries) {
        RecallPlan plan = sessions.borrowPlan(settings, memory, queries);
        owned.push(() -> sessions.giveBack(plan));
        return plan;
    }

    /** Checks that images have the encoder's shape and lie in [0, 1]. */
    void requireImages(FloatTensor images) {
        Signature encoder = sessions.signature(Graph.ENCODER);
        encoder.bind(List.of(images.shape()));
        encoder.requireValues(Graph.IMAGES, images);
    }

    /** Frees everything, the latest first, and lets the sessions go. */
    @Override
    public void close() {
        try {
            owned.forEach(Runnable::run);
        } finally {
            sessions.leave();
        }
    }
}
