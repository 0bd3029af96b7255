package io.kanerva.tools.command;

import ai.djl.Device;
import ai.djl.engine.Engine;
import io.kanerva.tools.Failure;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Where DJL computes. */
final class LearningDevice {
    @Option(names = "--device", paramLabel = "DEVICE", defaultValue = "auto", order = 900, converter = Choice.Converter.class,
            description = "cpu, cuda or cuda:N (fails at once where there is none) or auto. Default: ${DEFAULT-VALUE}. A run uses one GPU; several runs, one on each, use several.")
    private Choice device;

    /**
     * What was asked for.
     *
     * @param kind of device
     * @param number which GPU, from 0
     */
    record Choice(io.kanerva.runtime.Device kind, int number) {

        /** Reads the option. */
        static final class Converter implements ITypeConverter<Choice> {
            private static final Pattern FORM = Pattern.compile("(cpu|auto|cuda)|cuda:([0-9]{1,3})", Pattern.CASE_INSENSITIVE);

            @Override
            public Choice convert(String text) {
                Matcher matcher = FORM.matcher(text);
                if (!matcher.matches()) {
                    throw new TypeConversionException("expected cpu, cuda, cuda:N or auto, found '" + text + "'");
                }
                return matcher.group(2) != null ? new Choice(io.kanerva.runtime.Device.CUDA, Integer.parseInt(matcher.group(2)))
                        : new Choice(io.kanerva.runtime.Device.valueOf(text.toUpperCase(Locale.ROOT)), 0);
            }
        }
    }

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
        return choose(new Choice(device, 0));
    }

    private static Device choose(Choice device) {
        int gpus = device.kind() == io.kanerva.runtime.Device.CPU ? 0 : Engine.getEngine("PyTorch").getGpuCount();
        if (device.kind() == io.kanerva.runtime.Device.CUDA && gpus == 0) {
            throw new Failure("--device cuda: expected a CUDA GPU that DJL can use, found none");
        }
        if (device.kind() == io.kanerva.runtime.Device.CUDA && device.number() >= gpus) {
            throw new Failure("--device cuda:%d: expected a GPU from 0 to %d, found no such one".formatted(device.number(), gpus - 1));
        }
        return gpus > 0 ? Device.gpu(device.number()) : Device.cpu();
    }

    /** A device in words. */
    static String name(Device device) {
        return device.isGpu() ? "GPU " + device.getDeviceId() : device.getDeviceType().toUpperCase(Locale.ROOT);
    }
}
