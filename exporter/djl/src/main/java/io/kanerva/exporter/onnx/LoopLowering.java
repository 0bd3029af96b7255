package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.LoopProgram;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Program;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Writes a Java loop over a dynamic dimension as ONNX's Loop. */
final class LoopLowering {
    private final GraphBuilder graph;
    private final List<Value> inputs;
    private final LoopProgram loop;
    private final Size times;

    /** Adds the nodes of a body to its graph and returns its outputs. */
    @FunctionalInterface
    interface Body {
        List<Value> lower(GraphBuilder graph, Program program, List<Value> inputs);
    }

    LoopLowering(GraphBuilder graph, Operation operation, List<Value> inputs) {
        this.graph = graph;
        this.inputs = inputs;
        this.loop = operation.get("body", LoopProgram.class);
        this.times = operation.size("times");
    }

    /** Adds the node and returns its results. */
    List<Value> lower(Body lowering) {
        Program program = loop.body();
        List<Operand> outputs = program.outputs();
        GraphBuilder body = graph.subgraph();
        Value number = body.input(graph.unique("iteration"), ElementType.INT64, List.of());
        Value condition = body.input(graph.unique("condition"), ElementType.BOOL, List.of());
        body.dimension(loop.iteration(), body.node("Unsqueeze", number, body.integers(0)));
        List<Value> read = new ArrayList<>();
        for (Operand state : program.inputs().subList(0, loop.states())) {
            // Without a shape, which may change from one iteration to the next.
            read.add(body.input(graph.unique("state"), state.type(), null));
        }
        read.addAll(inputs.subList(loop.states(), inputs.size()));
        List<Value> results = lowering.lower(body, program, read);

        List<Value> from =
                new ArrayList<>(List.of(graph.element(graph.size(times)), graph.scalar(ElementType.BOOL, 1)));
        List<Value> to = new ArrayList<>(List.of(named(body, condition, ElementType.BOOL, List.of())));
        int ends = loop.states() + loop.finals();
        int[] at = new int[outputs.size()];
        for (int i = 0; i < outputs.size(); i++) {
            int state = i < loop.states() || i >= ends ? -1 : stateOf(outputs.get(i));
            at[i] = state < 0 ? to.size() - 1 : at[state];
            if (state >= 0) {
                continue;
            }
            if (i < ends) {
                from.add(i < loop.states() ? inputs.get(i) : beginning(outputs.get(i)));
            }
            to.add(named(
                    body,
                    results.get(i),
                    outputs.get(i).type(),
                    i < ends ? null : outputs.get(i).shape()));
        }
        List<Value> found = graph.nodes("Loop", to.size() - 1, from, "body", body.build(to));
        List<Value> returned = new ArrayList<>();
        for (int i = loop.states(); i < outputs.size(); i++) {
            Value value = found.get(at[i]);
            returned.add(i < ends ? value : shaped(value, outputs.get(i)));
        }
        return returned;
    }

    /** The state that hands on a result; -1 if none does. */
    private int stateOf(Operand result) {
        for (int i = 0; i < loop.states(); i++) {
            if (loop.body().outputs().get(i).id() == result.id()) {
                return i;
            }
        }
        return -1;
    }

    /** An output of the body, which must be computed there and have a name of its own. */
    private static Value named(GraphBuilder body, Value value, ElementType type, List<Size> shape) {
        List<Size> declared = shape == null
                ? null
                : shape.stream()
                        .map(size -> size.isFixed() ? size : Size.unknown())
                        .toList();
        return new Value(body.node("Identity", value).name(), type, declared);
    }

    /** What a value of which only the last one counts is before the first iteration. */
    private Value beginning(Operand output) {
        return graph.node(
                "ConstantOfShape",
                List.of(graph.integers(new long[output.rank()])),
                "value",
                Tensor.filled(output.type(), 0, 1));
    }

    /** The values of all iterations; if there may be none, runtimes do not know the sizes of the others. */
    private Value shaped(Value all, Operand output) {
        boolean isNeverEmpty = times.plus(-1).isNeverNegative();
        if (isNeverEmpty || !output.shape().stream().allMatch(Size::isKnown)) {
            return all;
        }
        List<Size> shape = new ArrayList<>(output.shape());
        shape.add(0, times);
        return graph.node("Reshape", all, graph.sizes(shape));
    }
}
