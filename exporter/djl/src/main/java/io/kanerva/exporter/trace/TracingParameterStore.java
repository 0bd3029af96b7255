package io.kanerva.exporter.trace;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;

/** Provides a block's parameters as recording arrays. */
final class TracingParameterStore extends ParameterStore {
    private final Recorder recorder;

    TracingParameterStore(Recorder recorder) {
        super(recorder.engine(), false);
        this.recorder = recorder;
    }

    @Override
    public NDArray getValue(Parameter parameter, Device device, boolean training) {
        return parameter == null ? null : recorder.parameter(parameter);
    }

    @Override
    public NDManager getManager() {
        return recorder.manager();
    }
}
