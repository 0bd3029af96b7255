package io.kanerva.trainer.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The encoder's trunk: how it gets from an image to features. */
public enum EncoderKind {
    /** Residual blocks at the block's resolution; sees each sample by itself. */
    @JsonProperty("residual")
    RESIDUAL,
    /**
     * The paper's: a ResNet-18 with temporal shift, which sees a sample with its episode; see {@link TemporalResNet}.
     */
    @JsonProperty("resnet18-tsm")
    RESNET18_TSM;

    @Override
    public String toString() {
        return this == RESIDUAL ? "residual" : "resnet18-tsm";
    }
}
