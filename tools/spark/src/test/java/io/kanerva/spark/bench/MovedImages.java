package io.kanerva.spark.bench;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.GZIPInputStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Any number of images out of the 60,000 of Fashion-MNIST: each is one of them, moved by up to three pixels. */
final class MovedImages implements Serializable {

    static final int SIDE = 28;
    static final int PIXELS = SIDE * SIDE;
    static final int SAMPLES = 32;

    private static final int FARTHEST = 3;

    private final byte[] sources;

    /** @param data the folder of Fashion-MNIST's files */
    MovedImages(Path data) throws IOException {
        Path file = data.resolve("train-images-idx3-ubyte.gz");
        try (GZIPInputStream stream = new GZIPInputStream(Files.newInputStream(file))) {
            stream.skipNBytes(16);
            sources = stream.readAllBytes();
        }
    }

    /** A sample of an episode, 28 x 28 bytes; seeded by both. */
    byte[] image(long episode, int place) {
        SplittableRandom random = new SplittableRandom(episode * SAMPLES + place);
        int from = random.nextInt(sources.length / PIXELS) * PIXELS;
        int right = random.nextInt(-FARTHEST, FARTHEST + 1);
        int down = random.nextInt(-FARTHEST, FARTHEST + 1);
        byte[] moved = new byte[PIXELS];
        int width = SIDE - Math.abs(right);
        for (int row = Math.max(0, down); row < SIDE + Math.min(0, down); row++) {
            int source = from + (row - down) * SIDE + Math.max(0, -right);
            System.arraycopy(sources, source, moved, row * SIDE + Math.max(0, right), width);
        }
        return moved;
    }

    /** The same without its lower half. */
    byte[] damaged(long episode, int place) {
        byte[] query = image(episode, place);
        Arrays.fill(query, PIXELS / 2, PIXELS, (byte) 0);
        return query;
    }

    /** Whose sample a query is: other places in each episode. */
    static int queried(long episode, int query) {
        return (int) ((episode + 5L * query) % SAMPLES);
    }

    /**
     * Rows (episode, place, image), shuffled like those of users who write all day: the samples of an episode are far
     * from each other.
     *
     * @param queries of each episode, or 0 for its samples
     */
    Dataset<Row> rows(SparkSession spark, long episodes, int queries) {
        Broadcast<MovedImages> images =
                JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(this);
        StructType schema = new StructType()
                .add("episode", DataTypes.LongType)
                .add("place", DataTypes.IntegerType)
                .add(queries == 0 ? "image" : "query", ImageSchema.columnSchema());
        FlatMapFunction<Long, Row> make = number -> {
            List<Row> rows = new ArrayList<>();
            if (queries == 0) {
                // Number n brings one sample of each of 32 episodes that are far apart.
                for (int i = 0; i < SAMPLES; i++) {
                    long episode = (number + i * (episodes / SAMPLES)) % episodes;
                    rows.add(row(episode, i, images.value().image(episode, i)));
                }
            } else {
                for (int i = 0; i < queries; i++) {
                    int place = queried(number, i);
                    rows.add(row(number, place, images.value().damaged(number, place)));
                }
            }
            return rows.iterator();
        };
        return spark.range(episodes).as(Encoders.LONG()).flatMap(make, Encoders.row(schema));
    }

    private static Row row(long episode, int place, byte[] image) {
        return RowFactory.create(episode, place, RowFactory.create("", SIDE, SIDE, 1, 0, image));
    }
}
