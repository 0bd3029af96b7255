package io.kanerva.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.TaskContext;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Executors in processes of their own, of which one dies and others are slow. */
@EnabledOnOs(OS.LINUX)
@EnabledForJreRange(max = JRE.JAVA_23, disabledReason = "Hadoop 3.4.1, which Spark 4.0 brings, calls getSubject")
@Timeout(value = 480, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StandaloneClusterTest {

    private static final String FASHION = LocalSpark.bundle("fashion-mnist");
    private static final int KEYS = 40;

    /** One episode that takes longer than all others. */
    private static final int LARGE = 500;

    @TempDir
    static Path folder;

    private static StandaloneCluster cluster;
    private static SparkSession spark;

    /** One application for all tests, as executors take longer to start than the jobs run. */
    @BeforeAll
    static void startCluster() throws Exception {
        SparkSession.getActiveSession().foreach(session -> {
            session.stop();
            return null;
        });
        cluster = new StandaloneCluster(Files.createDirectory(folder.resolve("home")), 2, "1g");
        spark = cluster.session()
                .config("spark.speculation", "true")
                .config("spark.speculation.interval", "10ms")
                .config("spark.speculation.minTaskRuntime", "1ms")
                .config("spark.speculation.multiplier", "1.0")
                .config("spark.speculation.quantile", "0.1")
                .getOrCreate();
    }

    @AfterAll
    static void stopCluster() {
        if (spark != null) {
            spark.stop();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    private static int samples(int key) {
        return key == 17 ? LARGE : 1 + key % 5;
    }

    private static int image(int key, int sample) {
        return (key * 31 + sample) % 1600;
    }

    private static Dataset<Row> rows() {
        StructType schema = new StructType()
                .add("key", DataTypes.IntegerType)
                .add("place", DataTypes.IntegerType)
                .add("image", ImageSchema.columnSchema());
        List<Row> rows = new ArrayList<>();
        for (int key = 0; key < KEYS; key++) {
            for (int place = samples(key) - 1; place >= 0; place--) {
                byte[] grey = LocalSpark.image(image(key, place));
                rows.add(RowFactory.create(key, place, LocalSpark.struct(grey, 28, 28, 1, 0)));
            }
        }
        return spark.createDataFrame(rows, schema).repartition(6);
    }

    private static Map<Integer, byte[]> expected() {
        Map<Integer, byte[]> memories = new TreeMap<>();
        try (Kanerva kanerva = Kanerva.load(Path.of(FASHION), Device.CPU)) {
            for (int key = 0; key < KEYS; key++) {
                int of = key;
                int[] numbers = IntStream.range(0, samples(key))
                        .map(place -> image(of, place))
                        .toArray();
                memories.put(key, kanerva.write(LocalSpark.episode(numbers)).toBytes());
            }
        }
        return memories;
    }

    /** Writes the memories as files, and compares every one. */
    private static void writeAndCompare(String name, UnaryOperator<Dataset<Row>> step) throws Exception {
        Path files = folder.resolve(name);
        Dataset<Row> written = new KanervaWriter()
                .setBundle(FASHION)
                .setKeyCol("key")
                .setOrderCol("place")
                .setPartitions(10)
                .transform(rows());
        step.apply(written).write().parquet(files.toString());
        Map<Integer, byte[]> memories = new TreeMap<>();
        for (Row row : spark.read().parquet(files.toString()).collectAsList()) {
            assertThat(memories.put(row.getInt(0), row.getAs(1))).as("once").isNull();
            assertThat(row.getInt(2)).isEqualTo(samples(row.getInt(0)));
        }
        assertThat(memories).containsExactlyEntriesOf(expected());
        List<String> left;
        try (Stream<Path> all = Files.list(files)) {
            left = all.map(file -> file.getFileName().toString()).toList();
        }
        // An attempt that is killed may leave a folder _temporary behind after the job's end; readers skip it.
        assertThat(left).contains("_SUCCESS");
        assertThat(left.stream().filter(file -> file.startsWith("part-")).map(file -> file.substring(0, 10)))
                .as("one file a partition")
                .doesNotHaveDuplicates()
                .hasSizeBetween(1, 10);
    }

    @Test
    void anExecutorThatIsKilledWhileTheJobRunsChangesNothing() throws Exception {
        AtomicInteger killed = new AtomicInteger();
        AtomicBoolean jobEnded = new AtomicBoolean();
        AtomicInteger removedMeanwhile = new AtomicInteger();
        SparkListener killer = new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                if (end.taskType().equals("ResultTask") && killed.get() == 0) {
                    ProcessHandle executor = cluster.executors().get(0);
                    assertThat(executor.destroyForcibly()).isTrue();
                    killed.incrementAndGet();
                }
            }

            @Override
            public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
                if (!jobEnded.get()) {
                    removedMeanwhile.incrementAndGet();
                }
            }

            @Override
            public void onJobEnd(SparkListenerJobEnd end) {
                jobEnded.set(killed.get() > 0);
            }
        };
        spark.sparkContext().addSparkListener(killer);
        writeAndCompare("killed", memories -> memories);
        spark.sparkContext().removeSparkListener(killer);
        assertThat(killed).hasValue(1);
        assertThat(removedMeanwhile).as("while the job ran").hasPositiveValue();
    }

    /**
     * Lets the first attempt of the task that has the large episode wait, at its last row, for a second one, which gets
     * as far: both have a file to hand in then.
     */
    private static UDF2<Integer, Integer, Integer> lastOfBoth(String secondIsHere) {
        return (key, samples) -> {
            if (samples == LARGE) {
                Path second = Path.of(secondIsHere);
                if (TaskContext.get().attemptNumber() > 0) {
                    Files.writeString(second, "");
                }
                for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120); !Files.exists(second); ) {
                    if (System.nanoTime() > end) {
                        throw new IllegalStateException("expected a second attempt of the task, found none");
                    }
                    TimeUnit.MILLISECONDS.sleep(20);
                }
            }
            return samples;
        };
    }

    @Test
    void tasksThatRunTwiceAreWrittenOnce() throws Exception {
        AtomicInteger speculative = new AtomicInteger();
        Path second = folder.resolve("second");
        SparkListener counter = new SparkListener() {
            @Override
            public void onTaskStart(SparkListenerTaskStart start) {
                if (start.taskInfo().speculative()) {
                    speculative.incrementAndGet();
                }
            }
        };
        spark.sparkContext().addSparkListener(counter);
        UserDefinedFunction wait = functions.udf(lastOfBoth(second.toString()), DataTypes.IntegerType);
        writeAndCompare(
                "speculative",
                memories -> memories.withColumn("samples", wait.apply(functions.col("key"), functions.col("samples"))));
        spark.sparkContext().removeSparkListener(counter);
        assertThat(second).exists();
        assertThat(speculative).hasPositiveValue();
    }
}
