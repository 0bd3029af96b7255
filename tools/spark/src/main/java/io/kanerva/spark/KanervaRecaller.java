package io.kanerva.spark;

import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
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
    private final Param<String> outputCol;
    private final IntParam iterations;

    public KanervaRecaller() {
        this(Identifiable$.MODULE$.randomUID("kanervaRecaller"));
    }

    public KanervaRecaller(String uid) {
        super(uid);
        queryCol = param("queryCol", "images to recall: a struct of Spark, picture files, or arrays of floats");
        outputCol = param("outputCol", "what is recalled: a struct (sample, score, image)");
        iterations = new IntParam(
                this, "iterations", "how often each result is the next query", ParamValidators.inRange(1, 10_000));
        setDefault(queryCol, "query");
        setDefault(outputCol, "recall");
        setDefault(iterations, 1);
    }

    @Override
    public Dataset<Row> transform(Dataset<?> dataset) {
        StructType schema = transformSchema(dataset.schema());
        Broadcast<SentBundle> files = SentBundle.broadcast(dataset.sparkSession(), getBundle(), device());
        return dataset.toDF().mapPartitions(new RecallTask(this, dataset.schema(), files), Encoders.row(schema));
    }

    @Override
    public StructType transformSchema(StructType schema) {
        required(bundle());
        DataType memory = type(schema, memoryCol());
        if (!memory.equals(DataTypes.BinaryType)) {
            throw refused(memoryCol(), "binary, memories in the runtime's file format", memory);
        }
        requireImages(schema, queryCol);
        if (isDefined(keyCol())) {
            type(schema, keyCol());
        }
        StructField recall = DataTypes.createStructField(getOutputCol(), Recalled.SCHEMA, gathersReasons());
        return gathersReasons()
                ? joined(
                        schema.fields(),
                        recall,
                        DataTypes.createStructField(getReasonCol(), DataTypes.StringType, true))
                : joined(schema.fields(), recall);
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

    public String getQueryCol() {
        return getOrDefault(queryCol);
    }

    public Param<String> outputCol() {
        return outputCol;
    }

    /** Default {@code recall}. */
    public KanervaRecaller setOutputCol(String value) {
        return with(outputCol, value);
    }

    public String getOutputCol() {
        return getOrDefault(outputCol);
    }

    public IntParam iterations() {
        return iterations;
    }

    /** How often each result is the next query, 1 to 10,000; 1 by default. */
    public KanervaRecaller setIterations(int value) {
        return with(iterations, value);
    }

    public int getIterations() {
        return (Integer) getOrDefault(iterations);
    }
}
