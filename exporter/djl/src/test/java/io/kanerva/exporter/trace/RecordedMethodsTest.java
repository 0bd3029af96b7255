package io.kanerva.exporter.trace;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.internal.NDArrayEx;
import io.kanerva.exporter.onnx.operators.Operators;
import io.kanerva.exporter.trace.RecordedMethods.Entry;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RecordedMethodsTest {
    private final List<Method> methods = Stream.of(NDArray.class, NDArrayEx.class, NDManager.class)
            .flatMap(type -> Arrays.stream(type.getMethods()))
            .toList();

    @Test
    void everyLineOfTheTablesIsAMethodOfDjlWithAsManyArguments() {
        Set<String> found = new TreeSet<>();
        for (Method method : methods) {
            RecordedMethods.find(method).ifPresent(entry -> {
                found.add(RecordedMethods.signature(method));
                assertThat(entry.arguments())
                        .as(RecordedMethods.signature(method))
                        .hasSize(method.getParameterCount());
            });
        }
        assertThat(found).containsExactlyInAnyOrderElementsOf(RecordedMethods.signatures());
    }

    @Test
    void everyRecordedOperationCanBeSaidInOnnx() {
        Set<String> operations = new TreeSet<>(methods.stream()
                .flatMap(method -> RecordedMethods.find(method).stream())
                .map(Entry::operation)
                .toList());
        operations.addAll(Set.of("composite", "constantOfSize", "number", "set"));
        assertThat(new Operators().names()).containsExactlyElementsOf(operations);
    }

    @Test
    void rulesForShapesAndSizesNameOperations() {
        assertThat(RecordedMethods.operations())
                .containsAll(ShapeRules.operations())
                .containsAll(StrideRules.operations());
    }
}
