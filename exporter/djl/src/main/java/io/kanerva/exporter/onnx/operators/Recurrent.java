package io.kanerva.exporter.onnx.operators;

import ai.djl.nn.recurrent.RNN;
import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.onnx.Tensor;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * RNN, GRU and LSTM: one ONNX operator per layer, which covers both directions.
 *
 * <p>DJL's PyTorch engine stacks the gates of an LSTM as input, forget, cell, output and those of a GRU as reset,
 * update, new; ONNX as input, output, forget, cell and as update, reset, hidden. PyTorch's GRU applies the reset gate
 * after the linear layer ({@code linear_before_reset}).
 */
final class Recurrent {
    /**
     * A kind of layer.
     *
     * @param operator ONNX's name
     * @param gates for each of ONNX's gates, its index in DJL's stack
     * @param states number of states of a layer
     */
    private record Kind(String operator, int[] gates, int states) {}

    private static final Kind RNN_KIND = new Kind("RNN", new int[] {0}, 1);
    private static final Kind GRU_KIND = new Kind("GRU", new int[] {1, 0, 2}, 1);
    private static final Kind LSTM_KIND = new Kind("LSTM", new int[] {0, 3, 1, 2}, 2);

    private Recurrent() {}

    static void register(Operators table) {
        table.putAll(
                "rnn",
                "RNN, one per layer; Transpose if the batch is first",
                (g, op, in) -> new Stack(g, op, in, RNN_KIND).lower());
        table.putAll(
                "gru",
                "GRU, one per layer; Transpose if the batch is first",
                (g, op, in) -> new Stack(g, op, in, GRU_KIND).lower());
        table.putAll(
                "lstm",
                "LSTM, one per layer; Transpose if the batch is first",
                (g, op, in) -> new Stack(g, op, in, LSTM_KIND).lower());
    }

    /** The layers of one block; inputs are x, the states, and all parameters layer by layer. */
    private static final class Stack {
        private final GraphBuilder g;
        private final Operation op;
        private final List<Value> in;
        private final Kind kind;
        private final int layers;
        private final int directions;
        private final boolean hasBiases;

        Stack(GraphBuilder g, Operation op, List<Value> in, Kind kind) {
            this.g = g;
            this.op = op;
            this.in = in;
            this.kind = kind;
            this.layers = (int) op.number("layers");
            this.directions = op.flag("bidirectional") ? 2 : 1;
            this.hasBiases = op.flag("biases");
            if (op.flag("training") && op.real("dropRate") > 0) {
                throw new UnsupportedOperationException(
                        "dropout between layers draws random numbers; call forward with training = false");
            }
        }

        List<Value> lower() {
            boolean isBatchFirst = op.flag("batchFirst");
            Value x = isBatchFirst ? swapped(in.get(0)) : in.get(0);
            List<List<Value>> last = IntStream.range(0, kind.states())
                    .mapToObj(i -> (List<Value>) new ArrayList<Value>())
                    .toList();
            for (int layer = 0; layer < layers; layer++) {
                List<Value> results = g.nodes(kind.operator(), 1 + kind.states(), operands(x, layer), attributes());
                x = joined(results.get(0));
                for (int i = 0; i < kind.states(); i++) {
                    last.get(i).add(results.get(1 + i));
                }
            }
            List<Value> outputs = new ArrayList<>(List.of(isBatchFirst ? swapped(x) : x));
            last.forEach(states -> outputs.add(layers == 1 ? states.get(0) : g.node("Concat", states, "axis", 0)));
            return outputs;
        }

        private Value swapped(Value x) {
            return g.node("Transpose", List.of(x), "perm", new long[] {1, 0, 2});
        }

        /** (T, directions, B, H) to (T, B, directions H). */
        private Value joined(Value y) {
            return directions == 1
                    ? g.node("Squeeze", y, g.integers(1))
                    : g.node(
                            "Reshape",
                            g.node("Transpose", List.of(y), "perm", new long[] {0, 2, 1, 3}),
                            g.integers(0, 0, -1));
        }

        private Object[] attributes() {
            List<Object> attributes = new ArrayList<>(List.of("hidden_size", hidden()));
            if (directions == 2) {
                attributes.addAll(List.of("direction", "bidirectional"));
            }
            if (kind == GRU_KIND) {
                attributes.addAll(List.of("linear_before_reset", 1));
            }
            if (kind == RNN_KIND && op.get("activation", RNN.Activation.class) == RNN.Activation.RELU) {
                attributes.addAll(List.of("activations", directions == 2 ? List.of("Relu", "Relu") : List.of("Relu")));
            }
            return attributes.toArray();
        }

        private long hidden() {
            return parameter(0, 0, true, false).shape().get(1).value();
        }

        /** A parameter; DJL lists the weights of all directions before the biases. */
        private Operand parameter(int layer, int direction, boolean isRecurrent, boolean isBias) {
            int each = directions * (hasBiases ? 4 : 2);
            int within = (isBias ? 2 * directions : 0) + 2 * direction + (isRecurrent ? 1 : 0);
            return op.inputs().get(1 + kind.states() + layer * each + within);
        }

        private List<Value> operands(Value x, int layer) {
            List<Value> operands = new ArrayList<>(
                    List.of(x, weights(layer, false), weights(layer, true), biases(layer), Value.ABSENT));
            for (int i = 0; i < kind.states(); i++) {
                operands.add(state(in.get(1 + i), layer));
            }
            while (operands.get(operands.size() - 1) == Value.ABSENT) {
                operands.remove(operands.size() - 1);
            }
            return operands;
        }

        /** Omits zero states, which are ONNX's default. */
        private Value state(Value states, int layer) {
            if (g.isZeros(states)) {
                return Value.ABSENT;
            }
            return layers == 1
                    ? states
                    : g.node(
                            "Slice",
                            states,
                            g.integers((long) layer * directions),
                            g.integers((layer + 1L) * directions),
                            g.integers(0));
        }

        private Value weights(int layer, boolean isRecurrent) {
            List<Operand> parts = IntStream.range(0, directions)
                    .mapToObj(d -> parameter(layer, d, isRecurrent, false))
                    .toList();
            long[] shape = parts.get(0).shape().stream()
                    .mapToLong(size -> size.value())
                    .toArray();
            return stacked(parts, directions, shape[0], shape[1]);
        }

        private Value biases(int layer) {
            if (!hasBiases) {
                return Value.ABSENT;
            }
            List<Operand> parts = IntStream.range(0, 2 * directions)
                    .mapToObj(i -> parameter(layer, i / 2, i % 2 == 1, true))
                    .toList();
            return stacked(parts, directions, 2 * parts.get(0).shape().get(0).value());
        }

        /** Parameters concatenated, each with its gates in ONNX's order; named after the first. */
        private Value stacked(List<Operand> parts, long... shape) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (Operand part : parts) {
                if (!part.isConstant()) {
                    throw new UnsupportedOperationException(
                            "the weights of a recurrent layer: expected parameters or constants, found "
                                    + "values computed in forward");
                }
                byte[] from = part.constant().bytes();
                int gate = from.length / kind.gates().length;
                for (int gateIndex : kind.gates()) {
                    bytes.writeBytes(Arrays.copyOfRange(from, gateIndex * gate, (gateIndex + 1) * gate));
                }
            }
            Tensor tensor = Tensor.ofBytes(parts.get(0).type(), bytes.toByteArray(), shape);
            String name = parts.get(0).name();
            return name.isEmpty() ? g.constant(tensor) : g.initializer(name + "/stacked", tensor);
        }
    }
}
