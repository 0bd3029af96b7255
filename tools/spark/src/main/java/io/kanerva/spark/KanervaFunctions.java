package io.kanerva.spark;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.KanervaException;
import io.kanerva.runtime.Planes;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.types.DataTypes;
import scala.collection.Seq;

/**
 * Functions for SQL, of one model each session:
 *
 * <ul>
 *   <li>{@code kanerva_recall(memory, query)}: the struct (sample, score, image) of {@link KanervaRecaller}, in one
 *       iteration; null if one of both is null;
 *   <li>{@code kanerva_write(images)}: the memory, binary, of an array of images, in its order; null for null. Gather
 *       the array in an order of its own, as in {@code transform(array_sort(collect_list(struct(position, image))), s
 *       -> s.image)}.
 * </ul>
 *
 * What cannot be used is a {@link RowRefusedException}. A row at a time: the stages are faster for many small ones.
 */
public final class KanervaFunctions {

    private static final ThreadLocal<LastOfThread> LAST = new ThreadLocal<>();

    private KanervaFunctions() {}

    private record LastOfThread(Kanerva kanerva, LastMemories memories) {}

    /**
     * Registers the functions in a session, on the CPU.
     *
     * @param bundle as {@link KanervaStage#setBundle} takes it
     */
    public static void register(SparkSession spark, String bundle) {
        Broadcast<SentBundle> files = SentBundle.broadcast(spark, bundle);
        OpenModels.glanced(files.value(), Device.CPU);
        UDF2<byte[], Object, Row> recall = (memory, query) -> memory == null || query == null
                ? null
                : recall(OpenModels.ofTask(files.value(), Device.CPU), memory, query);
        UDF1<Seq<Object>, byte[]> write =
                images -> images == null ? null : write(OpenModels.ofTask(files.value(), Device.CPU), images);
        spark.udf().register("kanerva_recall", recall, Recalled.SCHEMA);
        spark.udf().register("kanerva_write", write, DataTypes.BinaryType);
    }

    private static Row recall(Kanerva kanerva, byte[] memory, Object query) {
        LastOfThread last = LAST.get();
        if (last == null || last.kanerva != kanerva) {
            last = new LastOfThread(kanerva, new LastMemories(kanerva));
            LAST.set(last);
        }
        float[] image = ImageCell.read(query, kanerva.bundle().settings().image(), "query", "kanerva_recall");
        try {
            return last.memories.of(memory).recall(image, 1);
        } catch (KanervaException e) {
            throw new RowRefusedException("column memory in kanerva_recall: " + e.getMessage());
        }
    }

    private static byte[] write(Kanerva kanerva, Seq<Object> images) {
        if (images.isEmpty()) {
            throw RowRefusedException.of("images", "kanerva_write", "at least one image", "none");
        }
        Planes size = kanerva.bundle().settings().image();
        Episode episode = new Episode(null);
        for (int i = 0; i < images.length(); i++) {
            episode.add(i, ImageCell.read(images.apply(i), size, "images", "kanerva_write, at " + i));
        }
        FloatTensor tensor = Episode.tensor(List.of(episode), size);
        try {
            return kanerva.write(tensor).toBytes();
        } catch (KanervaException e) {
            throw new RowRefusedException("column images in kanerva_write: " + e.getMessage());
        }
    }
}
