package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/**
 * The output of an {@link Encoder}.
 *
 * @param content what the memory writer needs: [B, T, K, C, h, w], a block of feature maps for each key; for a charged
 *     memory [B, T, 1, 2 C, h, w], means and log-variances; [B, T, 1], zeros, if there is no memory
 * @param keyMean [B, T, K, 3], relative to the sample's pointer (see {@link KeyPosterior})
 * @param keyLogVariance [B, T, K, 3]
 * @param latentMean [B, T, D]; with a charged memory only what the image says, without
 *     {@link ReaderOutput#posteriorShift}
 * @param latentLogVariance [B, T, D]; with a charged memory relative to the prior's
 */
public record EncoderOutput(
        NDArray content, NDArray keyMean, NDArray keyLogVariance, NDArray latentMean, NDArray latentLogVariance) {

    static EncoderOutput of(NDList list) {
        return new EncoderOutput(list.get(0), list.get(1), list.get(2), list.get(3), list.get(4));
    }

    /** The arrays in the order of the block's outputs. */
    public NDList list() {
        return new NDList(content, keyMean, keyLogVariance, latentMean, latentLogVariance);
    }
}
