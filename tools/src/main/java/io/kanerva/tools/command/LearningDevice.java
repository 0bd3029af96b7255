package io.kanerva.tools.command;

import ai.djl.Device;
import ai.djl.engine.Engine;
import io.kanerva.tools.Failure;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Where DJL computes. */
final class LearningDevice {
    @Option(names = "--device", paramLabel = "DEVICE", defaultValue = "auto", order = 900,
            description = "cpu, cuda (fails at once where there is none) or auto. Default: ${DEFAULT-VALUE}.")
    private io.kanerva.runtime.Device device;

    /**
     * Starts DJL's engine and picks the device.
     *
     * @throws Failure if a GPU is asked for and there is none
     */
    Device choose() {
        return choose(device);
    }

    /** As {@link #choose()}, for a device that was named elsewhere. */
    static Device choose(io.kanerva.runtime.Device device) {
        int gpus = device == io.kanerva.runtime.Device.CPU ? 0 : Engine.getEngine("PyTorch").getGpuCount();
        if (device == io.kanerva.runtime.Device.CUDA && gpus == 0) {
            throw new Failure("--device cuda: expected a CUDA GPU that DJL can use, found none");
        }
        return gpus > 0 ? Device.gpu() : Device.cpu();
    }

    /** A device in words. */
    static String name(Device device) {
        return device.isGpu() ? "GPU " + device.getDeviceId() : device.getDeviceType().toUpperCase(Locale.ROOT);
    }
}
