package io.kanerva.spark.bench;

import io.kanerva.spark.StandaloneCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;

/** Runs a job in an application of its own, on executors of one core each, and measures their processes. */
final class SparkSide {

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

    Figures run(int cores, Consumer<SparkSession> job) throws IOException {
        AtomicLong shuffled = new AtomicLong();
        AtomicLong spilled = new AtomicLong();
        AtomicLong collecting = new AtomicLong();
        SparkSession.Builder builder = cluster.session()
                .config("spark.cores.max", cores)
                .config("spark.executor.memory", "2g")
                .config("spark.executor.extraJavaOptions", "-Dfile.encoding=UTF-8")
                // A batch of Spark's 4,096 rows would be 257 MB of memories.
                .config("spark.sql.parquet.columnarReaderBatchSize", 256);
        try (SparkSession spark = builder.getOrCreate()) {
            spark.sparkContext().setLogLevel("ERROR");
            spark.range(0, 1000, 1, 2 * cores).count();
            List<ProcessHandle> executors = cluster.executors();
            while (executors.size() < cores) { // the second one may still be starting
                Thread.onSpinWait();
                executors = cluster.executors();
            }
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
