package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;

/** How an encoder gets from images to features. */
interface Trunk {

    /**
     * Features of each sample.
     *
     * @param images [B, T, Cx, Hx, Wx]
     * @return maps [B T, width, h, w], or [B T, width] if the features have no place
     */
    NDArray features(ParameterStore store, NDArray images, boolean training);

    /** Features without a place, [B T, width]. */
    NDArray pooled(NDArray features);

    /** Channels of the features. */
    int width();

    /** Numbers in a sample's features. */
    long size();
}
