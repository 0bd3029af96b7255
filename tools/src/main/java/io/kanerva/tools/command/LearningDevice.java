package io.kanerva.tools.command;

import ai.djl.Device;
import ai.djl.engine.Engine;
import io.kanerva.tools.Failure;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The devices that DJL computes on. */
public final class LearningDevice {
    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            order = 900,
            converter = Choice.Converter.class,
            description =
                    "cpu, cuda, cuda:N, cuda:N,N,... (several GPUs share the episodes of each step) or auto (a GPU if "
                            + "there is one). cuda fails if there is none. Default: ${DEFAULT-VALUE}.")
    private Choice device;

    /**
     * The value of the option.
     *
     * @param kind of the device
     * @param numbers numbers of the GPUs, from 0
     */
    public record Choice(io.kanerva.runtime.Device kind, List<Integer> numbers) {

        /** Parses the option. */
        static final class Converter implements ITypeConverter<Choice> {
            private static final Pattern FORM =
                    Pattern.compile("(cpu|auto|cuda)|cuda:([0-9]{1,3}(?:,[0-9]{1,3})*)", Pattern.CASE_INSENSITIVE);

            @Override
            public Choice convert(String text) {
                Matcher matcher = FORM.matcher(text);
                if (!matcher.matches()) {
                    throw new TypeConversionException(
                            "expected cpu, cuda, cuda:N, cuda:N,N... or auto, found '" + text + "'");
                }
                if (matcher.group(2) == null) {
                    return new Choice(io.kanerva.runtime.Device.valueOf(text.toUpperCase(Locale.ROOT)), List.of(0));
                }
                List<Integer> numbers = Arrays.stream(matcher.group(2).split(","))
                        .map(Integer::valueOf)
                        .toList();
                if (numbers.stream().distinct().count() < numbers.size()) {
                    throw new TypeConversionException("expected distinct GPUs, found '" + text + "'");
                }
                return new Choice(io.kanerva.runtime.Device.CUDA, numbers);
            }
        }
    }

    /**
     * Starts DJL's engine and returns the devices, at least one.
     *
     * @throws Failure if a requested GPU is missing
     */
    public List<Device> chooseAll() {
        return choose(device);
    }

    /** Like {@link #chooseAll()}, for the device of another option. */
    public static Device choose(io.kanerva.runtime.Device device) {
        return choose(new Choice(device, List.of(0))).get(0);
    }

    private static List<Device> choose(Choice device) {
        int gpus = device.kind() == io.kanerva.runtime.Device.CPU
                ? 0
                : Engine.getEngine("PyTorch").getGpuCount();
        if (device.kind() == io.kanerva.runtime.Device.CUDA && gpus == 0) {
            throw new Failure("--device cuda: expected a CUDA GPU that DJL can use, found none");
        }
        for (int number : device.kind() == io.kanerva.runtime.Device.CUDA ? device.numbers() : List.<Integer>of()) {
            if (number >= gpus) {
                throw new Failure("--device cuda:%d: expected a GPU from 0 to %d, found none of that number"
                        .formatted(number, gpus - 1));
            }
        }
        return gpus > 0 ? device.numbers().stream().map(Device::gpu).toList() : List.of(Device.cpu());
    }

    /** Names devices for messages. */
    public static String names(List<Device> devices) {
        return devices.stream()
                .map(device -> device.isGpu()
                        ? "GPU " + device.getDeviceId()
                        : device.getDeviceType().toUpperCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
    }
}
