package io.kanerva.trainer.model;

import com.fasterxml.jackson.annotation.JsonValue;

/** The encoder's trunk: how it gets from an image to features. */
public enum EncoderKind {
    /** Residual blocks at the block's resolution; encodes each sample separately. */
    RESIDUAL("residual"),
    /**
     * The paper's: a ResNet-18 with temporal shift, which encodes a sample together with its episode; see
     * {@link TemporalResNet}.
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
