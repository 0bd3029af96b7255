package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.onnx.MethodSamples.Sample;
import io.kanerva.exporter.onnx.operators.Operators;
import io.kanerva.exporter.trace.CompositeOperation;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Program;
import io.kanerva.exporter.trace.RecordedArguments;
import io.kanerva.exporter.trace.Sampler;
import io.kanerva.exporter.trace.Statistics;
import io.kanerva.exporter.trace.Tracer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What is written twice is held together over a sample of every recorded method: the operators that a lowering adds
 * with the table of methods and with ONNX's forms, the arguments that it reads with those that the tables record.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoweringsTest {
    /** Casts, and the arithmetic of shapes, which any operation may need. */
    private static final Set<String> EVERYWHERE =
            Set.of("Cast", "Shape", "Gather", "Squeeze", "Unsqueeze", "Concat", "Mul", "Add");

    /** Arguments that lowerings find in the shapes of the outputs. */
    private static final Map<String, Set<String>> OUTPUT_SIZES = Map.of(
            "zeros", Set.of("shape"),
            "ones", Set.of("shape"),
            "full", Set.of("shape"),
            "eye", Set.of("rows", "columns"),
            "interpolation", Set.of("size"));

    private final Operators operators = new Operators();
    private final Set<String> missing = new TreeSet<>();

    private final Map<String, Set<String>> read = new TreeMap<>();
    private final Set<String> added = new TreeSet<>();

    @BeforeAll
    void lowerAllSamples() {
        Map<String, Sample> samples = new TreeMap<>(MethodSamples.all());
        samples.putAll(SelectionSamples.all());
        samples.putAll(InternalMethodSamples.all());
        samples.put(
                "full", new Sample(List.of(input("x", "B", 3)), x -> x.head().add(filled(x.head()))));
        samples.put(
                "number", new Sample(List.of(input("x", "B", 3)), x -> x.head().mul(rows(x.head()))));
        samples.put(
                "constantOfSize",
                new Sample(
                        List.of(input("x", "B", 3)),
                        x -> x.head().sum(new int[] {1}).mul(ones(x.head()))));
        samples.put(
                "linspace",
                new Sample(
                        List.of(input("x", "B", 3)),
                        x -> x.head().sum(new int[] {1}).mul(line(x.head()))));
        samples.put(
                "hanningWindow",
                new Sample(
                        List.of(input("x", "B", 3)),
                        x -> x.head().sum(new int[] {1}).mul(window(x.head()))));
        samples.put(
                "composite",
                new Sample(
                        List.of(input("x", "B", 3)),
                        x -> CompositeOperation.apply(new Doubled(), x).head()));
        samples.values().forEach(this::lower);
    }

    private static NDArray filled(NDArray x) {
        return x.getManager().full(x.getShape(), 2);
    }

    /** A number that is an ordinary constant to the block, and the same expression at all sizes. */
    private static NDArray rows(NDArray x) {
        return x.getManager().create((float) x.getShape().get(0));
    }

    private static NDArray ones(NDArray x) {
        float[] ones = new float[(int) x.getShape().get(0)];
        Arrays.fill(ones, 1);
        return x.getManager().create(ones);
    }

    private static NDArray line(NDArray x) {
        return x.getManager().linspace(0, 1, (int) x.getShape().get(0));
    }

    private static NDArray window(NDArray x) {
        return x.getManager().hanningWindow(x.getShape().get(0));
    }

    private record Doubled() implements Composite {
        @Override
        public String name() {
            return "Doubled";
        }

        @Override
        public NDList compute(NDList inputs) {
            return new NDList(inputs.head().mul(2));
        }

        @Override
        public List<Value> lower(GraphBuilder graph, List<Value> inputs) {
            return List.of(graph.node("Add", inputs.get(0), inputs.get(0)));
        }
    }

    @Test
    void everyOperatorOfALoweringIsNamed() {
        assertThat(missing).isEmpty();
    }

    @Test
    void everyOperatorOfALoweringHasItsFormInTheTable() {
        assertThat(OperatorSchema.operators()).containsAll(added);
    }

    @Test
    void everyArgumentOfARecordedMethodIsReadByItsLowering() {
        OUTPUT_SIZES.forEach((operation, arguments) ->
                read.computeIfAbsent(operation, key -> new TreeSet<>()).addAll(arguments));
        Map<String, Set<String>> recorded = new TreeMap<>(RecordedArguments.all());
        // A loop is no method of an array: LoopLowering adds it, and LoopTest holds what it reads.
        recorded.remove("loop");
        assertThat(read).containsExactlyInAnyOrderEntriesOf(recorded);
    }

    private void lower(Sample sample) {
        Tracer tracer = new Tracer(
                new LambdaBlock(list -> new NDList(sample.call().apply(list))),
                sample.inputs(),
                Map.of(),
                new Sampler(Map.of()),
                Statistics.RUNNING,
                0);
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
            List<Value> outputs = operators.lower(builder, noted(operation), inputs);
            for (int i = 0; i < outputs.size(); i++) {
                Operand operand = operation.outputs().get(i);
                values.put(operand.id(), new Value(outputs.get(i).name(), operand.type(), operand.shape()));
            }
            Set<String> named = new TreeSet<>(
                    List.of(operators.description(operation.name()).split("\\W+")));
            builder.build(List.of()).nodes().stream()
                    .skip(before)
                    .map(Node::operator)
                    .peek(added::add)
                    .filter(operator -> !named.contains(operator) && !EVERYWHERE.contains(operator))
                    .forEach(operator -> missing.add(operation.name() + ": " + operator));
        }
    }

    /** The same operation, which notes what its lowering asks for. */
    private Operation noted(Operation operation) {
        Map<String, Object> attributes = new HashMap<>(operation.attributes()) {
            private static final long serialVersionUID = 1;

            @Override
            public Object get(Object name) {
                read.computeIfAbsent(operation.name(), key -> new TreeSet<>()).add((String) name);
                return super.get(name);
            }
        };
        return new Operation(operation.name(), operation.inputs(), attributes, operation.outputs(), operation.site());
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
