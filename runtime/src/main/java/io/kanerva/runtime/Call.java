package io.kanerva.runtime;

/**
 * One public call: it borrows the tensors that its graph runs need and gives them all back on {@link #close}; until
 * then the sessions cannot be closed. Used by one thread.
 */
final class Call implements AutoCloseable {

    private final Sessions sessions;

    /** The last of what was borrowed, with the others behind it: a list would be garbage. */
    private PinnedTensors borrowed;

    /** Leaves the sessions, which the caller has entered, on close. */
    Call(Sessions sessions) {
        this.sessions = sessions;
    }

    /**
     * Tensors with a graph's inputs in them.
     *
     * @param use what for: tensors of one use run the same graphs for the same outputs
     * @param inputs one value an input, in the graph's order
     * @throws TensorException if one has the wrong shape or values, or two disagree
     */
    PinnedTensors tensors(String use, BundleGraph graph, FloatTensor... inputs) {
        int[] sizes = sessions.signature(graph).bind(inputs);
        PinnedTensors idle = sessions.borrow(use, sizes, null);
        PinnedTensors tensors = own(idle == null ? new PinnedTensors(sessions, use, sizes) : idle);
        tensors.put(graph, inputs);
        return tensors;
    }

    /** A plan for Q queries in each of the memories, for as long as this call. */
    RecallPlan plan(ModelSettings settings, Memory memory, int queries) {
        PinnedTensors idle = sessions.borrow(RecallPlan.USE, RecallPlan.sizes(memory.episodes(), queries), memory);
        return (RecallPlan) own(idle == null ? new RecallPlan(sessions, settings, memory.episodes(), queries) : idle);
    }

    private PinnedTensors own(PinnedTensors tensors) {
        tensors.next = borrowed;
        borrowed = tensors;
        return tensors;
    }

    /** Checks that images have the encoder's shape and lie in [0, 1]. */
    void requireImages(FloatTensor images) {
        Signature encoder = sessions.signature(BundleGraph.ENCODER);
        encoder.bind(images);
        encoder.requireValues(BundleGraph.IMAGES, images);
    }

    /** Gives everything back and lets the sessions go. */
    @Override
    public void close() {
        try {
            while (borrowed != null) {
                PinnedTensors last = borrowed;
                borrowed = last.next; // before others may borrow it
                sessions.giveBack(last);
            }
        } finally {
            sessions.leave();
        }
    }
}
