package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.internal.NDArrayEx;
import io.kanerva.exporter.trace.ArrayMethods.Treatment;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What becomes of each method of DJL's array interfaces when a block calls it while it is traced. */
public final class MethodReport {
    /** What a call comes to. */
    public enum Outcome {
        /** It is part of the graph. */
        EXPORTED,
        /** It is answered while tracing, or there is nothing to do. */
        ANSWERED,
        /** It makes the export fail. */
        REFUSED
    }

    /**
     * One method.
     *
     * @param type {@code NDArray} or {@code NDArrayEx}
     * @param signature for example {@code sum(int[],boolean)}
     * @param operation the tape's name for it, if it is recorded as one operation
     * @param outcome what a call comes to
     * @param remark in words; empty for most recorded operations, whose lowering has a description of its own
     */
    public record Row(String type, String signature, Optional<String> operation, Outcome outcome, String remark) {}

    private MethodReport() {}

    /** All methods, those of {@code NDArray} first, each in alphabetical order. */
    public static List<Row> rows() {
        return Stream.of(NDArray.class, NDArrayEx.class)
                .flatMap(type -> methods(type).stream().map(method -> row(type, method)))
                .toList();
    }

    private static Row row(Class<?> type, Method method) {
        String signature = RecordedMethods.signature(method);
        Treatment treatment = ArrayMethods.treatment(method);
        Optional<String> operation = RecordedMethods.find(method).map(RecordedMethods.Entry::operation);
        Outcome outcome = switch (treatment) {
            case RECORDED, ASSIGNED, DERIVED, REWRITTEN, ITSELF -> Outcome.EXPORTED;
            case ANSWERED, OWN, IGNORED -> signature.endsWith("(Shape)") ? Outcome.EXPORTED : Outcome.ANSWERED;
            case READS_VALUES, REFUSED, UNKNOWN -> Outcome.REFUSED;
        };
        return new Row(
                type.getSimpleName(),
                signature,
                operation,
                outcome,
                switch (treatment) {
                    case RECORDED -> MissingMethods.contains(method) ? EngineMethods.MISSING : "";
                    case ASSIGNED ->
                        signature.contains("NDIndex")
                                ? "a new version of the array: Where, or ScatterElements on its positions"
                                : "a new version of the array";
                    case DERIVED -> "through the methods that DJL's default calls";
                    case ANSWERED -> "answered while tracing; a size stays an expression in the dynamic dimensions";
                    case OWN ->
                        signature.endsWith("(Shape)")
                                ? "through " + method.getName() + "(long[])"
                                : "answered by the recording";
                    case REWRITTEN -> EngineMethods.remark(method);
                    case IGNORED -> "nothing to export: memory and gradients";
                    case ITSELF -> "the array itself";
                    case READS_VALUES ->
                        "it reads the array's values, which the graph only has when it runs; compute with arrays "
                                + "(where, comparisons) instead";
                    case REFUSED, UNKNOWN -> ArrayMethods.reason(method);
                });
    }

    /** The methods of an interface that a caller of an array can reach, in alphabetical order. */
    private static List<Method> methods(Class<?> type) {
        Map<String, Method> methods = Arrays.stream(type.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isSynthetic())
                .collect(Collectors.toMap(
                        RecordedMethods::signature,
                        method -> method,
                        (a, b) -> a.getReturnType().isAssignableFrom(b.getReturnType()) ? b : a));
        return methods.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(Map.Entry::getValue)
                .toList();
    }
}
