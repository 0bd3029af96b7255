package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.LambdaBlock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * {@code NDIndex} in all its forms, to read and to assign, on x of shape [B, 4, T, 5] with whole numbers i of shape
 * [3].
 */
class IndexTest {
    private final Map<String, BinaryOperator<NDArray>> reads = new LinkedHashMap<>();
    private final Map<String, BinaryOperator<NDArray>> writes = new LinkedHashMap<>();

    IndexTest() {
        reads.put("positions and slices", (x, i) -> x.get("0, 1:3, :, -1"));
        reads.put("open slices with steps", (x, i) -> x.get(":, 1::2, :, :4:3"));
        reads.put("negative slices", (x, i) -> x.get(":, -3:-1, :, -2:"));
        reads.put("an ellipsis in the middle", (x, i) -> x.get(":, ..., 2"));
        reads.put("an ellipsis at the end", (x, i) -> x.get(":, 2, ..."));
        reads.put("new axes", (x, i) -> x.get(":, null, 0, ..., null"));
        reads.put(
                "a dynamic bound", (x, i) -> x.get(":, :, {}:, 0", x.getShape().get(2) - 1));
        reads.put("one array", (x, i) -> x.get(":, {}", i));
        reads.put("one array of two axes", (x, i) -> x.get(":, {}, :, 0", i.reshape(3, 1)));
        reads.put("one array behind a position", (x, i) -> x.get(0).get(":, 0, {}", i));
        reads.put("two arrays side by side", (x, i) -> x.get(0).get("{}, {}", i, i.mul(0)));
        reads.put("two arrays behind another axis", (x, i) -> x.get(":, {}, {}", i, i.mul(0)));
        reads.put("two arrays with an axis between them", (x, i) -> x.get(":, {}, :, {}", i, i.add(1)));
        reads.put("two arrays that are broadcast", (x, i) -> x.get(":, {}, 0, {}", i.reshape(3, 1), i));
        reads.put("three arrays", (x, i) -> x.get(0).get("{}, {}, {}", i, i.mul(0), i));
        reads.put("an array of floats", (x, i) -> x.get(":, {}", i.toType(DataType.FLOAT32, false)));
        reads.put("a mask of everything", (x, i) -> x.get(x.gt(0.2)));
        reads.put(
                "a mask of the first axis", (x, i) -> x.get(x.get(":, 0, 0, 0").gt(0)));
        reads.put(
                "a mask of the first two axes",
                (x, i) -> x.get(x.get("..., 0, 0").gt(0)));
        reads.put(
                "a mask of the last axis",
                (x, i) -> x.get(":, :, :, {}", x.get("0, 0, 0").gt(0)));
        reads.put(
                "a mask and an array",
                (x, i) -> x.get("{}, 0, 0, {}", x.get(":, 0, 0, 0").lt(9), i.get("0:1")));
        reads.put(
                "a pick",
                (x, i) -> x.get(":, 0, 0")
                        .get(new NDIndex()
                                .addAllDim()
                                .addPickDim(x.get(":, 0, 0").argMax(1))));
        reads.put(
                "a pick of the same rank",
                (x, i) -> x.get(":, :, 0")
                        .get(new NDIndex()
                                .addAllDim()
                                .addPickDim(x.get(":, :, 0").argSort(1).get(":, 0:2"))));
        reads.put(
                "slices and a later part of the same array",
                (x, i) -> x.get(":, 1:").get("..., 0").add(x.get(":, 1:, :, 1")));

        writes.put("a number at a position", (x, i) -> set(x, new NDIndex(":, 2"), 7));
        writes.put("a number in a box", (x, i) -> set(x, new NDIndex(":, 1:3, :, -2:"), 7));
        writes.put(
                "a number in a box of dynamic size",
                (x, i) -> set(x, new NDIndex(":, :, 1:{}", x.getShape().get(2)), 7));
        writes.put("a number at the last of a dynamic axis", (x, i) -> set(x, new NDIndex(":, :, -1"), 7));
        writes.put("a number under a mask", (x, i) -> set(x, new NDIndex("{}", x.gt(0)), 0));
        writes.put(
                "a number under a mask of the first axes",
                (x, i) -> set(x, new NDIndex("{}", x.get("..., 0, 0").gt(0)), 0));
        writes.put("a number at an array's positions", (x, i) -> set(x, new NDIndex(":, {}", i), 3f));
        writes.put("an array in a box", (x, i) -> set(x, new NDIndex(":, 0:2, 0"), x.get(":, 2:4, -1")));
        writes.put("an array that is broadcast", (x, i) -> set(x, new NDIndex(":, 0:2"), x.get("0, 0, 0")));
        writes.put(
                "an array with an axis more",
                (x, i) -> set(x, new NDIndex(":, 0"), x.get(":, 1").expandDims(0)));
        writes.put(
                "an array at an array's positions",
                (x, i) -> set(x, new NDIndex(":, {}", x.getManager().create(new long[] {3, 0})), x.get(":, 1:3")));
        writes.put(
                "an array under a mask",
                (x, i) -> set(x, new NDIndex("{}", x.get(":, 0, 0, 0").lt(9)), x.neg()));
        writes.put("parts of new memory", (x, i) -> {
            NDArray y = x.getManager().create(x.getShape());
            y.set(new NDIndex(":, 0:1"), x.get(":, 3:4"));
            y.set(new NDIndex(":, 1:"), x.get(":, 0:3"));
            return y;
        });
        writes.put("one part after the other", (x, i) -> set(set(x, new NDIndex(":, 0"), 1), new NDIndex("..., 0"), 2));
    }

    private static NDArray set(NDArray x, NDIndex index, Object value) {
        NDArray y = x.add(0);
        if (value instanceof Number number) {
            y.set(index, number);
        } else {
            y.set(index, (NDArray) value);
        }
        return y;
    }

    private static OnnxModel export(BinaryOperator<NDArray> function) {
        return OnnxExporter.export(
                new LambdaBlock(list -> new NDList(function.apply(list.get(0), list.get(1)))),
                List.of(input("x", "B", 4, "T", 5), input("i", DataType.INT64, 3)),
                List.of("y"),
                CHECKED.withInputRange("i", 0, 4).withDimensionLimit("T", 2, 24).withTolerance(0));
    }

    @TestFactory
    Stream<DynamicTest> whatAnIndexSelectsAgreesWithTheEngine() {
        return tests(reads);
    }

    @TestFactory
    Stream<DynamicTest> whatAnIndexIsAssignedAgreesWithTheEngine() {
        return tests(writes);
    }

    private static Stream<DynamicTest> tests(Map<String, BinaryOperator<NDArray>> functions) {
        return functions.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(
                        entry.getKey(),
                        () -> assertThat(export(entry.getValue()).checks()).hasSizeGreaterThanOrEqualTo(2)));
    }

    @Test
    void simpleFormsTakeSingleOperators() {
        assertThat(operators(export((x, i) -> x.get(":, {}", i)))).containsExactly("Gather");
        assertThat(operators(export((x, i) -> x.get(":, 1:3, :, -2:")))).containsExactly("Slice");
        assertThat(operators(export((x, i) -> set(x, new NDIndex(":, 1:3"), 7))))
                .doesNotContain("ScatterElements")
                .contains("Where");
    }
}
