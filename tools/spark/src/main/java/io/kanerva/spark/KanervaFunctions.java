package io.kanerva.spark;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
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

    private KanervaFunctions() {}

    /**
     * Registers the functions in a session, on the CPU.
     *
     * @param bundle as {@link KanervaStage#setBundle} takes it
     */
    public static void register(SparkSession spark, String bundle) {
        Broadcast<SentBundle> files = SentBundle.broadcast(spark, bundle, Device.CPU, unused -> {});
        RecallFunction function = new RecallFunction(new KanervaRecaller(), files);
        UDF2<Object, Object, Row> recall = (memory, query) ->
                memory == null || query == null ? null : function.recall(memory, query, "kanerva_recall");
        UDF1<Object, byte[]> write = images -> images == null
                ? null
                : write(OpenModels.ofTask(files.value(), Device.CPU).kanerva(), images);
        spark.udf().register("kanerva_recall", recall, Recalled.SCHEMA);
        spark.udf().register("kanerva_write", write, DataTypes.BinaryType);
    }

    private static byte[] write(Kanerva kanerva, Object argument) {
        if (!(argument instanceof Seq<?> images)) {
            throw RowRefusedException.of(
                    "images",
                    "kanerva_write",
                    "an array of images",
                    argument.getClass().getSimpleName());
        }
        if (images.isEmpty()) {
            throw RowRefusedException.of("images", "kanerva_write", "at least one image", "none");
        }
        Planes size = kanerva.bundle().settings().image();
        Episode episode = new Episode(null);
        for (int i = 0; i < images.length(); i++) {
            episode.add(i, ImageCell.read(images.apply(i), size, "images", "kanerva_write, at " + i));
        }
        FloatTensor tensor = Episode.tensor(List.of(episode), size);
        return RowRefusedException.naming(
                "images", "kanerva_write", () -> kanerva.write(tensor).toBytes());
    }
}
