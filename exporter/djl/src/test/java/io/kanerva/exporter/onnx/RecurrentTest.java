package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.kanerva.exporter.trace.InputSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Recurrent blocks in all their settings: one ONNX operator a layer, with the engine's values. */
class RecurrentTest {
    private static final int FEATURES = 3;
    private static final int STATE = 4;

    /** A setting of a block. */
    private record Setting(String kind, int layers, boolean isBatchFirst, boolean hasBiases, boolean isBidirectional) {
        RecurrentBlock block() {
            RecurrentBlock.BaseBuilder<?> builder = switch (kind) {
                case "LSTM" -> LSTM.builder();
                case "GRU" -> GRU.builder();
                default ->
                    RNN.builder().setActivation(kind.equals("RNN of relu") ? RNN.Activation.RELU : RNN.Activation.TANH);
            };
            builder.setStateSize(STATE);
            builder.setNumLayers(layers);
            builder.optBatchFirst(isBatchFirst);
            builder.optHasBiases(hasBiases);
            builder.optBidirectional(isBidirectional);
            builder.optReturnState(true);
            builder.optDropRate(0.3f);
            RecurrentBlock block = switch (kind) {
                case "LSTM" -> ((LSTM.Builder) builder).build();
                case "GRU" -> ((GRU.Builder) builder).build();
                default -> ((RNN.Builder) builder).build();
            };
            initialised(block, 2, 5, FEATURES);
            // DJL starts biases at zero, which would hide their order.
            Random random = new Random(5);
            block.getParameters().values().forEach(parameter -> {
                float[] values = new float[(int) parameter.getArray().size()];
                IntStream.range(0, values.length).forEach(i -> values[i] = (float) random.nextGaussian() / 2);
                parameter.getArray().set(values);
            });
            return block;
        }

        List<InputSpec> inputs(boolean withStates) {
            List<InputSpec> inputs = new ArrayList<>(
                    List.of(isBatchFirst ? input("x", "B", "T", FEATURES) : input("x", "T", "B", FEATURES)));
            int rows = layers * (isBidirectional ? 2 : 1);
            if (withStates) {
                IntStream.range(0, states()).forEach(i -> inputs.add(input("state" + i, rows, "B", STATE)));
            }
            return inputs;
        }

        int states() {
            return kind.equals("LSTM") ? 2 : 1;
        }

        String title() {
            return kind + ", " + layers + (layers == 1 ? " layer" : " layers")
                    + (isBidirectional ? ", both directions" : "") + (hasBiases ? "" : ", no biases")
                    + (isBatchFirst ? "" : ", time first");
        }

        String operator() {
            return kind.substring(0, kind.indexOf(' ') < 0 ? kind.length() : kind.indexOf(' '));
        }
    }

    private static AgreementTable table;

    @BeforeAll
    static void readTheTable() {
        table = new AgreementTable(
                "Recurrent layers", settings().map(Setting::title).toList());
    }

    @AfterAll
    static void writeTheTable() {
        table.write();
    }

    @Test
    void everySettingHasItsRowInTheTableOfDifferences() {
        table.requireAllRows();
    }

    private static Stream<Setting> settings() {
        return Stream.of("LSTM", "GRU", "RNN of relu", "RNN of tanh")
                .flatMap(kind -> Stream.of(
                        new Setting(kind, 1, true, true, false), new Setting(kind, 2, true, true, false),
                        new Setting(kind, 3, false, false, false), new Setting(kind, 2, false, true, false),
                        new Setting(kind, 1, true, false, true), new Setting(kind, 2, false, false, true)));
    }

    @TestFactory
    Stream<DynamicTest> statesInAndOutAgreeWithTheEngine() {
        return settings()
                .map(setting -> DynamicTest.dynamicTest(setting.toString(), () -> {
                    OnnxModel model = table.export(
                            setting.title(),
                            setting.block(),
                            setting.inputs(true),
                            ExportOptions.defaults().withTolerance(1e-5));
                    assertThat(operators(model).stream().filter(setting.operator()::equals))
                            .hasSize(setting.layers());
                    assertThat(model.proto().getGraph().getOutputCount()).isEqualTo(1 + setting.states());
                }));
    }

    @TestFactory
    Stream<DynamicTest> aBlockThatStartsFromZerosBecomesNothingButItsOperators() {
        return settings()
                .map(setting -> DynamicTest.dynamicTest(setting.toString(), () -> {
                    OnnxModel model = OnnxExporter.export(
                            setting.block(), setting.inputs(false), List.of(), CHECKED.withTolerance(1e-5));
                    assertThat(operators(model))
                            .isSubsetOf(setting.operator(), "Transpose", "Squeeze", "Reshape", "Concat", "Identity");
                    assertThat(operators(model).stream().filter(setting.operator()::equals))
                            .hasSize(setting.layers());
                }));
    }

    @Test
    void whatTheEngineCannotRunIsSaidToFailInTheBlock() {
        Block block = new Setting("LSTM", 1, true, true, true).block();
        assertThatThrownBy(
                        () -> OnnxExporter.export(block, List.of(input("x", "B", "T", FEATURES)), List.of(), CHECKED))
                .hasMessageContaining("the block fails with x [B, T, 3] at every size that was tried");
    }

    @Test
    void weightsThatAreComputedInForwardAreAnError() {
        Block block = initialised(
                new AbstractBlock() {
                    @Override
                    protected NDList forwardInternal(
                            ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
                        NDArray x = inputs.head();
                        NDArray state =
                                x.getManager().zeros(new Shape(1, x.getShape().get(0), 3));
                        NDArray weights = x.get(0).get("0:3");
                        return x.getNDArrayInternal()
                                .rnn(
                                        x,
                                        state,
                                        new NDList(weights, weights),
                                        false,
                                        1,
                                        RNN.Activation.TANH,
                                        0,
                                        false,
                                        false,
                                        true);
                    }

                    @Override
                    public Shape[] getOutputShapes(Shape[] shapes) {
                        return shapes;
                    }
                },
                1,
                4,
                3);
        assertThatThrownBy(() -> OnnxExporter.export(block, List.of(input("x", "B", 4, 3)), List.of(), CHECKED))
                .hasMessageContaining("the weights of a recurrent layer: expected parameters or constants");
    }

    @Test
    void theWeightsAreNamedByTheirPlace() {
        OnnxModel model = OnnxExporter.export(
                new Setting("GRU", 1, true, true, false).block(),
                List.of(input("x", "B", "T", FEATURES)),
                List.of(),
                CHECKED);
        assertThat(model.proto().getGraph().getInitializerList())
                .extracting(tensor -> tensor.getName())
                .containsAll(List.of("l_0_i2h_WEIGHT/stacked", "l_0_h2h_WEIGHT/stacked", "l_0_i2h_BIAS/stacked"));
        assertThat(Collections.frequency(operators(model), "GRU")).isOne();
    }
}
