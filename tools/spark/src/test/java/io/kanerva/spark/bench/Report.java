package io.kanerva.spark.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The tables of a run, and what they mean for a larger cluster. */
final class Report {

    /** The cluster of the arithmetic: what its machines have is assumed, not measured. */
    private static final int MACHINES = 100;

    private static final int CORES = 16;
    private static final double DISK = 500e6;
    private static final double NETWORK = 1.25e9;
    private static final int REPLICAS = 3;
    private static final double IMAGES = 1e9;

    /** What Spark reads in one task, and what it puts into one after a shuffle. */
    private static final double SPLIT = 128e6;

    private static final double PARTITION = 64e6;

    private final long episodes;
    private final long recalled;
    private final int queries;
    private final Map<String, List<Run>> runs = new LinkedHashMap<>();
    private final Map<String, Long> files = new HashMap<>();

    Report(long episodes, long recalled, int queries) {
        this.episodes = episodes;
        this.recalled = recalled;
        this.queries = queries;
    }

    /** @param plain images a second and microseconds of CPU time for one, of each plain process */
    private record Run(SparkSide.Figures spark, List<double[]> plain, long count) {
        double aCore() {
            return count / spark.seconds() / spark.cores();
        }

        double cpu() {
            return spark.cpuSeconds() / count * 1e6;
        }

        double plain(int figure) {
            return plain.stream().mapToDouble(each -> each[figure]).average().orElseThrow();
        }
    }

    void made(SparkSide.Figures figures, long images, long damaged) {
        files("images", images);
        files("queries", damaged);
        System.out.printf(
                "%,d episodes of %d images, %,d queries of %,d of them; made in %.0f s%n",
                episodes, MovedImages.SAMPLES, recalled * queries, recalled, figures.seconds());
    }

    void files(String name, long bytes) {
        files.put(name, bytes);
    }

    void add(String what, SparkSide.Figures figures, List<double[]> plain) {
        long count = what.equals("write") ? episodes * MovedImages.SAMPLES : recalled * queries;
        Run run = new Run(figures, plain, count);
        runs.computeIfAbsent(what + " " + figures.cores(), unused -> new ArrayList<>())
                .add(run);
        System.out.printf(
                "%s, %d x 1 core: %.1f s, executors' CPU %.1f s (garbage %.1f s), driver's %.1f s, spilled %,.0f MB%n",
                what,
                figures.cores(),
                figures.seconds(),
                figures.cpuSeconds(),
                figures.heapSeconds(),
                figures.driverSeconds(),
                figures.spilledBytes() / 1e6);
    }

    void compared(int memories, int recalls) {
        System.out.printf("%d memories and %d recalls compared with plain calls: equal%n", memories, recalls);
    }

    private static double median(List<Run> runs, ToDoubleFunction<Run> figure) {
        double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    void print() {
        System.out.printf(
                "%n%-10s %12s %12s %6s %10s %10s %6s %12s %8s%n",
                "", "a second", "plain, a", "of", "CPU us", "plain", "of", "shuffle", "peak");
        System.out.printf(
                "%-10s %12s %12s %6s %10s %10s %6s %12s %8s%n",
                "executors", "and core", "second", "plain", "of one", "CPU us", "plain", "MB", "MB");
        runs.forEach((name, all) -> System.out.printf(
                "%-10s %,12.0f %,12.0f %6.2f %10.1f %10.1f %6.2f %,12.0f %,8.0f%n",
                name,
                median(all, Run::aCore),
                median(all, run -> run.plain(0)),
                median(all, run -> run.aCore() / run.plain(0)),
                median(all, Run::cpu),
                median(all, run -> run.plain(1)),
                median(all, run -> run.plain(1) / run.cpu()),
                median(all, run -> run.spark().shuffleBytes() / 1e6),
                median(all, run -> run.spark().peakBytes() / 1e6)));
        for (String what : List.of("write", "recall")) {
            System.out.printf(
                    "%s: 2 executors do %.2f of twice what 1 does%n",
                    what, median(runs.get(what + " 2"), Run::aCore) / median(runs.get(what + " 1"), Run::aCore));
        }
        files.forEach((name, bytes) ->
                System.out.printf("%s: %,.0f MB, %,.0f bytes an episode%n", name, bytes / 1e6, each(name)));
        arithmetic();
    }

    /** Bytes of a file for each episode that it is of. */
    private double each(String name) {
        return (double) files.get(name) / (name.equals("images") || name.equals("memories") ? episodes : recalled);
    }

    private void arithmetic() {
        double target = IMAGES / MovedImages.SAMPLES; // episodes
        Map<String, Double> steps = new LinkedHashMap<>();
        double disks = MACHINES * DISK;
        double network = MACHINES * NETWORK;
        for (String what : List.of("write", "recall")) {
            List<Run> all = runs.get(what + " 2");
            double times = target / (what.equals("write") ? episodes : recalled);
            double core = median(all, run -> run.spark().seconds() * 2) * times;
            double shuffle = median(all, run -> run.spark().shuffleBytes()) * times;
            double read = target * (what.equals("write") ? each("images") : each("memories") + each("queries"));
            double made = target * each(what.equals("write") ? "memories" : "recalls");
            System.out.printf(
                    "%n%s, %,.0f million %s: %,.0f core hours, reads %,.0f GB, shuffles %,.0f GB, writes %,.0f GB "
                            + "x %d%n",
                    what,
                    (what.equals("write") ? IMAGES : target * queries) / 1e6,
                    what.equals("write") ? "images" : "queries, %d of each memory".formatted(queries),
                    core / 3600,
                    read / 1e9,
                    shuffle / 1e9,
                    made / 1e9,
                    REPLICAS);
            if (shuffle > 0) {
                double maps = read / SPLIT;
                double reduces = shuffle / PARTITION;
                System.out.printf(
                        "%s: %,.0f tasks before the shuffle, %,.0f behind it (spark.sql.shuffle.partitions, 200 "
                                + "unless set), blocks of %,.0f bytes between them%n",
                        what, maps, reduces, shuffle / (maps * reduces));
            }
            steps.put(what + ": cores", core / (MACHINES * CORES));
            steps.put(what + ": disks, reading", read / disks);
            steps.put(what + ": disks, shuffling", 2 * shuffle / disks);
            steps.put(what + ": network, shuffling", shuffle / network);
            steps.put(what + ": disks, writing", REPLICAS * made / disks);
            steps.put(what + ": network, replicas", (REPLICAS - 1) * made / network);
        }
        System.out.printf(
                "%n%d machines of %d cores, a disk of %.0f MB/s and a network of %.1f Gbit/s each, busy for hours:%n",
                MACHINES, CORES, DISK / 1e6, NETWORK * 8 / 1e9);
        steps.forEach((step, busy) -> System.out.printf("%-28s %8.4f%n", step, busy / 3600));
    }
}
