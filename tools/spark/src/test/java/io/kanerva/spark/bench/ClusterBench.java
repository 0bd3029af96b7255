package io.kanerva.spark.bench;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Lookup;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.Recall;
import io.kanerva.spark.KanervaRecaller;
import io.kanerva.spark.KanervaWriter;
import io.kanerva.spark.StandaloneCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** Writes and recalls many episodes with one and two executors of one core, beside the plain runtime. */
final class ClusterBench {

    /** Episodes of a job that is not timed: an executor's first seconds go into compiling. */
    private static final long WARMING = 2000;

    /** Of the episodes that are recalled from, so many are compared with plain calls. */
    private static final int COMPARED = 50;

    private final Path folder;
    private final Path data;
    private final String bundle;
    private final long episodes;
    private final long recalled;
    private final int queries;
    private final double seconds;
    private final Report report;

    private ClusterBench(
            Path folder, Path data, String bundle, long episodes, long recalled, int queries, double seconds) {
        this.folder = folder;
        this.data = data;
        this.bundle = bundle;
        this.episodes = episodes;
        this.recalled = recalled;
        this.queries = queries;
        this.seconds = seconds;
        report = new Report(episodes, recalled, queries);
    }

    /**
     * @param arguments folder, that of Fashion-MNIST, bundle, episodes, those recalled from, queries, seconds, rounds
     */
    public static void main(String[] arguments) throws Exception {
        ClusterBench bench = new ClusterBench(
                Path.of(arguments[0]),
                Path.of(arguments[1]),
                arguments[2],
                Long.parseLong(arguments[3]),
                Long.parseLong(arguments[4]),
                Integer.parseInt(arguments[5]),
                Double.parseDouble(arguments[6]));
        int rounds = Integer.parseInt(arguments[7]);
        Path home = Files.createDirectory(bench.folder.resolve("cluster"));
        try (StandaloneCluster cluster = new StandaloneCluster(home, 2, "3g", "taskset", "--cpu-list", "%d")) {
            bench.run(new SparkSide(cluster), rounds);
        }
        bench.report.print();
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private void run(SparkSide spark, int rounds) throws Exception {
        MovedImages moved = new MovedImages(data);
        SparkSide.Figures made = spark.run(2, session -> {}, session -> {
            moved.rows(session, episodes, 0).write().parquet(at("images"));
            moved.rows(session, recalled, queries).write().parquet(at("queries"));
        });
        report.made(made, bytes("images"), bytes("queries"));
        for (int round = 0; round < rounds; round++) {
            for (int cores : new int[] {1, 2}) {
                beside(spark, "write", cores, 0, this::write);
                report.files("memories", bytes("memories"));
            }
            for (int cores : new int[] {1, 2}) {
                beside(spark, "recall", cores, queries, this::recall);
                report.files("recalls", bytes("recalls"));
            }
        }
        spark.run(1, session -> {}, session -> compare(session, moved));
    }

    /** A job, and before and after it the plain runtime on as many cores. Both run for a while before they count. */
    private void beside(SparkSide spark, String what, int cores, int asked, Job job) throws Exception {
        List<double[]> plain = new ArrayList<>(plain(cores, asked));
        SparkSide.Figures figures =
                spark.run(cores, session -> job.run(session, WARMING), session -> job.run(session, Long.MAX_VALUE));
        plain.addAll(plain(cores, asked));
        report.add(what, figures, plain);
    }

    /** A job over the first episodes. */
    private interface Job {
        void run(SparkSession spark, long episodes);
    }

    private static Column below(long episodes) {
        return functions.col("episode").lt(episodes);
    }

    private void write(SparkSession spark, long first) {
        delete("memories");
        Dataset<Row> images = spark.read().parquet(at("images"));
        new KanervaWriter()
                .setBundle(bundle)
                .setKeyCol("episode")
                .setOrderCol("place")
                .transform(first < episodes ? images.filter(below(first)) : images)
                .write()
                .parquet(at("memories"));
    }

    /** Memories are large: the join looks the queries up for each of them, instead of sorting both. */
    private void recall(SparkSession spark, long first) {
        delete("recalls");
        Dataset<Row> memories = spark.read()
                .parquet(at("memories"))
                .filter(below(Math.min(first, recalled)))
                .select("episode", "memory");
        Dataset<Row> asked = spark.read().parquet(at("queries")).hint("shuffle_hash");
        new KanervaRecaller()
                .setBundle(bundle)
                .setKeyCol("episode")
                .transform(asked.join(memories, "episode"))
                .select("episode", "place", "recall")
                .write()
                .parquet(at("recalls"));
    }

    /** What the files hold: all episodes once, and of some the bits of plain calls. */
    private void compare(SparkSession spark, MovedImages moved) {
        Dataset<Row> memories = spark.read().parquet(at("memories"));
        Dataset<Row> recalls = spark.read().parquet(at("recalls"));
        require(
                memories.count() == episodes && recalls.count() == recalled * queries,
                "as many rows as were asked for");
        require(memories.select("episode").distinct().count() == episodes, "each episode once");
        Object[] some = Stream.iterate(0L, episode -> episode + Math.max(1, recalled / COMPARED))
                .takeWhile(episode -> episode < recalled)
                .toArray();
        Map<Long, Memory> plain = new HashMap<>();
        Set<List<Object>> asked = new HashSet<>();
        try (Kanerva kanerva = Kanerva.load(Path.of(bundle), Device.CPU)) {
            for (Row row : memories.filter(functions.col("episode").isin(some)).collectAsList()) {
                byte[][] samples = new byte[MovedImages.SAMPLES][];
                for (int place = 0; place < samples.length; place++) {
                    samples[place] = moved.image(row.getLong(0), place);
                }
                Memory memory = kanerva.write(PlainSide.tensor(1, samples));
                require(Arrays.equals(memory.toBytes(), row.getAs("memory")), "the plain runtime's memory");
                plain.put(row.getLong(0), memory);
                for (int i = 0; i < queries; i++) {
                    asked.add(List.of(row.getLong(0), MovedImages.queried(row.getLong(0), i)));
                }
            }
            int expected = asked.size();
            require(expected == some.length * queries, "memories of all episodes that are compared");
            for (Row row : recalls.filter(functions.col("episode").isin(some))
                    .select("episode", "place", "recall.sample", "recall.score", "recall.image")
                    .collectAsList()) {
                require(asked.remove(List.of(row.getLong(0), row.getInt(1))), "each query once");
                byte[] query = moved.damaged(row.getLong(0), row.getInt(1));
                Recall recall = kanerva.recall(plain.get(row.getLong(0)), PlainSide.tensor(1, query), 1);
                Lookup found = recall.lookups().get(0);
                require(found.samples()[0] == row.getLong(2), "the plain runtime's sample");
                require(found.scores().get(0, 0) == row.getDouble(3), "the plain runtime's score");
                List<Float> image = row.getList(4);
                require(image.size() == MovedImages.PIXELS, "whole images");
                for (int i = 0; i < image.size(); i++) {
                    require(image.get(i) == recall.images().data()[i], "the plain runtime's image");
                }
            }
            require(asked.isEmpty(), "a recall of each query");
            report.compared(plain.size(), expected);
        }
    }

    private static void require(boolean holds, String expected) {
        if (!holds) {
            throw new IllegalStateException("expected %s, found others".formatted(expected));
        }
    }

    /** Images a second and microseconds of CPU time for one, of one process on each core. */
    private List<double[]> plain(int cores, int asked) throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int core = 0; core < cores; core++) {
            processes.add(new ProcessBuilder(
                            "taskset",
                            "--cpu-list",
                            Integer.toString(core),
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-Xmx2g",
                            "-cp",
                            System.getProperty("java.class.path"),
                            PlainSide.class.getName(),
                            data.toString(),
                            bundle,
                            Integer.toString(asked),
                            Double.toString(seconds))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }
        List<double[]> figures = new ArrayList<>();
        for (Process process : processes) {
            String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            require(process.waitFor() == 0, "a plain process that ends well");
            figures.add(
                    Stream.of(line.split(" ")).mapToDouble(Double::parseDouble).toArray());
        }
        return figures;
    }

    private long bytes(String name) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(at(name)))) {
            return files.filter(file -> file.toString().endsWith(".parquet"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private void delete(String name) {
        Path path = Path.of(at(name));
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
