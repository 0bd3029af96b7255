package io.kanerva.trainer.train;

import com.sun.management.OperatingSystemMXBean;
import io.kanerva.trainer.model.KanervaSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** The memory of this process, the engine's included, and of the machine. */
public final class ProcessMemory {
    private static final Path STATUS = Path.of("/proc/self/status");

    /** Of a process with a small model, before its images count. */
    private static final double BASE_BYTES = 0.45e9;
    /** For each pixel of a step's images: features, and what the gradient needs of them. */
    private static final double PIXEL_BYTES = 400;
    /** For each pixel and each group of a mixture's parameters: the group, and what the gradient needs. */
    private static final double GROUP_BYTES = 2000;
    /** The estimate may be wrong by a part, and systems move some memory to the disk. */
    private static final double TOLERANCE = 1.5;

    private ProcessMemory() {}

    /**
     * About how much memory the first steps of a run take on the CPU, in bytes. Measured with models that fit
     * themselves to images of 28 x 32 to 96 x 96 pixels, whose widths are the presets'.
     */
    public static double ofFirstSteps(TrainingPlan plan) {
        KanervaSettings settings = plan.settings();
        int c = settings.image().channels();
        int groups = settings.likelihood().isBinary() ? 0 : 1 + 2 * c + c * (c - 1) / 2;
        return BASE_BYTES
                + (double) plan.episodes()
                        * plan.episodeLength()
                        * settings.image().height()
                        * settings.image().width()
                        * (PIXEL_BYTES + GROUP_BYTES * groups);
    }

    /**
     * Refuses a plan whose first steps take far more memory than the machine has, if they are computed on its CPU.
     *
     * @param onCpu whether they are; not asked where there is room
     * @throws IllegalArgumentException if it does
     */
    public static void requireRoom(TrainingPlan plan, BooleanSupplier onCpu) {
        double machine = machineBytes();
        if (ofFirstSteps(plan) > TOLERANCE * machine && onCpu.getAsBoolean()) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "images of %d x %d in episodes of %d: expected steps that fit into this machine's %,.1f GB of "
                            + "memory, found ones that take about %,.1f GB: choose a smaller size or shorter episodes",
                    plan.settings().image().height(),
                    plan.settings().image().width(),
                    plan.episodeLength(),
                    machine / 1e9,
                    ofFirstSteps(plan) / 1e9));
        }
    }

    /** The machine's memory or that of the container, in bytes; infinite where Java does not know. */
    public static double machineBytes() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : Double.POSITIVE_INFINITY;
    }

    /**
     * The most memory that the process had at a time, in bytes; NaN where the system does not say (it does on Linux).
     */
    public static double peakBytes() {
        if (!Files.isReadable(STATUS)) {
            return Double.NaN;
        }
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToDouble(line -> 1024 * Double.parseDouble(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException e) {
            return Double.NaN;
        }
    }
}
