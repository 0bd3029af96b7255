package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;

/** How an encoder gets from images to features. */
interface Trunk {

    /**
     * Features of each sample.
     *
     * @param images [B, T, Cx, Hx, Wx]
     * @return maps at the block's resolution, [B T, width, h, w]
     */
    NDArray features(ParameterStore store, NDArray images, boolean training);

    /** Channels of the features. */
    int width();
}
