package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/**
 * The output of a {@link Reader}.
 *
 * @param traces [B, Q, K, C, h, w]
 * @param priorMean [B, Q, D], of the latent
 * @param priorLogVariance [B, Q, D]
 * @param posteriorShift [B, Q, D], what a charged memory adds to the mean of q(Z | X, M); null for others
 */
public record ReaderOutput(NDArray traces, NDArray priorMean, NDArray priorLogVariance, NDArray posteriorShift) {

    static ReaderOutput of(NDList list) {
        return new ReaderOutput(list.get(0), list.get(1), list.get(2), list.size() > 3 ? list.get(3) : null);
    }

    NDList list() {
        return posteriorShift == null
                ? new NDList(traces, priorMean, priorLogVariance)
                : new NDList(traces, priorMean, priorLogVariance, posteriorShift);
    }
}
