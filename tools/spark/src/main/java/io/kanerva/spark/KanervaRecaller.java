package io.kanerva.spark;

import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
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
 * Recalls a query from a memory in each row, and adds a struct (sample, score, image) of the sample that was found in
 * the last iteration, its score and the image, [Cx Hx Wx] floats: those of {@link io.kanerva.runtime.Kanerva#recall},
 * to the bit. The samples of memories with ids are named by their ids. With {@code onError} of {@code reason} a column
 * {@code reason} follows.
 *
 * <p>Nothing is shuffled. To be searched, a memory is read back first, once for rows that are near each other: sort the
 * rows by key where each memory has many.
 */
public final class KanervaRecaller extends KanervaStage<KanervaRecaller> {

    private final Param<String> queryCol;
    private final Param<String> queryKeyCol;
    private final Param<String> outputCol;
    private final IntParam iterations;

    public KanervaRecaller() {
        this(Identifiable$.MODULE$.randomUID("kanervaRecaller"));
    }

    public KanervaRecaller(String uid) {
        super(uid);
        queryCol = param("queryCol", "images to recall: a struct of Spark, picture files, or arrays of floats");
        queryKeyCol = param("queryKeyCol", "of find: what names a query");
        outputCol =
                param("outputCol", "what is recalled: a struct (sample, score, image), or found: (key, sample, score)");
        iterations = new IntParam(
                this, "iterations", "how often each result is the next query", ParamValidators.inRange(1, 10_000));
        setDefault(queryCol, "query");
        setDefault(outputCol, "recall");
        setDefault(iterations, 1);
    }

    @Override
    public Dataset<Row> transform(Dataset<?> dataset) {
        transformSchema(dataset.schema());
        Broadcast<SentBundle> files = sent(dataset, unused -> {});
        Column name = isDefined(keyCol())
                ? column(dataset, keyCol()).cast(DataTypes.StringType)
                : functions.lit(null).cast(DataTypes.StringType);
        RecallFunction recall = new RecallFunction(copy(new ParamMap()), files);
        String output = value(outputCol);
        // A function, for what else a row has stays as it is then: Java's dates are not those of Spark.
        Dataset<Row> recalled = dataset.withColumn(
                output,
                functions
                        .udf(recall, gathersReasons() ? RecallFunction.WITH_REASON : Recalled.SCHEMA)
                        .asNonNullable()
                        .apply(column(dataset, memoryCol()), column(dataset, queryCol), name));
        if (!gathersReasons()) {
            return recalled;
        }
        Column found = column(recalled, outputCol);
        return recalled.withColumn(value(reasonCol()), found.getField("reason"))
                .withColumn(output, found.getField("recall"));
    }

    @Override
    public StructType transformSchema(StructType schema) {
        value(bundle());
        DataType memory = type(schema, memoryCol());
        if (!memory.equals(DataTypes.BinaryType)) {
            throw refused(memoryCol(), "binary, memories in the runtime's file format", memory);
        }
        requireImages(schema, queryCol);
        if (isDefined(keyCol())) {
            type(schema, keyCol());
        }
        return joined(schema.fields(), made(outputCol, Recalled.SCHEMA));
    }

    /**
     * Finds for each query, among all memories, the one whose sample matches it best: the best of what
     * {@link io.kanerva.runtime.Kanerva#lookUp} finds in each memory, none left out. The result has a row for each
     * query with its key and a struct (key, sample, score): the memory's key, the sample's number or id and the match
     * in [-1, 1], of float32 precision; null if there are no samples at all. Of equal scores, the least key counts,
     * then the least sample.
     *
     * <p>The queries are sent to all executors, by way of the driver, 4 bytes a value; then each memory is read back
     * once, where it is. A memory that cannot be used, or has no key, ends the job also where {@code onError} is
     * {@code reason}, since no answer would be sure without it; queries become rows with a reason.
     *
     * @param memories with key and memory; keys should be unique
     * @param queries with {@code queryKeyCol} and query; all of one key are refused, a row each
     * @return query key, {@code outputCol}, and reason where {@code onError} is {@code reason}
     */
    public Dataset<Row> find(Dataset<?> memories, Dataset<?> queries) {
        if (value(iterations) != 1) {
            throw new IllegalArgumentException(
                    "%s: find: expected iterations of 1, found %d".formatted(uid(), value(iterations)));
        }
        value(bundle());
        DataType key = type(memories.schema(), keyCol());
        requireSortable(keyCol(), key);
        requireType(memories.schema(), memoryCol(), DataTypes.BinaryType);
        DataType id = type(queries.schema(), queryKeyCol);
        requireSortable(queryKeyCol, id);
        requireImages(queries.schema(), queryCol);
        String[] names = joined(
                        new StructField[] {DataTypes.createStructField(value(queryKeyCol), id, true)},
                        made(outputCol, Recalled.SCHEMA))
                .fieldNames();
        requireAll(memories);
        requireAll(queries);
        Broadcast<SentBundle> files = sent(memories, unused -> {});

        Dataset<Row> asked = queries.select(
                ofUtf8(queries, queryKeyCol).as("id"), column(queries, queryCol).as("image"));
        Dataset<Row> blocks = asked.repartition(asked.col("id"))
                .sortWithinPartitions("id")
                .mapPartitions(new QueryTask(copy(new ParamMap()), files), Encoders.row(QueryTask.schema(id)));
        Dataset<Row> matches = memories.select(
                        ofUtf8(memories, keyCol()).as("key"),
                        column(memories, memoryCol()).as("memory"))
                .crossJoin(functions.broadcast(blocks.select("ids", "images").where("ids is not null")))
                .mapPartitions(new FindTask(copy(new ParamMap()), files), Encoders.row(FindTask.schema(id, key)));
        // Every query has a row, if there are no memories, too.
        return blocks.selectExpr("explode(ids) as id", "null as match")
                .union(matches)
                .groupBy("id")
                .agg(functions.min("match").as("match"))
                .selectExpr(
                        "id",
                        "if(match is null, null, struct(match.key, match.sample, -match.less as score))",
                        "null as reason")
                .union(blocks.where("ids is null").selectExpr("refused", "null", "reason"))
                .drop(gathersReasons() ? "" : "reason")
                .toDF(names);
    }

    public static MLReader<KanervaRecaller> read() {
        return new DefaultParamsReader<>();
    }

    public static KanervaRecaller load(String path) {
        return read().load(path);
    }

    public Param<String> queryCol() {
        return queryCol;
    }

    /** Default {@code query}. */
    public KanervaRecaller setQueryCol(String value) {
        return with(queryCol, value);
    }

    public Param<String> queryKeyCol() {
        return queryKeyCol;
    }

    /** What names a query that {@link #find} takes, unique among them. */
    public KanervaRecaller setQueryKeyCol(String value) {
        return with(queryKeyCol, value);
    }

    public Param<String> outputCol() {
        return outputCol;
    }

    /** Default {@code recall}. */
    public KanervaRecaller setOutputCol(String value) {
        return with(outputCol, value);
    }

    public IntParam iterations() {
        return iterations;
    }

    /** How often each result is the next query, 1 to 10,000; 1 by default. */
    public KanervaRecaller setIterations(int value) {
        return with(iterations, value);
    }
}
