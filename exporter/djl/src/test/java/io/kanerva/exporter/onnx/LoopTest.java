package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static io.kanerva.exporter.onnx.Exports.requireAgreement;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Java loops over a dynamic dimension; each export is checked at lengths that were not traced, among them 1. */
class LoopTest {
    private static final int FEATURES = 3;
    private static final int STATE = 4;
    private static final InputSpec TIME_FIRST = input("x", "T", "B", FEATURES);
    private static final InputSpec BATCH_FIRST = input("x", "B", "T", FEATURES);

    private static final Path MODELS = OnnxChecker.folder("loops");
    private static int exports;

    private static OnnxModel exported(Function<NDList, NDList> forward, InputSpec... inputs) {
        return exported(forward, CHECKED, inputs);
    }

    private static OnnxModel exported(Function<NDList, NDList> forward, ExportOptions options, InputSpec... inputs) {
        OnnxModel model = OnnxExporter.export(new LambdaBlock(forward), List.of(inputs), List.of(), options);
        try {
            model.write(MODELS.resolve(exports++ + ".onnx"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return model;
    }

    @AfterAll
    static void everyGraphPassesTheOnnxCheckerWherePythonHasIt() {
        System.out.println("loops: " + OnnxChecker.check(MODELS).orElse(OnnxChecker.ABSENT));
    }

    /** Exports a function and expects as many Loops in its graph. */
    private static OnnxModel loops(int count, Function<NDArray, NDArray> function, InputSpec input) {
        return loopsOf(count, list -> new NDList(function.apply(list.singletonOrThrow())), input);
    }

    private static OnnxModel loopsOf(int count, Function<NDList, NDList> forward, InputSpec... inputs) {
        OnnxModel model = exported(forward, inputs);
        assertThat(operators(model).stream().filter("Loop"::equals)).hasSize(count);
        return model;
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> refused(
            Function<NDArray, NDArray> function, InputSpec input) {
        return assertThatThrownBy(() -> exported(list -> new NDList(function.apply(list.singletonOrThrow())), input))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("LoopTest.java:");
    }

    private static NDArray weight(NDArray like, int rows, int columns, int seed) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(seed * 31 + i * 1.7) / 2;
        }
        return like.getManager().create(values, new Shape(rows, columns));
    }

    private static NDArray zeros(NDArray x, long batch) {
        return x.getManager().zeros(new Shape(batch, STATE));
    }

    private static NDArray cell(NDArray x, NDArray h) {
        return cell(x, h, 1);
    }

    private static NDArray cell(NDArray x, NDArray h, int seed) {
        int features = (int) x.getShape().get(x.getShape().dimension() - 1);
        return x.matMul(weight(x, features, STATE, seed))
                .add(h.matMul(weight(x, STATE, STATE, seed + 1)))
                .tanh();
    }

    private static NDArray sigmoid(NDArray x) {
        return x.getNDArrayInternal().sigmoid();
    }

    private static NDList run(NDArray x, NDArray h, int seed) {
        NDList all = new NDList();
        for (int t = 0; t < x.getShape().get(0); t++) {
            h = cell(x.get(t), h, seed);
            all.add(h);
        }
        return all;
    }

    @Test
    void aRecurrenceIsALoop() {
        OnnxModel model = loops(
                1,
                x -> {
                    NDArray h = zeros(x, x.getShape().get(1));
                    for (int t = 0; t < x.getShape().get(0); t++) {
                        h = cell(x.get(t), h);
                    }
                    return h;
                },
                TIME_FIRST);
        assertThat(operators(model)).doesNotContain("Tanh");
        assertThat(model.toText()).contains("  body", "= Tanh(");
    }

    @Test
    void everyOpsetHasLoops() {
        for (int opset : new int[] {13, 17, 22}) {
            OnnxModel model = exported(
                    list -> {
                        NDArray x = list.singletonOrThrow();
                        return new NDList(NDArrays.stack(
                                run(x, zeros(x, x.getShape().get(1)), 1), 1));
                    },
                    CHECKED.withOpset(opset),
                    TIME_FIRST);
            assertThat(operators(model)).contains("Loop");
        }
    }

    @Test
    void theStatesOfAllStepsAreStacked() {
        loops(1, x -> NDArrays.stack(run(x, zeros(x, x.getShape().get(1)), 1)), TIME_FIRST);
        loops(
                1,
                x -> {
                    NDArray h = zeros(x, x.getShape().get(0));
                    NDList all = new NDList();
                    for (int t = 0; t < x.getShape().get(1); t++) {
                        h = cell(x.get(":, {}, :", t), h);
                        all.add(h.mul(2));
                    }
                    return NDArrays.stack(all, 1).add(h.expandDims(1));
                },
                BATCH_FIRST);
    }

    @Test
    void theStatesOfAllStepsAreConcatenated() {
        loops(1, x -> NDArrays.concat(run(x, zeros(x, x.getShape().get(1)), 1)), TIME_FIRST);
        loops(1, x -> NDArrays.concat(run(x, zeros(x, x.getShape().get(1)), 1), -1), TIME_FIRST);
    }

    @Test
    void thePiecesOfASplitAreReadOneByOne() {
        loops(
                1,
                x -> {
                    NDArray h = zeros(x, x.getShape().get(1));
                    NDList all = new NDList();
                    for (NDArray part : x.split(x.getShape().get(0))) {
                        h = cell(part.squeeze(0), h);
                        all.add(h);
                    }
                    return NDArrays.stack(all);
                },
                TIME_FIRST);
        loops(
                1,
                x -> {
                    NDArray h = zeros(x, x.getShape().get(0)).expandDims(1);
                    NDList all = new NDList();
                    for (NDArray part : x.split(x.getShape().get(1), 1)) {
                        h = cell(part, h);
                        all.add(h);
                    }
                    return NDArrays.concat(all, 1);
                },
                BATCH_FIRST);
    }

    @Test
    void aCellWithTwoStatesReturnsBoth() {
        loopsOf(
                1,
                list -> {
                    NDArray x = list.get(0);
                    NDArray h = list.get(1);
                    NDArray c = list.get(2);
                    NDList all = new NDList();
                    for (int t = 0; t < x.getShape().get(0); t++) {
                        NDList gates = x.get(t)
                                .matMul(weight(x, FEATURES, 4 * STATE, 1))
                                .add(h.matMul(weight(x, STATE, 4 * STATE, 2)))
                                .split(4, 1);
                        c = sigmoid(gates.get(1))
                                .mul(c)
                                .add(sigmoid(gates.get(0)).mul(gates.get(2).tanh()));
                        h = sigmoid(gates.get(3)).mul(c.tanh());
                        all.add(h);
                    }
                    return new NDList(NDArrays.stack(all), h, c);
                },
                TIME_FIRST,
                input("h", "B", STATE),
                input("c", "B", STATE));
    }

    @Test
    void aGatedCellReadsItsStateSeveralTimes() {
        loops(
                1,
                x -> {
                    NDArray h = zeros(x, x.getShape().get(1));
                    NDList all = new NDList();
                    for (int t = 0; t < x.getShape().get(0); t++) {
                        NDArray now = x.get(t);
                        NDArray z = sigmoid(cell(now, h, 1));
                        NDArray r = sigmoid(cell(now, h, 3));
                        h = z.mul(h).add(z.neg().add(1).mul(cell(now, h.mul(r), 5)));
                        all.add(h.matMul(weight(x, STATE, 2, 7)));
                    }
                    return NDArrays.concat(all);
                },
                TIME_FIRST);
    }

    @Test
    void aFirstStepWithoutStateComesBeforeTheLoop() {
        loops(
                1,
                x -> {
                    NDArray h = null;
                    NDList all = new NDList();
                    for (int t = 0; t < x.getShape().get(0); t++) {
                        NDArray z = x.get(t).matMul(weight(x, FEATURES, STATE, 1));
                        h = h == null
                                ? z.tanh()
                                : z.add(h.matMul(weight(x, STATE, STATE, 2))).tanh();
                        all.add(h);
                    }
                    return NDArrays.stack(all);
                },
                TIME_FIRST);
        loops(
                1,
                x -> {
                    NDArray sum = x.get(0);
                    for (int t = 1; t < x.getShape().get(0); t++) {
                        sum = sum.mul(0.5).add(x.get(t));
                    }
                    return sum;
                },
                TIME_FIRST);
    }

    @Test
    void theFirstOfConcatenatedStepsMayComeBeforeTheLoop() {
        loops(
                1,
                x -> {
                    NDArray h = null;
                    NDList all = new NDList();
                    for (NDArray part : x.split(x.getShape().get(0))) {
                        h = h == null ? part.tanh() : part.add(h).tanh();
                        all.add(h);
                    }
                    return NDArrays.concat(all);
                },
                TIME_FIRST);
    }

    @Test
    void stepsMayBeAssignedToAnArrayInPlace() {
        loops(
                1,
                x -> {
                    NDArray all = x.getManager().zeros(x.getShape());
                    NDArray h = x.get(":, 0").mul(0);
                    for (int t = 0; t < x.getShape().get(1); t++) {
                        h.muli(0.5).addi(x.get(":, {}", t));
                        all.set(new NDIndex(":, {}", t), h);
                    }
                    return all;
                },
                BATCH_FIRST);
    }

    @Test
    void aStepMayReadAllStepsBefore() {
        loops(
                1,
                x -> {
                    NDList all = new NDList();
                    for (int t = 0; t < x.getShape().get(0); t++) {
                        NDArray past = x.get("0:{}", t + 1);
                        NDArray weights =
                                x.get(t).expandDims(0).matMul(past.transpose()).softmax(1);
                        all.add(weights.matMul(past));
                    }
                    return NDArrays.concat(all);
                },
                input("x", "T", FEATURES));
    }

    @Test
    void aLoopWithinALoopOverDynamicDimensionsIsRefused() {
        refused(
                        x -> {
                            NDList all = new NDList();
                            for (int t = 0; t < x.getShape().get(0); t++) {
                                NDArray sum = x.get(t);
                                for (int s = 0; s < t; s++) {
                                    sum = sum.add(x.get(s));
                                }
                                all.add(sum);
                            }
                            return NDArrays.stack(all);
                        },
                        input("x", "T", FEATURES))
                .hasMessageContaining("a Java loop or branch depends on a dynamic dimension");
    }

    @Test
    void aReversedLoopReadsFromTheEnd() {
        loops(
                1,
                x -> {
                    NDArray h = zeros(x, x.getShape().get(1));
                    NDArray[] all = new NDArray[(int) x.getShape().get(0)];
                    for (int t = all.length - 1; t >= 0; t--) {
                        h = cell(x.get(t), h);
                        all[t] = h;
                    }
                    return NDArrays.stack(new NDList(all));
                },
                TIME_FIRST);
    }

    @Test
    void bothDirectionsAreTwoLoops() {
        loops(
                2,
                x -> {
                    NDList forward = run(x, zeros(x, x.getShape().get(1)), 1);
                    NDArray h = zeros(x, x.getShape().get(1));
                    List<NDArray> backward = new ArrayList<>();
                    for (int t = (int) x.getShape().get(0) - 1; t >= 0; t--) {
                        h = cell(x.get(t), h, 3);
                        backward.add(0, h);
                    }
                    return NDArrays.concat(
                            new NDList(
                                    NDArrays.stack(forward),
                                    NDArrays.stack(new NDList(backward.toArray(NDArray[]::new)))),
                            2);
                },
                TIME_FIRST);
    }

    @Test
    void theValuesOfALoopAreReadOneByOneInAnother() {
        loops(
                3,
                x -> {
                    int length = (int) x.getShape().get(0);
                    NDList forward = run(x, zeros(x, x.getShape().get(1)), 1);
                    NDArray h = zeros(x, x.getShape().get(1));
                    NDArray[] backward = new NDArray[length];
                    for (int t = length - 1; t >= 0; t--) {
                        h = cell(x.get(t), h, 3);
                        backward[t] = h;
                    }
                    NDList both = new NDList();
                    for (int t = 0; t < length; t++) {
                        both.add(NDArrays.concat(new NDList(forward.get(t), backward[t]), 1));
                    }
                    return NDArrays.stack(both)
                            .add(forward.get(0).sum())
                            .sub(forward.get(length - 1).sum());
                },
                TIME_FIRST);
    }

    @Test
    void layersAreLoopsOneAfterTheOther() {
        loops(
                2,
                x -> {
                    NDArray y = x;
                    for (int layer = 0; layer < 2; layer++) {
                        y = NDArrays.stack(run(y, zeros(x, x.getShape().get(1)), layer * 2 + 1));
                    }
                    return y;
                },
                TIME_FIRST);
    }

    @Test
    void layersWithinAStepAreOneLoop() {
        loops(
                1,
                x -> {
                    NDArray[] states = {
                        zeros(x, x.getShape().get(1)), zeros(x, x.getShape().get(1))
                    };
                    NDList all = new NDList();
                    for (int t = 0; t < x.getShape().get(0); t++) {
                        NDArray y = x.get(t);
                        for (int layer = 0; layer < 2; layer++) {
                            states[layer] = cell(y, states[layer], layer * 2 + 1);
                            y = states[layer];
                        }
                        all.add(y);
                    }
                    return NDArrays.stack(all);
                },
                TIME_FIRST);
    }

    @Test
    void anAttentionDecoderReadsAllOfTheEncodersValuesInEachStep() {
        loopsOf(
                2,
                list -> {
                    NDArray source = list.get(0);
                    NDArray target = list.get(1);
                    NDList encoded = run(source, zeros(source, source.getShape().get(1)), 1);
                    NDArray h = encoded.get(encoded.size() - 1);
                    NDList all = new NDList();
                    NDList weights = new NDList();
                    for (int t = 0; t < target.getShape().get(0); t++) {
                        NDArray memory = NDArrays.stack(encoded, 1);
                        NDArray scores =
                                memory.matMul(h.expandDims(2)).squeeze(2).softmax(1);
                        NDArray context = scores.expandDims(1).matMul(memory).squeeze(1);
                        h = cell(NDArrays.concat(new NDList(target.get(t), context), 1), h, 5);
                        all.add(h);
                        weights.add(scores);
                    }
                    return new NDList(NDArrays.stack(all, 1), NDArrays.stack(weights));
                },
                input("source", "S", "B", FEATURES),
                input("target", "T", "B", FEATURES));
    }

    @Test
    void theStepsNumberMayBeANumberInTheComputation() {
        loops(
                1,
                x -> {
                    NDArray sum = x.get(0).mul(0);
                    long length = x.getShape().get(0);
                    for (int t = 0; t < length; t++) {
                        sum = sum.mul(t)
                                .add(x.get(t).mul(length - t))
                                .add(x.getManager().create((float) t));
                    }
                    return sum;
                },
                TIME_FIRST);
    }

    @Test
    void aStateMayGrow() {
        loops(
                1,
                x -> {
                    NDArray all = x.get("0:1");
                    for (int t = 1; t < x.getShape().get(0); t++) {
                        all = all.concat(x.get(t)
                                .expandDims(0)
                                .add(all.sum(new int[] {0}, true).mul(0.3)));
                    }
                    return all;
                },
                TIME_FIRST);
    }

    @Test
    void valuesOfTheSecondStepBeforeAreHandedOnTwice() {
        loops(
                1,
                x -> {
                    NDArray before = x.get(0).mul(2);
                    NDArray last = x.get(0);
                    NDList all = new NDList();
                    for (int t = 0; t < x.getShape().get(0); t++) {
                        NDArray next = last.mul(0.5).add(before.mul(0.25)).add(x.get(t));
                        before = last;
                        last = next;
                        all.add(next);
                    }
                    return NDArrays.stack(all).add(before).add(last);
                },
                TIME_FIRST);
    }

    @Test
    void aLoopMayRunOneTimeLessOrTwiceAsOften() {
        loops(
                1,
                x -> {
                    NDArray sum = x.get(0);
                    for (int t = 0; t < x.getShape().get(0) - 1; t++) {
                        sum = sum.add(x.get(t + 1).sub(x.get(t)).square());
                    }
                    return sum;
                },
                TIME_FIRST);
        loops(
                1,
                x -> {
                    NDArray sum = x.get(0);
                    for (int t = 0; t < 2 * x.getShape().get(0); t++) {
                        sum = sum.mul(0.5).add(x.mean(new int[] {0}));
                    }
                    return sum;
                },
                TIME_FIRST);
    }

    @Test
    void tokensAreEmbeddedStepByStep() {
        loops(
                1,
                ids -> {
                    NDArray table = weight(ids, 5, FEATURES, 9);
                    NDArray h = zeros(ids, ids.getShape().get(0));
                    NDList all = new NDList();
                    for (int t = 0; t < ids.getShape().get(1); t++) {
                        NDArray token = ids.get(":, {}", t);
                        h = cell(token.oneHot(5).matMul(table), h);
                        all.add(h);
                    }
                    return NDArrays.stack(all, 1);
                },
                input("ids", DataType.INT64, "B", "T"));
    }

    @Test
    void aGreedyDecoderFeedsBackWhatItChose() {
        loopsOf(
                2,
                list -> {
                    NDArray x = list.get(0);
                    NDArray h = run(x, zeros(x, x.getShape().get(1)), 1)
                            .get((int) x.getShape().get(0) - 1);
                    NDArray token = x.getManager().zeros(new Shape(x.getShape().get(1)), DataType.INT64);
                    NDList tokens = new NDList();
                    for (int t = 0; t < list.get(1).getShape().get(0); t++) {
                        h = cell(token.oneHot(5), h, 3);
                        token = h.matMul(weight(x, STATE, 5, 7)).argMax(1);
                        tokens.add(token);
                    }
                    return new NDList(NDArrays.stack(tokens, 1));
                },
                TIME_FIRST,
                input("steps", "S"));
    }

    @Test
    void aListMayBeginWithAnInitialValueAndLackOthers() {
        loops(
                1,
                x -> {
                    NDList all = run(x, zeros(x, x.getShape().get(1)), 1);
                    NDList shifted = new NDList(zeros(x, x.getShape().get(1)));
                    shifted.addAll(all.subList(0, all.size() - 1));
                    return NDArrays.stack(shifted).add(NDArrays.stack(all));
                },
                TIME_FIRST);
        loops(
                1,
                x -> {
                    NDList all = run(x, zeros(x, x.getShape().get(1)), 1);
                    NDList longer = new NDList(zeros(x, x.getShape().get(1)).add(3));
                    longer.addAll(all);
                    return NDArrays.stack(longer);
                },
                TIME_FIRST);
    }

    @Test
    void aLoopIsComparedWithTheBlockWithoutARuntimeToo() {
        Function<NDList, NDList> forward = list -> {
            NDArray x = list.singletonOrThrow();
            NDList all = run(x, zeros(x, x.getShape().get(1)), 1);
            NDList values = new NDList();
            for (NDArray part : x.split(x.getShape().get(0))) {
                values.add(part.sum(new int[] {2}).mul(2));
            }
            return new NDList(NDArrays.concat(all), NDArrays.stack(all, 1), NDArrays.concat(values));
        };
        OnnxModel unchecked =
                OnnxExporter.export(new LambdaBlock(forward), List.of(TIME_FIRST), List.of(), ExportOptions.defaults());
        assertThat(unchecked.proto().getGraph())
                .isEqualTo(exported(forward, TIME_FIRST).proto().getGraph());
    }

    @Test
    void lengthsAtWhichALoopRunsInAnotherWayGetBranchesOfTheirOwn() {
        requireAgreementAtAllLengths(x -> {
            NDArray sum = x.get(0);
            for (int t = 1; t < Math.min(x.getShape().get(0), 3); t++) {
                sum = sum.add(x.get(t));
            }
            return sum;
        });
        requireAgreementAtAllLengths(x -> {
            NDArray sum = x.get(0);
            for (int t = 1; t < x.getShape().get(0); t++) {
                sum = sum.add(x.get(t));
            }
            return x.getShape().get(0) == 1 ? sum.neg() : sum;
        });
    }

    private static void requireAgreementAtAllLengths(Function<NDArray, NDArray> function) {
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(function), List.of(TIME_FIRST), List.of("y"), ExportOptions.defaults());
        assertThat(operators(model)).contains("If");
        for (int length : new int[] {1, 2, 3, 4, 40}) {
            float[] values = new float[length * FEATURES];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) Math.sin(i);
            }
            requireAgreement(model, function, values, length, 1, FEATURES);
        }
    }

    @Test
    void aLoopWhoseStepsDifferIsRefused() {
        refused(
                        x -> {
                            NDArray sum = x.get(0);
                            for (int t = 0; t < x.getShape().get(0); t++) {
                                sum = t % 2 == 0 ? sum.add(x.get(t)) : sum.mul(x.get(t));
                            }
                            return sum;
                        },
                        TIME_FIRST)
                .hasMessageContaining("a Java loop or branch depends on a dynamic dimension");
    }

    @Test
    void aLoopWhoseListGrowsFromStepToStepIsRefused() {
        refused(
                        x -> {
                            NDList all = new NDList(x.get(0));
                            for (int t = 1; t < x.getShape().get(0); t++) {
                                all.add(NDArrays.stack(all).sum(new int[] {0}));
                            }
                            return NDArrays.stack(all);
                        },
                        TIME_FIRST)
                .hasMessageContaining("a Java loop or branch depends on a dynamic dimension");
    }
}
