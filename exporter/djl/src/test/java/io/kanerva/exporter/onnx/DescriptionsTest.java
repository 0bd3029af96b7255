package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.onnx.MethodSamples.Sample;
import io.kanerva.exporter.onnx.operators.Operators;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Program;
import io.kanerva.exporter.trace.Sampler;
import io.kanerva.exporter.trace.Statistics;
import io.kanerva.exporter.trace.Tracer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the table of methods says an operation becomes names every ONNX operator that its lowering adds. */
class DescriptionsTest {
    /** Casts, and the arithmetic of shapes, which any operation may need. */
    private static final Set<String> EVERYWHERE =
            Set.of("Cast", "Shape", "Squeeze", "Unsqueeze", "Concat", "Mul", "Add");

    private final Operators operators = new Operators();
    private final Set<String> missing = new TreeSet<>();

    @Test
    void every_operator_of_a_lowering_is_named() {
        Map<String, Sample> samples = new TreeMap<>(MethodSamples.all());
        samples.putAll(SelectionSamples.all());
        samples.putAll(InternalMethodSamples.all());
        samples.values().forEach(this::lower);
        assertThat(missing).isEmpty();
    }

    private void lower(Sample sample) {
        Tracer tracer = new Tracer(
                new LambdaBlock(list -> new NDList(sample.call().apply(list))),
                sample.inputs(),
                Map.of(),
                new Sampler(Map.of()),
                Statistics.RUNNING,
                false);
        Program program = tracer.trace();
        GraphBuilder builder = new GraphBuilder(ExportOptions.defaults());
        Map<Integer, Value> values = new HashMap<>();
        program.inputs()
                .forEach(input -> values.put(input.id(), builder.input(input.name(), input.type(), input.shape())));
        for (Operation operation : program.operations()) {
            int before = builder.build(List.of()).nodes().size();
            List<Value> inputs = operation.inputs().stream()
                    .map(operand -> value(builder, values, operand))
                    .toList();
            List<Value> outputs = operators.lower(builder, operation, inputs);
            for (int i = 0; i < outputs.size(); i++) {
                Operand operand = operation.outputs().get(i);
                values.put(operand.id(), new Value(outputs.get(i).name(), operand.type(), operand.shape()));
            }
            Set<String> named = new TreeSet<>(
                    List.of(operators.description(operation.name()).split("\\W+")));
            builder.build(List.of()).nodes().stream()
                    .skip(before)
                    .map(Node::operator)
                    .filter(operator -> !named.contains(operator) && !EVERYWHERE.contains(operator))
                    .forEach(operator -> missing.add(operation.name() + ": " + operator));
        }
    }

    private static Value value(GraphBuilder builder, Map<Integer, Value> values, Operand operand) {
        if (operand == null) {
            return Value.ABSENT;
        }
        return values.computeIfAbsent(
                operand.id(),
                id -> operand.name().isEmpty()
                        ? builder.constant(operand.constant())
                        : builder.initializer(operand.name(), operand.constant()));
    }
}
