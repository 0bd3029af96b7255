package io.kanerva.trainer.model;

import com.fasterxml.jackson.annotation.JsonValue;

/** The encoder's trunk: how it gets from an image to features. */
public enum EncoderKind {
    /** Residual blocks at the block's resolution; sees each sample by itself. */
    RESIDUAL("residual"),
    /**
     * The paper's: a ResNet-18 with temporal shift, which sees a sample with its episode; see {@link TemporalResNet}.
     */
    RESNET18_TSM("resnet18-tsm");

    private final String id;

    EncoderKind(String id) {
        this.id = id;
    }

    @JsonValue
    @Override
    public String toString() {
        return id;
    }
}
