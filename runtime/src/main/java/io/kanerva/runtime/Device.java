package io.kanerva.runtime;

/** Where the graphs run. */
public enum Device {
    /** The processor; always available. */
    CPU,

    /**
     * The first NVIDIA GPU, through ONNX Runtime's CUDA provider; else loading fails with a {@link DeviceException}.
     */
    CUDA,

    /**
     * {@link #CUDA} where it works, else {@link #CPU}, which is logged once a process. {@link Kanerva#device()} returns
     * the one in use.
     */
    AUTO
}
