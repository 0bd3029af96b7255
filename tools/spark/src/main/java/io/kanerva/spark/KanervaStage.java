package io.kanerva.spark;

import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What the stages share. A bundle that cannot be opened and columns that are missing or of another type are an
 * {@link IllegalArgumentException} before any job starts; a row that cannot be used ends the job with a
 * {@link RowRefusedException} or, with {@code onError} of {@code reason}, becomes a row that says why.
 *
 * @param <S> the stage itself
 */
public abstract class KanervaStage<S extends KanervaStage<S>> extends Transformer implements DefaultParamsWritable {

    private static final String FAIL = "fail";
    private static final String REASON = "reason";

    private final String uid;
    private final Param<String> bundle;
    private final Param<String> device;
    private final Param<String> keyCol;
    private final Param<String> memoryCol;
    private final Param<String> onError;
    private final Param<String> reasonCol;

    KanervaStage(String uid) {
        this.uid = uid;
        bundle = param("bundle", "the bundle: a folder of any file system of Hadoop, or classpath: and a folder there");
        device = param("device", "where the graphs run: cpu or cuda");
        keyCol = param("keyCol", "whose samples are an episode, and which rows messages name");
        memoryCol = param("memoryCol", "the memories, binary, in the runtime's file format");
        onError = param("onError", "what a row does that cannot be used: fail the job, or give a reason");
        reasonCol = param("reasonCol", "why there is no result, where onError is reason");
        setDefault(device, "cpu");
        setDefault(memoryCol, "memory");
        setDefault(onError, FAIL);
        setDefault(reasonCol, "reason");
    }

    final Param<String> param(String name, String doc) {
        return new Param<>(this, name, doc);
    }

    final IntParam count(String name, String doc, int least) {
        return new IntParam(this, name, doc, ParamValidators.gtEq(least));
    }

    @SuppressWarnings("unchecked")
    final <T> S with(Param<T> param, T value) {
        set(param, value);
        return (S) this;
    }

    @Override
    public String uid() {
        return uid;
    }

    @Override
    @SuppressWarnings("unchecked")
    public S copy(ParamMap extra) {
        return (S) defaultCopy(extra);
    }

    public Param<String> bundle() {
        return bundle;
    }

    /**
     * The bundle: a folder of any file system that Hadoop knows, or {@code classpath:} and a folder there, such as
     * {@code classpath:io/kanerva/models/fashion-mnist}. To be set.
     */
    public S setBundle(String value) {
        return with(bundle, value);
    }

    public Param<String> deviceParam() {
        return device;
    }

    /** {@code cpu}, the default, or {@code cuda}: one for all executors, since their bits differ. */
    public S setDevice(String value) {
        return with(device, value);
    }

    public Param<String> keyCol() {
        return keyCol;
    }

    public S setKeyCol(String value) {
        return with(keyCol, value);
    }

    public Param<String> memoryCol() {
        return memoryCol;
    }

    /** Default {@code memory}. */
    public S setMemoryCol(String value) {
        return with(memoryCol, value);
    }

    public Param<String> onError() {
        return onError;
    }

    /** {@code fail}, the default, or {@code reason}. */
    public S setOnError(String value) {
        return with(onError, value);
    }

    public Param<String> reasonCol() {
        return reasonCol;
    }

    /** Default {@code reason}. */
    public S setReasonCol(String value) {
        return with(reasonCol, value);
    }

    /** A parameter's value, which must be there. */
    final <T> T value(Param<T> param) {
        if (!isDefined(param)) {
            throw new IllegalArgumentException("%s: expected a value for %s, found none".formatted(uid, param.name()));
        }
        return getOrDefault(param);
    }

    final int value(IntParam param) {
        return (Integer) getOrDefault(param);
    }

    final Device device() {
        return Device.valueOf(oneOf(device, List.of("cpu", "cuda")).toUpperCase(Locale.ROOT));
    }

    final boolean gathersReasons() {
        return oneOf(onError, List.of(FAIL, REASON)).equals(REASON);
    }

    private String oneOf(Param<String> param, List<String> values) {
        String value = getOrDefault(param);
        if (!values.contains(value)) {
            throw new IllegalArgumentException(
                    "%s: %s: expected one of %s, found %s".formatted(uid, param.name(), values, value));
        }
        return value;
    }

    /** The type of a column that must be there. */
    final DataType type(StructType schema, Param<String> param) {
        String name = value(param);
        List<StructField> found = Arrays.stream(schema.fields())
                .filter(field -> field.name().equals(name))
                .toList();
        if (found.size() != 1) {
            throw new IllegalArgumentException("%s: %s: expected one column %s, found %d among %s"
                    .formatted(uid, param.name(), name, found.size(), Arrays.toString(schema.fieldNames())));
        }
        return found.get(0).dataType();
    }

    final IllegalArgumentException refused(Param<String> param, String expected, DataType found) {
        return new IllegalArgumentException("%s: column %s (%s): expected %s, found %s"
                .formatted(uid, getOrDefault(param), param.name(), expected, found.catalogString()));
    }

    /**
     * Types whose equal values are one value: neither NaN nor collations, nor dates and timestamps, which reach tasks
     * in the Julian calendar and a time zone.
     */
    final void requireSortable(Param<String> param, DataType type) {
        boolean fits = isWhole(type)
                || type instanceof DecimalType
                || List.of(DataTypes.StringType, DataTypes.TimestampNTZType).contains(type);
        if (!fits) {
            throw refused(
                    param,
                    "a whole number, decimal, string or timestamp_ntz (unix_date and unix_micros make numbers)",
                    type);
        }
    }

    final void requireType(StructType schema, Param<String> param, DataType expected) {
        DataType found = type(schema, param);
        if (!found.equals(expected)) {
            throw refused(param, expected.catalogString(), found);
        }
    }

    static boolean isWhole(DataType type) {
        return type instanceof ByteType
                || type instanceof ShortType
                || type instanceof IntegerType
                || type instanceof LongType;
    }

    final void requireImages(StructType schema, Param<String> param) {
        DataType type = type(schema, param);
        String obstacle = ImageCell.obstacle(type);
        if (obstacle != null) {
            throw new IllegalArgumentException(
                    "%s: column %s (%s): %s".formatted(uid, getOrDefault(param), param.name(), obstacle));
        }
    }

    /** A column that is made: null only in a row that has a reason. */
    final StructField made(Param<String> param, DataType type) {
        return DataTypes.createStructField(value(param), type, gathersReasons());
    }

    /** What brings rows together needs all of them. */
    final void requireAll(Dataset<?> dataset) {
        if (dataset.isStreaming()) {
            throw new IllegalArgumentException(
                    "%s: expected rows that are all there, found a stream (its foreachBatch gives such rows)"
                            .formatted(uid));
        }
    }

    /** The bundle on its way to the executors, if its model can do what is asked. */
    final Broadcast<SentBundle> sent(Dataset<?> dataset, Consumer<Bundle> check) {
        return SentBundle.broadcast(dataset.sparkSession(), value(bundle), device(), check);
    }

    /** Columns that are made must differ from each other and from those that stay, in Spark's eyes, too. */
    final StructType joined(StructField[] kept, StructField... made) {
        List<StructField> all = new ArrayList<>(List.of(made));
        if (gathersReasons()) {
            all.add(made(reasonCol, DataTypes.StringType));
        }
        StructType schema = new StructType(kept);
        for (StructField field : all) {
            for (StructField earlier : schema.fields()) {
                if (earlier.name().equalsIgnoreCase(field.name())) {
                    throw new IllegalArgumentException("%s: expected a new name for column %s, found %s among %s"
                            .formatted(uid, field.name(), earlier.name(), Arrays.toString(schema.fieldNames())));
                }
            }
            schema = schema.add(field);
        }
        return schema;
    }

    /**
     * A column whose text, if that is what it holds, is UTF-8: other bytes would all reach a task as one character, so
     * that different keys were one. They end the job also where reasons are gathered, since no row could name its key.
     */
    final Column ofUtf8(Dataset<?> dataset, Param<String> param) {
        Column column = column(dataset, param);
        if (!type(dataset.schema(), param).equals(DataTypes.StringType)) {
            return column;
        }
        String expected = "%s: column %s (%s): expected text in UTF-8, found the bytes "
                .formatted(uid, getOrDefault(param), param.name());
        Column bytes = functions.substring(functions.hex(column), 1, 60);
        return functions
                .when(column.isNull().or(functions.is_valid_utf8(column)), column)
                .otherwise(functions.raise_error(functions.concat(functions.lit(expected), bytes)));
    }

    /** A column by its whole name, dots and all. */
    final Column column(Dataset<?> dataset, Param<String> param) {
        return dataset.col("`" + value(param).replace("`", "``") + "`");
    }
}
