package io.kanerva.runtime;

/** Where the graphs run. */
public enum Device {
    /** The processor; always there. */
    CPU,

    /**
     * The first NVIDIA GPU, through ONNX Runtime's CUDA provider. Loading fails at once with a {@link DeviceException}
     * that says why, if there is none; nothing falls back silently.
     */
    CUDA,

    /**
     * {@link #CUDA} where it works, else {@link #CPU}; the fall-back is logged once a process. {@link Kanerva#device()}
     * tells which of the two it became.
     */
    AUTO
}
