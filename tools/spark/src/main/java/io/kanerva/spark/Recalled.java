package io.kanerva.spark;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Lookup;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.MemoryFileException;
import io.kanerva.runtime.MemoryHeap;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.Recall;
import java.util.Arrays;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.collection.immutable.ArraySeq;

/** Recalls from a memory's file: by the numbers of its samples or, if it is a heap's, by their ids. */
interface Recalled {

    /** What a recall is: the sample found in the last iteration, its score, and the image [Cx Hx Wx]. */
    StructType SCHEMA = new StructType()
            .add("sample", DataTypes.LongType, false)
            .add("score", DataTypes.DoubleType, false)
            .add("image", DataTypes.createArrayType(DataTypes.FloatType, false), false);

    /**
     * Recalls one query, always alone: with some models, a decoder's bits depend on how many there are.
     *
     * @return a row of {@link #SCHEMA}
     */
    Row recall(float[] query, int iterations);

    /** @throws io.kanerva.runtime.MemoryFileException if the bytes are not a memory of this model */
    static Recalled of(Kanerva kanerva, byte[] file) {
        Planes size = kanerva.bundle().settings().image();
        int[] shape = {1, 1, size.channels(), size.height(), size.width()};
        if (MemoryFiles.hasIds(file)) {
            MemoryHeap heap = kanerva.loadHeap(file);
            return (query, iterations) -> {
                FloatTensor image = new FloatTensor(query, Arrays.copyOfRange(shape, 1, shape.length));
                MemoryHeap.Found found = null;
                for (int i = 0; i < iterations; i++) {
                    found = heap.lookUp(image);
                    image = heap.read(found.ids());
                }
                return row(found.ids()[0], found.scores()[0], image);
            };
        }
        Memory memory = kanerva.loadMemory(file);
        if (memory.episodes() != 1) {
            throw new MemoryFileException(
                    "memory in bytes: expected one memory, found %d in one file", memory.episodes());
        }
        return (query, iterations) -> {
            Recall recall = kanerva.recall(memory, new FloatTensor(query, shape), iterations);
            Lookup last = recall.lookups().get(iterations - 1);
            int sample = last.samples()[0];
            return row(sample, last.scores().get(0, 0), recall.images());
        };
    }

    private static Row row(long sample, double score, FloatTensor image) {
        return RowFactory.create(sample, score, ArraySeq.unsafeWrapArray(image.data()));
    }
}
