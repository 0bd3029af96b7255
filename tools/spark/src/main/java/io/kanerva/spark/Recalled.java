package io.kanerva.spark;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Lookup;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.MemoryFileException;
import io.kanerva.runtime.MemoryHeap;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.Recall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.collection.immutable.ArraySeq;

/** Recalls from a memory's file: by the numbers of its samples or, if it is a heap's, by their ids. */
interface Recalled {

    /** Where T and whether there are ids stand in a memory's file: {@link Memory#save}. */
    int SAMPLES = 32;

    int IDS = 72;

    /** What a recall is: the sample found in the last iteration, its score, and the image [Cx Hx Wx]. */
    StructType SCHEMA = new StructType()
            .add("sample", DataTypes.LongType, false)
            .add("score", DataTypes.DoubleType, false)
            .add("image", DataTypes.createArrayType(DataTypes.FloatType, false), false);

    /**
     * What a search found.
     *
     * @param samples of each query; none if the memory has no samples
     * @param scores their matches, in [-1, 1]
     */
    record Found(long[] samples, double[] scores) {}

    /**
     * Recalls one query, always alone: with some models, a decoder's bits depend on how many there are.
     *
     * @return a row of {@link #SCHEMA}
     */
    Row recall(float[] query, int iterations);

    /** Searches for queries, one after the other in {@code images}. What each finds does not depend on the others. */
    Found find(float[] images, int queries);

    /** @throws io.kanerva.runtime.MemoryFileException if the bytes are not a memory of this model */
    static Recalled of(Kanerva kanerva, byte[] file) {
        if (hasIds(file)) {
            return new OfHeap(kanerva, kanerva.loadHeap(file));
        }
        Memory memory = kanerva.loadMemory(file);
        if (memory.episodes() != 1) {
            throw new MemoryFileException(
                    "memory in bytes: expected one memory, found %d in one file", memory.episodes());
        }
        return new OfMemory(kanerva, memory);
    }

    /** By ids. */
    record OfHeap(Kanerva kanerva, MemoryHeap heap) implements Recalled {
        @Override
        public Row recall(float[] query, int iterations) {
            FloatTensor image = images(kanerva, query, 1);
            MemoryHeap.Found found = null;
            for (int i = 0; i < iterations; i++) {
                found = heap.lookUp(image);
                image = heap.read(found.ids());
            }
            return row(found.ids()[0], found.scores()[0], image);
        }

        @Override
        public Found find(float[] images, int queries) {
            if (heap.size() == 0) {
                return new Found(new long[0], new double[0]);
            }
            MemoryHeap.Found found = heap.lookUp(images(kanerva, images, queries));
            return new Found(found.ids(), found.scores());
        }
    }

    /** By the samples' numbers. */
    record OfMemory(Kanerva kanerva, Memory memory) implements Recalled {
        @Override
        public Row recall(float[] query, int iterations) {
            Recall recall = kanerva.recall(memory, images(kanerva, query, 1, 1), iterations);
            Lookup last = recall.lookups().get(iterations - 1);
            return row(last.samples()[0], last.scores().get(0, 0), recall.images());
        }

        @Override
        public Found find(float[] images, int queries) {
            Lookup found = kanerva.lookUp(memory, images(kanerva, images, 1, queries));
            return new Found(
                    Arrays.stream(found.samples()).asLongStream().toArray(),
                    IntStream.range(0, queries)
                            .mapToDouble(query -> found.scores().get(0, query))
                            .toArray());
        }
    }

    private static FloatTensor images(Kanerva kanerva, float[] values, int... counts) {
        Planes size = kanerva.bundle().settings().image();
        int[] shape = Arrays.copyOf(counts, counts.length + 3);
        shape[counts.length] = size.channels();
        shape[counts.length + 1] = size.height();
        shape[counts.length + 2] = size.width();
        return new FloatTensor(values, shape);
    }

    /** Java's heap that a memory takes which was loaded and searched: once its file, and 13 bytes a pixel. */
    static long bytes(Kanerva kanerva, byte[] file) {
        return file.length
                + 13L
                        * header(file, SAMPLES)
                        * kanerva.bundle().settings().image().floats();
    }

    /** Whether a file is a heap's; what is no memory file, is refused as the other kind. */
    private static boolean hasIds(byte[] file) {
        byte[] magic = "KANMEMRY".getBytes(StandardCharsets.US_ASCII);
        return file.length > IDS + Integer.BYTES
                && Arrays.equals(file, 0, magic.length, magic, 0, magic.length)
                && header(file, IDS) != 0;
    }

    private static int header(byte[] file, int offset) {
        return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
    }

    private static Row row(long sample, double score, FloatTensor image) {
        return RowFactory.create(sample, score, ArraySeq.unsafeWrapArray(image.data()));
    }
}
