package io.kanerva.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Writes the samples of each key into a memory: of rows with a key, an order and an image it makes one row for each
 * key, with the columns key, {@code memory} (binary) and {@code samples} (int), and {@code reason} where
 * {@code onError} is {@code reason}. The bytes are those of {@link io.kanerva.runtime.Memory#toBytes}, to the bit,
 * whatever the partitions; with {@code keepsIds} those of {@link io.kanerva.runtime.MemoryHeap#toBytes}.
 *
 * <p>An episode's samples are written by the order column, ascending. Samples without an order, two with the same, and
 * rows without a key are refused, since the result would not be determined. With reasons, the first row that is refused
 * leaves its whole episode unwritten.
 */
public final class KanervaWriter extends KanervaStage<KanervaWriter> {

    private final Param<String> orderCol;
    private final Param<String> imageCol;
    private final Param<String> samplesCol;
    private final Param<String> actionCol;
    private final BooleanParam keepsIds;
    private final IntParam maxSamples;
    private final IntParam partitions;
    private final IntParam batchSize;

    public KanervaWriter() {
        this(Identifiable$.MODULE$.randomUID("kanervaWriter"));
    }

    public KanervaWriter(String uid) {
        super(uid);
        orderCol = param("orderCol", "the samples' order in their episode; with keepsIds, their ids");
        imageCol = param("imageCol", "images: a struct of Spark, picture files, or arrays of floats");
        samplesCol = param("samplesCol", "the number of samples in the memory");
        actionCol = param("actionCol", "of a change: write, replace or free");
        keepsIds = new BooleanParam(this, "keepsIds", "whether memories are heaps, which have the samples' ids");
        maxSamples = count("maxSamples", "the most samples of an episode", 1);
        partitions = count("partitions", "partitions of the result; 0 for at most spark.sql.shuffle.partitions", 0);
        batchSize = count("batchSize", "images that a call of the runtime takes at once", 1);
        setDefault(imageCol, "image");
        setDefault(samplesCol, "samples");
        setDefault(actionCol, "action");
        setDefault(keepsIds, false);
        setDefault(maxSamples, 1 << 14);
        setDefault(partitions, 0);
        setDefault(batchSize, 64);
    }

    @Override
    public Dataset<Row> transform(Dataset<?> dataset) {
        StructType schema = transformSchema(dataset.schema());
        Broadcast<SentBundle> files = sent(dataset, savesIds());
        Dataset<Row> rows = dataset.select(
                ofUtf8(dataset, keyCol()).as("key"),
                ofUtf8(dataset, orderCol).as("order"),
                column(dataset, imageCol).as("image"));
        return sorted(rows, functions.col("order"))
                .mapPartitions(new WriteTask(copy(new ParamMap()), files), Encoders.row(schema));
    }

    /**
     * Frees, replaces and adds samples of memories with ids. A change is a row with key, order (the sample's id),
     * action and, unless it frees, image. Those of one memory take effect by action, {@code free}, {@code replace},
     * {@code write}, and then by id, ascending; {@code write} makes a memory where a key has none. Two changes of one
     * action to one sample are refused. With reasons, several memories of one key keep their bytes, a row each.
     *
     * @param memories what this writer made, with key and memory
     * @param changes with key, order, action and image
     * @return key, memory and samples, and reason, of all memories that have samples left
     */
    public Dataset<Row> update(Dataset<?> memories, Dataset<?> changes) {
        StructType schema = transformSchema(changes.schema());
        requireType(memories.schema(), keyCol(), type(changes.schema(), keyCol()));
        requireType(memories.schema(), memoryCol(), DataTypes.BinaryType);
        requireType(changes.schema(), actionCol, DataTypes.StringType);
        requireIds(type(changes.schema(), orderCol));
        requireAll(memories);
        Broadcast<SentBundle> files = sent(changes, true);
        DataType images = type(changes.schema(), imageCol);
        Column nothing = functions.lit(null);
        Dataset<Row> rows = memories.select(
                        ofUtf8(memories, keyCol()).as("key"),
                        nothing.cast(DataTypes.LongType).as("id"),
                        nothing.cast(DataTypes.StringType).as("action"),
                        nothing.cast(images).as("image"),
                        column(memories, memoryCol()).as("memory"),
                        functions.lit(0).as("turn"))
                .union(changes.select(
                        ofUtf8(changes, keyCol()),
                        column(changes, orderCol).cast(DataTypes.LongType),
                        column(changes, actionCol),
                        column(changes, imageCol),
                        nothing.cast(DataTypes.BinaryType),
                        UpdateTask.turn(column(changes, actionCol))));
        return sorted(rows, functions.col("turn"), functions.col("id"), functions.col("action"))
                .mapPartitions(new UpdateTask(copy(new ParamMap()), files), Encoders.row(schema));
    }

    /** All rows of a key in one partition, one after the other. */
    private Dataset<Row> sorted(Dataset<Row> rows, Column... order) {
        Column key = functions.col("key");
        int count = value(partitions);
        List<Column> columns = new ArrayList<>(List.of(key));
        columns.addAll(List.of(order));
        return (count == 0 ? rows.repartition(key) : rows.repartition(count, key))
                .sortWithinPartitions(columns.toArray(new Column[0]));
    }

    /** The bundle, if its memories can have ids where they are asked for. */
    private Broadcast<SentBundle> sent(Dataset<?> dataset, boolean ids) {
        requireAll(dataset);
        return sent(dataset, bundle -> {
            if (ids && !bundle.settings().grows()) {
                throw new IllegalArgumentException(
                        ("%s: keepsIds: expected a heap writer with dereferenced keys, whose memories grow, found %s "
                                        + "with %s")
                                .formatted(
                                        uid(),
                                        bundle.settings().writer(),
                                        bundle.settings().addressing()));
            }
        });
    }

    boolean savesIds() {
        return (Boolean) getOrDefault(keepsIds);
    }

    @Override
    public StructType transformSchema(StructType schema) {
        value(bundle());
        DataType key = type(schema, keyCol());
        requireSortable(keyCol(), key);
        DataType order = type(schema, orderCol);
        requireSortable(orderCol, order);
        if (savesIds()) {
            requireIds(order);
        }
        requireImages(schema, imageCol);
        return joined(
                new StructField[] {DataTypes.createStructField(value(keyCol()), key, true)},
                made(memoryCol(), DataTypes.BinaryType),
                made(samplesCol, DataTypes.IntegerType));
    }

    private void requireIds(DataType type) {
        if (!isWhole(type)) {
            throw refused(orderCol, "whole numbers, the samples' ids", type);
        }
    }

    public static MLReader<KanervaWriter> read() {
        return new DefaultParamsReader<>();
    }

    public static KanervaWriter load(String path) {
        return read().load(path);
    }

    public Param<String> orderCol() {
        return orderCol;
    }

    /** The samples' order in their episode, unique there; with {@code keepsIds}, their ids. To be set. */
    public KanervaWriter setOrderCol(String value) {
        return with(orderCol, value);
    }

    public Param<String> imageCol() {
        return imageCol;
    }

    /** Default {@code image}. */
    public KanervaWriter setImageCol(String value) {
        return with(imageCol, value);
    }

    public Param<String> samplesCol() {
        return samplesCol;
    }

    /** Default {@code samples}. */
    public KanervaWriter setSamplesCol(String value) {
        return with(samplesCol, value);
    }

    public Param<String> actionCol() {
        return actionCol;
    }

    /** Default {@code action}. */
    public KanervaWriter setActionCol(String value) {
        return with(actionCol, value);
    }

    public BooleanParam keepsIds() {
        return keepsIds;
    }

    /** Whether memories are heaps with the order column's values as ids, so that {@link #update} can change them. */
    public KanervaWriter setKeepsIds(boolean value) {
        return with(keepsIds, value);
    }

    public IntParam maxSamples() {
        return maxSamples;
    }

    /** The most samples of an episode, 16,384 by default: a task holds an episode's images in Java's heap. */
    public KanervaWriter setMaxSamples(int value) {
        return with(maxSamples, value);
    }

    public IntParam partitions() {
        return partitions;
    }

    /**
     * Partitions of the result; 0, the default, for {@code spark.sql.shuffle.partitions}, 200 unless it is set. Spark's
     * adaptive execution merges small ones of these and never makes more.
     */
    public KanervaWriter setPartitions(int value) {
        return with(partitions, value);
    }

    public IntParam batchSize() {
        return batchSize;
    }

    /** Episodes are written together until they have so many images, 64 by default. */
    public KanervaWriter setBatchSize(int value) {
        return with(batchSize, value);
    }
}
