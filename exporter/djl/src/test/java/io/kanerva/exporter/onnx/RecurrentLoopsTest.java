package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.GRU;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.kanerva.exporter.trace.InputSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Recurrent networks whose time steps are a Java loop, of the kinds that the book Dive into Deep Learning (DJL edition,
 * chapters on recurrent networks, https://d2l.djl.ai) builds from scratch.
 */
class RecurrentLoopsTest {
    private static final String TITLE = "Recurrent networks as Java loops";
    private static final int VOCABULARY = 6;
    private static final int STATE = 4;
    private static AgreementTable table;

    /** A network with parameters of given shapes, which its forward finds by name. */
    private abstract static class Network extends AbstractBlock {
        private final Map<String, Parameter> parameters = new TreeMap<>();

        Network(int inputs, String... gates) {
            for (String gate : gates) {
                matrix("Wx" + gate, inputs, STATE);
                matrix("Wh" + gate, STATE, STATE);
                matrix("b" + gate, 1, STATE);
            }
            matrix("Wq", STATE, VOCABULARY);
            matrix("bq", 1, VOCABULARY);
        }

        final void matrix(String name, int rows, int columns) {
            parameters.put(
                    name,
                    addParameter(Parameter.builder()
                            .setName(name)
                            .setType(Parameter.Type.WEIGHT)
                            .optShape(new Shape(rows, columns))
                            .build()));
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            return run(
                    inputs,
                    name -> store.getValue(parameters.get(name), inputs.head().getDevice(), training),
                    (block, list) -> block.forward(store, list, training));
        }

        abstract NDList run(NDList inputs, Weights weights, Calls calls);

        @Override
        public Shape[] getOutputShapes(Shape[] shapes) {
            return shapes;
        }

        static NDArray gate(String gate, Weights w, NDArray x, NDArray h) {
            return x.dot(w.get("Wx" + gate)).add(h.dot(w.get("Wh" + gate)).add(w.get("b" + gate)));
        }

        static NDArray output(Weights w, NDArray h) {
            return h.dot(w.get("Wq")).add(w.get("bq"));
        }

        static NDArray oneHot(NDArray tokens) {
            return tokens.transpose().oneHot(VOCABULARY);
        }

        static NDArray joined(NDList outputs) {
            return outputs.size() > 1 ? NDArrays.concat(outputs) : outputs.get(0);
        }
    }

    private interface Weights {
        NDArray get(String name);
    }

    private interface Calls {
        NDList forward(Block block, NDList inputs);
    }

    private static Network plain() {
        return new Network(VOCABULARY, "h") {
            @Override
            NDList run(NDList inputs, Weights w, Calls calls) {
                NDArray x = oneHot(inputs.get(0));
                NDArray h = inputs.get(1);
                NDList outputs = new NDList();
                for (int i = 0; i < x.size(0); i++) {
                    h = gate("h", w, x.get(i), h).tanh();
                    outputs.add(output(w, h));
                }
                return new NDList(joined(outputs), h);
            }
        };
    }

    private static NDArray gatedStep(Weights w, NDArray x, NDArray h) {
        NDArray z = Activation.sigmoid(Network.gate("z", w, x, h));
        NDArray r = Activation.sigmoid(Network.gate("r", w, x, h));
        NDArray candidate = Activation.tanh(
                x.dot(w.get("Wxh")).add(r.mul(h).dot(w.get("Whh")).add(w.get("bh"))));
        return z.mul(h).add(z.mul(-1).add(1).mul(candidate));
    }

    private static Network gated() {
        return new Network(VOCABULARY, "z", "r", "h") {
            @Override
            NDList run(NDList inputs, Weights w, Calls calls) {
                NDArray x = oneHot(inputs.get(0));
                NDArray h = inputs.get(1);
                NDList outputs = new NDList();
                for (int i = 0; i < x.size(0); i++) {
                    h = gatedStep(w, x.get(i), h);
                    outputs.add(output(w, h));
                }
                return new NDList(joined(outputs), h);
            }
        };
    }

    private static Network memory() {
        return new Network(VOCABULARY, "i", "f", "o", "c") {
            @Override
            NDList run(NDList inputs, Weights w, Calls calls) {
                NDArray tokens = oneHot(inputs.get(0));
                NDArray h = inputs.get(1);
                NDArray c = inputs.get(2);
                NDList outputs = new NDList();
                for (int step = 0; step < tokens.size(0); step++) {
                    NDArray x = tokens.get(step);
                    NDArray i = Activation.sigmoid(gate("i", w, x, h));
                    NDArray f = Activation.sigmoid(gate("f", w, x, h));
                    NDArray o = Activation.sigmoid(gate("o", w, x, h));
                    c = f.mul(c).add(i.mul(Activation.tanh(gate("c", w, x, h))));
                    h = o.mul(Activation.tanh(c));
                    outputs.add(output(w, h));
                }
                return new NDList(joined(outputs), h, c);
            }
        };
    }

    private static Network deep() {
        Network network = new Network(VOCABULARY, "1") {
            @Override
            NDList run(NDList inputs, Weights w, Calls calls) {
                NDArray x = oneHot(inputs.get(0));
                NDArray[] h = {inputs.get(1), inputs.get(1)};
                NDList outputs = new NDList();
                for (int t = 0; t < x.size(0); t++) {
                    NDArray value = x.get(t);
                    for (int layer = 0; layer < h.length; layer++) {
                        h[layer] = gate(Integer.toString(layer + 1), w, value, h[layer])
                                .tanh();
                        value = h[layer];
                    }
                    outputs.add(output(w, value));
                }
                return new NDList(NDArrays.stack(outputs), NDArrays.stack(new NDList(h)));
            }
        };
        network.matrix("Wx2", STATE, STATE);
        network.matrix("Wh2", STATE, STATE);
        network.matrix("b2", 1, STATE);
        return network;
    }

    private static Network bothDirections() {
        return new Network(VOCABULARY, "f", "b") {
            @Override
            NDList run(NDList inputs, Weights w, Calls calls) {
                NDArray x = oneHot(inputs.get(0));
                int length = (int) x.size(0);
                NDArray forward = inputs.get(1);
                NDArray backward = inputs.get(1);
                NDList there = new NDList();
                List<NDArray> back = new ArrayList<>();
                for (int t = 0; t < length; t++) {
                    forward = gate("f", w, x.get(t), forward).tanh();
                    there.add(forward);
                }
                for (int t = length - 1; t >= 0; t--) {
                    backward = gate("b", w, x.get(t), backward).tanh();
                    back.add(0, backward);
                }
                NDList outputs = new NDList();
                for (int t = 0; t < length; t++) {
                    outputs.add(output(w, there.get(t).add(back.get(t))));
                }
                return new NDList(NDArrays.stack(outputs, 1));
            }
        };
    }

    private static Network encoderAndDecoder() {
        return new Network(VOCABULARY, "z", "r", "h", "d") {
            @Override
            NDList run(NDList inputs, Weights w, Calls calls) {
                NDArray source = oneHot(inputs.get(0));
                NDArray target = oneHot(inputs.get(1));
                NDArray h = source.getManager().zeros(new Shape(source.size(1), STATE));
                for (int t = 0; t < source.size(0); t++) {
                    h = gatedStep(w, source.get(t), h);
                }
                NDArray context = h;
                NDList outputs = new NDList();
                for (int t = 0; t < target.size(0); t++) {
                    h = gate("d", w, target.get(t), h).add(context).tanh();
                    outputs.add(output(w, h));
                }
                return new NDList(NDArrays.stack(outputs).swapAxes(0, 1));
            }
        };
    }

    /** Additive attention over the encoder's values, masked by their number, before each step of a GRU block. */
    private static Network attention() {
        Network network = new Network(VOCABULARY, "h", "q", "k") {
            private final GRU rnn = addChildBlock(
                    "rnn",
                    GRU.builder()
                            .setStateSize(STATE)
                            .setNumLayers(2)
                            .optReturnState(true)
                            .optBatchFirst(false)
                            .build());
            private final Linear dense =
                    addChildBlock("dense", Linear.builder().setUnits(VOCABULARY).build());

            @Override
            protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
                rnn.initialize(manager, type, new Shape(1, 2, STATE + VOCABULARY));
                dense.initialize(manager, type, new Shape(1, 2, STATE));
            }

            @Override
            NDList run(NDList inputs, Weights w, Calls calls) {
                NDArray source = oneHot(inputs.get(0));
                NDArray target = oneHot(inputs.get(1));
                NDArray lengths = inputs.get(2);
                NDArray h = source.getManager().zeros(new Shape(source.size(1), STATE));
                NDList encoded = new NDList();
                for (int t = 0; t < source.size(0); t++) {
                    h = gate("h", w, source.get(t), h).tanh();
                    encoded.add(h);
                }
                NDArray memory = NDArrays.stack(encoded, 1);
                NDArray state = NDArrays.stack(new NDList(h, h));
                NDList outputs = new NDList();
                NDList weights = new NDList();
                for (int t = 0; t < target.size(0); t++) {
                    NDArray query = state.get(state.size(0) - 1).expandDims(1);
                    NDArray scores = query.matMul(w.get("Whq"))
                            .add(memory.matMul(w.get("Whk")))
                            .tanh()
                            .sum(new int[] {2});
                    NDArray isPadding = scores.getManager()
                            .arange((int) scores.size(1))
                            .toType(DataType.FLOAT32, false)
                            .expandDims(0)
                            .gte(lengths.expandDims(1));
                    scores = scores.sub(
                                    isPadding.toType(DataType.FLOAT32, false).mul(1e6))
                            .softmax(1);
                    NDArray context = scores.expandDims(1).matMul(memory);
                    NDArray step =
                            context.concat(target.get(t).expandDims(1), -1).swapAxes(0, 1);
                    NDList result = calls.forward(rnn, new NDList(step, state));
                    state = result.get(1);
                    outputs.add(result.get(0));
                    weights.add(scores);
                }
                NDArray all = calls.forward(dense, new NDList(NDArrays.concat(outputs, 0)))
                        .head();
                return new NDList(all.swapAxes(0, 1), NDArrays.stack(weights, 1), state);
            }
        };
        return network;
    }

    private static Network greedy() {
        return new Network(VOCABULARY, "z", "r", "h") {
            @Override
            NDList run(NDList inputs, Weights w, Calls calls) {
                NDArray prefix = oneHot(inputs.get(0));
                NDArray h = inputs.get(1);
                for (int t = 0; t < prefix.size(0) - 1; t++) {
                    h = gatedStep(w, prefix.get(t), h);
                }
                NDArray token = prefix.get(prefix.size(0) - 1).argMax(1);
                NDList tokens = new NDList();
                for (int i = 0; i < inputs.get(2).size(0); i++) {
                    h = gatedStep(w, token.oneHot(VOCABULARY), h);
                    token = output(w, h).argMax(1);
                    tokens.add(token);
                }
                return new NDList(NDArrays.stack(tokens, 1));
            }
        };
    }

    private record Case(String name, Network network, int loops, List<InputSpec> inputs) {}

    private static List<Case> cases() {
        InputSpec tokens = input("tokens", DataType.INT64, "B", "T");
        InputSpec state = input("state", "B", STATE);
        InputSpec target = input("target", DataType.INT64, "B", "S");
        return List.of(
                new Case("recurrent network from scratch", plain(), 1, List.of(tokens, state)),
                new Case("GRU from scratch", gated(), 1, List.of(tokens, state)),
                new Case("LSTM from scratch", memory(), 1, List.of(tokens, state, input("memory", "B", STATE))),
                new Case("two layers from scratch", deep(), 1, List.of(tokens, state)),
                new Case("both directions from scratch", bothDirections(), 3, List.of(tokens, state)),
                new Case("encoder and decoder from scratch", encoderAndDecoder(), 2, List.of(tokens, target)),
                new Case(
                        "decoder with additive attention and a GRU block",
                        attention(),
                        2,
                        List.of(tokens, target, input("lengths", "B"))),
                new Case(
                        "greedy generation after a prefix, steps by an input's size",
                        greedy(),
                        2,
                        List.of(tokens, state, input("steps", "N"))));
    }

    @BeforeAll
    static void readTheTable() {
        table = new AgreementTable(TITLE, cases().stream().map(Case::name).toList());
    }

    @AfterAll
    static void writeTheTable() {
        table.write();
    }

    @Test
    void theTableHasEveryNetwork() {
        table.requireAllRows();
    }

    @TestFactory
    Stream<DynamicTest> aNetworkIsExportedWithItsLoops() {
        return cases().stream()
                .map(each -> DynamicTest.dynamicTest(each.name(), () -> {
                    ExportOptions options =
                            ExportOptions.defaults().withTolerance(1e-5).withInputRange("tokens", 0, VOCABULARY);
                    if (each.inputs().stream().anyMatch(spec -> spec.name().equals("target"))) {
                        options = options.withInputRange("target", 0, VOCABULARY);
                    }
                    if (each.inputs().stream().anyMatch(spec -> spec.name().equals("lengths"))) {
                        options = options.withInputRange("lengths", 1, 4);
                    }
                    OnnxModel model =
                            table.export(each.name(), initialised(each.network(), 2, 5), each.inputs(), options);
                    assertThat(operators(model).stream().filter("Loop"::equals)).hasSize(each.loops());
                }));
    }

    @Test
    void aPredictionThatReadsItsTokensIsRefused() {
        Network network = new Network(VOCABULARY, "h") {
            @Override
            NDList run(NDList inputs, Weights w, Calls calls) {
                NDArray x = oneHot(inputs.get(0));
                NDArray h = gate("h", w, x.get(0), inputs.get(1)).tanh();
                long token = output(w, h).argMax(1).getLong(0);
                return new NDList(h.mul(token));
            }
        };
        assertThatThrownBy(() -> OnnxExporter.export(
                        initialised(network, 2, 5),
                        List.of(input("tokens", DataType.INT64, 1, "T"), input("state", 1, STATE)),
                        List.of(),
                        Exports.CHECKED))
                .hasMessageContaining("getLong reads the values of a traced array")
                .hasMessageContaining("RecurrentLoopsTest.java:");
    }
}
