package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.MethodReport;
import io.kanerva.exporter.trace.MethodReport.Outcome;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each method that is said to be refused makes the export fail with its name, its reason, the block and the line. */
class RefusedMethodsTest {
    private static final Map<Class<?>, Object> ARGUMENTS = Map.ofEntries(
            Map.entry(int.class, 1),
            Map.entry(long.class, 1L),
            Map.entry(float.class, 1f),
            Map.entry(double.class, 1.0),
            Map.entry(boolean.class, false),
            Map.entry(Number.class, 1),
            Map.entry(long[].class, new long[] {0, 0}),
            Map.entry(int[].class, new int[] {0}),
            Map.entry(Shape.class, new Shape(1)),
            Map.entry(DataType.class, DataType.FLOAT32),
            Map.entry(SparseFormat.class, SparseFormat.COO),
            Map.entry(Charset.class, StandardCharsets.UTF_8),
            Map.entry(List.class, List.of()));

    private static Object argument(Class<?> type, NDArray x) {
        if (type == NDArray.class) {
            return x;
        }
        if (type == NDList.class) {
            return new NDList(x);
        }
        return type == NDManager.class ? x.getManager() : ARGUMENTS.get(type);
    }

    private static NDArray call(Method method, NDArray x) {
        Object receiver = method.getDeclaringClass() == NDArrayEx.class ? x.getNDArrayInternal() : x;
        Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(type -> argument(type, x))
                .toArray();
        try {
            method.invoke(receiver, arguments);
            return x;
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String signature(Method method) {
        return method.getName()
                + Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(",", "(", ")"));
    }

    private static Method method(MethodReport.Row row) {
        Class<?> type = row.type().equals("NDArray") ? NDArray.class : NDArrayEx.class;
        return Arrays.stream(type.getMethods())
                .filter(method -> !method.isSynthetic() && signature(method).equals(row.signature()))
                .findFirst()
                .orElseThrow();
    }

    @TestFactory
    Stream<DynamicTest> aRefusedMethodIsNamedWithItsReasonAndItsPlace() {
        return MethodReport.rows().stream()
                .filter(row -> row.outcome() == Outcome.REFUSED)
                .map(row -> DynamicTest.dynamicTest(
                        row.type() + "." + row.signature(),
                        () -> assertThatThrownBy(() -> exportFunction(x -> call(method(row), x), input("x", "B", 6)))
                                .isInstanceOf(ExportException.class)
                                .hasMessageContaining(method(row).getName())
                                .hasMessageMatching("(?s).*(cannot be exported: .{20,}|reads the values "
                                        + "of a traced array; .{20,}).*")
                                .hasMessageContaining("(in LambdaBlock at ")));
    }

    @Test
    void aComplexOutputIsRefusedWithTheWayOut() {
        assertThatThrownBy(() -> exportFunction(x -> x.fft(6), input("x", "B", 6)))
                .hasMessageContaining("output y is of type complex64, which is not exported")
                .hasMessageContaining("through real()");
        assertThatThrownBy(() -> exportFunction(x -> x.fft(6).exp().real(), input("x", "B", 6)))
                .hasMessageContaining("exp cannot be exported: complex arrays are exported through")
                .hasMessageContaining("take real()");
    }

    @Test
    void whatTheEngineRefusesIsSaidToFailInTheBlock() {
        assertThatThrownBy(() -> exportFunction(x -> x.max(new int[] {0, 1}), input("x", "B", 6)))
                .hasMessageContaining("the block fails with x [B, 6] at every size that was tried")
                .hasMessageContaining("Only 1 axis is support");
        assertThatThrownBy(() -> exportFunction(
                        x -> x.getNDArrayInternal().where(x.get(0).gt(0), x), input("x", "B", 6)))
                .hasMessageContaining("broadcast is not supported");
    }

    @Test
    void anInterpolationNeverAlignsCornersWhateverItIsTold() {
        OnnxModel told = exportFunction(
                x -> x.getNDArrayInternal().interpolation(new long[] {9, 9}, 1, true), input("x", "B", 1, 4, 4));
        OnnxModel not = exportFunction(
                x -> x.getNDArrayInternal().interpolation(new long[] {9, 9}, 1, false), input("x", "B", 1, 4, 4));
        assertThat(told.toText()).isEqualTo(not.toText());
    }

    @Test
    void aViewMayBeChangedInPlaceIfWhatItLooksAtIsNotUsedAgain() {
        OnnxModel model =
                exportFunction(x -> x.exp().reshape(-1, 3).addi(1).transpose().muli(2), input("x", "B", 6));
        assertThat(model.checks()).isNotEmpty();
    }
}
