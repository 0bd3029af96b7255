package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;

/** How an encoder gets from images to features. */
interface Trunk {

    /**
     * Features of each sample.
     *
     * @param images [B, T, Cx, Hx, Wx]
     * @return maps [B T, width, h, w], or [B T, width] if the features have no positions
     */
    NDArray features(ParameterStore store, NDArray images, boolean training);

    /** Features without positions, [B T, width]. */
    NDArray pooled(NDArray features);

    /** Channels of the features. */
    int width();

    /** Values in a sample's features. */
    long size();
}
