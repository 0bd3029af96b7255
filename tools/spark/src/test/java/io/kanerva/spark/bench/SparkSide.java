package io.kanerva.spark.bench;

import io.kanerva.spark.StandaloneCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;

/** Runs a job in an application of its own, on executors of one core each, and measures their processes. */
final class SparkSide {

    /** Seconds. */
    private static final int STARTED_WITHIN = 120;

    private final StandaloneCluster cluster;

    SparkSide(StandaloneCluster cluster) {
        this.cluster = cluster;
    }

    /**
     * What a job took.
     *
     * @param seconds from its start to its end, without that of the executors
     * @param cpuSeconds of the executors' processes
     * @param peakBytes resident, of the executor that had most
     * @param heapSeconds of those that went into collecting garbage
     */
    record Figures(
            int cores,
            double seconds,
            double cpuSeconds,
            double driverSeconds,
            double heapSeconds,
            long shuffleBytes,
            long spilledBytes,
            long peakBytes) {}

    /** @param before what runs first, and is not measured */
    Figures run(int cores, Consumer<SparkSession> before, Consumer<SparkSession> job)
            throws IOException, InterruptedException {
        AtomicLong shuffled = new AtomicLong();
        AtomicLong spilled = new AtomicLong();
        AtomicLong collecting = new AtomicLong();
        SparkSession.Builder builder = cluster.session()
                .config("spark.cores.max", cores)
                .config("spark.executor.memory", "2g")
                .config("spark.executor.extraJavaOptions", "-Dfile.encoding=UTF-8")
                // A batch of Spark's 4,096 rows would be 257 MB of memories.
                .config("spark.sql.parquet.columnarReaderBatchSize", 32)
                // Memories and recalls hardly repeat a value, and to look for it takes longer than to write it.
                .config("spark.hadoop.parquet.enable.dictionary", false)
                // A small run's plan is that of a large one, whose queries are too many to be broadcast.
                .config("spark.sql.autoBroadcastJoinThreshold", -1);
        try (SparkSession spark = builder.getOrCreate()) {
            spark.sparkContext().setLogLevel("ERROR");
            List<ProcessHandle> executors = registered(spark, cores);
            spark.range(0, 1000, 1, 2 * cores).count();
            before.accept(spark);
            spark.sparkContext().addSparkListener(new SparkListener() {
                @Override
                public void onTaskEnd(SparkListenerTaskEnd end) {
                    TaskMetrics metrics = end.taskMetrics();
                    shuffled.addAndGet(metrics.shuffleWriteMetrics().bytesWritten());
                    spilled.addAndGet(metrics.diskBytesSpilled());
                    collecting.addAndGet(metrics.jvmGCTime());
                }
            });
            double cpu = cpuSeconds(executors);
            double driver = cpuSeconds(List.of(ProcessHandle.current()));
            long started = System.nanoTime();
            job.accept(spark);
            double seconds = (System.nanoTime() - started) / 1e9;
            cpu = cpuSeconds(executors) - cpu;
            driver = cpuSeconds(List.of(ProcessHandle.current())) - driver;
            long peak = 0;
            for (ProcessHandle executor : executors) {
                peak = Math.max(peak, peakBytes(executor.pid()));
            }
            spark.stop(); // and with it the listener has heard of everything
            return new Figures(
                    cores, seconds, cpu, driver, collecting.get() / 1e3, shuffled.get(), spilled.get(), peak);
        }
    }

    /** The executors, once the driver knows all, each on a core of its own: the first ones, as the plain processes. */
    private List<ProcessHandle> registered(SparkSession spark, int cores) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(STARTED_WITHIN);
        List<ProcessHandle> executors = List.of(); // those of the job before may still be ending
        int found = 0;
        while (found < cores || executors.size() != cores) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "expected %d executors within %d s, found %d processes, of which %d are registered"
                                .formatted(cores, STARTED_WITHIN, executors.size(), found));
            }
            Thread.sleep(100);
            executors = cluster.executors();
            found = spark.sparkContext().getExecutorMemoryStatus().size() - 1; // and the driver
        }
        for (int core = 0; core < cores; core++) { // the master may have chosen the worker of another one
            String pid = Long.toString(executors.get(core).pid());
            Process pinned = new ProcessBuilder("taskset", "-acp", Integer.toString(core), pid)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (pinned.waitFor() != 0) {
                throw new IllegalStateException(
                        "expected an executor on core %d, found that taskset refused".formatted(core));
            }
        }
        return executors;
    }

    private static double cpuSeconds(List<ProcessHandle> processes) {
        return processes.stream()
                .mapToDouble(process ->
                        process.info().totalCpuDuration().orElseThrow().toNanos() / 1e9)
                .sum();
    }

    private static long peakBytes(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }
}
