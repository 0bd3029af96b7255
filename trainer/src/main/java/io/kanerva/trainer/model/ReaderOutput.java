package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/**
 * The output of a {@link Reader}.
 *
 * @param traces [B, Q, K, C, h, w]
 * @param priorMean [B, Q, D], of the latent
 * @param priorLogVariance [B, Q, D]
 */
public record ReaderOutput(NDArray traces, NDArray priorMean, NDArray priorLogVariance) {

    static ReaderOutput of(NDList list) {
        return new ReaderOutput(list.get(0), list.get(1), list.get(2));
    }

    NDList list() {
        return new NDList(traces, priorMean, priorLogVariance);
    }
}
