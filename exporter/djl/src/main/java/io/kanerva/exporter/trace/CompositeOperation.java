package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDList;
import java.util.Optional;

/** A computation that is recorded as one operation, even if it takes several engine operations. */
public interface CompositeOperation {
    /** A name for messages and listings, for example {@code ReadWindow}. */
    String name();

    /** Computes the outputs from the inputs with the engine's operations. */
    NDList compute(NDList inputs);

    /**
     * Records the operation if one of the inputs is being traced; only computes it otherwise.
     *
     * @return the outputs of {@link #compute}
     */
    static NDList apply(CompositeOperation operation, NDList inputs) {
        Optional<Recorder> recorder = inputs.stream()
                .filter(TracedArray.class::isInstance)
                .findFirst()
                .map(array -> ((TracedArray) array).recorder());
        return recorder.map(r -> r.calls().composite(operation, inputs)).orElseGet(() -> operation.compute(inputs));
    }
}
