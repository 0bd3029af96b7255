package io.kanerva.exporter.zoo;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxExporter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Exports one network of the zoo at the papers' size and says what that took: for {@code tools/bench/onnx-graphs}.
 *
 * <p>Arguments: the network's name without its image size, and the file to write.
 */
public final class ExportOnce {
    private static final double MEGABYTE = 1e6;

    private ExportOnce() {}

    /** Prints one line. */
    public static void main(String[] arguments) throws IOException {
        ZooNetwork network = ZooNetworks.full().stream()
                .filter(n -> n.name().equals(arguments[0] + ", 224"))
                .findFirst()
                .orElseThrow();
        Path file = Path.of(arguments[1]);
        try (NDManager manager = NDManager.newBaseManager()) {
            Block block = network.initialised(manager);
            long weights = 4
                    * block.getParameters().values().stream()
                            .distinct()
                            .mapToLong(p -> p.getArray().size())
                            .sum();
            System.gc();
            List<MemoryPoolMXBean> heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(pool -> pool.getType() == MemoryType.HEAP)
                    .toList();
            heap.forEach(MemoryPoolMXBean::resetPeakUsage);
            forgetPeak();
            long resident = status("VmRSS:");
            ExportOptions options = network.options();
            long start = System.nanoTime();
            OnnxExporter.export(
                            block,
                            network.inputs(),
                            network.outputs(),
                            ExportOptions.defaults().withDimensionLimit("N", 1, 6))
                    .write(file);
            double plain = (System.nanoTime() - start) * 1e-9;
            long used = heap.stream()
                    .mapToLong(pool -> pool.getPeakUsage().getUsed())
                    .sum();
            long grown = status("VmHWM:") - resident;
            start = System.nanoTime();
            OnnxExporter.export(block, network.inputs(), network.outputs(), options);
            double checked = (System.nanoTime() - start) * 1e-9;
            System.out.printf(
                    Locale.ROOT,
                    "%-14s %6.1f MB of weights, file %+.2f %%; %.1f s, heap at most "
                            + "%.1f x, process at most %+.1f x the "
                            + "weights; with the check by ONNX Runtime %.1f s%n",
                    arguments[0],
                    weights / MEGABYTE,
                    100.0 * (Files.size(file) - weights) / weights,
                    plain,
                    (double) used / weights,
                    (double) grown / weights,
                    checked);
        }
    }

    /**
     * Has Linux begin its peak of this process's memory anew: making and settling the network took more than it keeps.
     */
    private static void forgetPeak() throws IOException {
        Path peak = Path.of("/proc/self/clear_refs");
        if (Files.exists(peak)) {
            Files.writeString(peak, "5");
        }
    }

    /** A line of Linux's report on this process, in bytes; 0 elsewhere. */
    private static long status(String name) throws IOException {
        Path status = Path.of("/proc/self/status");
        return !Files.exists(status)
                ? 0
                : Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith(name))
                        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElse(0);
    }
}
