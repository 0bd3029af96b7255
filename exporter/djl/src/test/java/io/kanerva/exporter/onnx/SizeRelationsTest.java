package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.requireAgreement;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.pooling.Pool;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.SamplingPlan.Limit;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Blocks that do something else where two sizes are in a relation, or where one is of a kind. */
@Tag("long")
class SizeRelationsTest {
    private static final InputSpec X = input("x", "N", "T");
    private static final long[][] SHAPES = {
        {1, 1}, {3, 4}, {4, 3}, {9, 9}, {2, 40}, {40, 2}, {12, 36}, {35, 36}, {64, 64}
    };

    private static long rows(NDArray x) {
        return x.getShape().get(0);
    }

    private static long columns(NDArray x) {
        return x.getShape().get(1);
    }

    private static OnnxModel export(Function<NDArray, NDArray> function, InputSpec input, ExportOptions options) {
        return OnnxExporter.export(LambdaBlock.singleton(function), List.of(input), List.of("y"), options);
    }

    private static OnnxModel requireBranches(Function<NDArray, NDArray> function, int ifs, long[]... shapes) {
        OnnxModel model = export(function, X, ExportOptions.defaults().withCheck());
        assertThat(ifs(model)).isEqualTo(ifs);
        requireAgreementAt(model, function, shapes);
        return model;
    }

    private static long ifs(OnnxModel model) {
        return model.toText().lines().filter(line -> line.contains(" = If(")).count();
    }

    private static void requireAgreementAt(OnnxModel model, Function<NDArray, NDArray> function, long[]... shapes) {
        for (long[] shape : shapes) {
            Random random = new Random(5);
            float[] values = new float[(int) new Shape(shape).size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            requireAgreement(model, function, values, shape);
        }
    }

    @Test
    void whicheverOfTwoSizesIsLargerDecides() {
        OnnxModel model = requireBranches(x -> columns(x) > rows(x) ? x.mul(2) : x.neg(), 1, SHAPES);
        assertThat(model.proven().ranges())
                .containsEntry("N", new Limit(1, 2048))
                .containsEntry("T", new Limit(1, 2048));
        requireBranches(x -> rows(x) >= columns(x) ? x.sum(new int[] {0}) : x.max(new int[] {0}), 1, SHAPES);
        requireBranches(x -> x.mul(columns(x) > rows(x) ? 0.3 : 0.7), 1, SHAPES);
        requireBranches(x -> columns(x) > 2 * rows(x) ? x.abs() : x, 1, SHAPES);
        requireBranches(x -> columns(x) > rows(x) + 1 ? x.abs() : x, 1, SHAPES);
    }

    /** Within a side of a relation, too, every number of the code is tried, with the other size on that side. */
    @Test
    void aSideOfARelationMayChangeAtASize() {
        long[][] shapes = {{100, 200}, {100, 101}, {101, 102}, {99, 100}, {100, 50}, {120, 121}, {121, 122}, {3, 4}};
        requireBranches(x -> columns(x) > rows(x) ? rows(x) == 100 ? x.exp() : x.mul(2) : x.neg(), 3, shapes);
        requireBranches(
                x -> columns(x) > rows(x) ? rows(x) > 100 && rows(x) <= 120 ? x.exp() : x.mul(2) : x.neg(), 3, shapes);
        requireBranches(
                x -> columns(x) + rows(x) > 300 ? rows(x) == 170 ? x.exp() : x.mul(2) : x.neg(),
                3,
                new long[][] {{170, 131}, {170, 130}, {171, 131}, {169, 200}});
    }

    @Test
    void aSizeThatChangesWithEachMultipleOfAnotherIsRefusedWithTheLine() {
        assertThatThrownBy(() -> export(
                        x -> columns(x) % rows(x) == 0 ? rows(x) == 100 ? x.mul(3) : x.mul(2) : x.neg(),
                        X,
                        ExportOptions.defaults()))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("N=100")
                .hasMessageContaining("SizeRelationsTest");
    }

    /** 130 divides no size that is near it, or the first one that was traced, but 390. */
    @Test
    void aSizeIsComparedWithWhateverOtherTheRelationLeavesIt() {
        assertThatThrownBy(() -> export(
                        x -> columns(x) % rows(x) == 0 ? rows(x) == 130 ? x.exp() : x.mul(2) : x.neg(),
                        X,
                        ExportOptions.defaults().withDimensionLimit("T", 300, 512)))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("N=130")
                .hasMessageContaining("T=390");
        requireBranches(
                x -> columns(x) > 3 * rows(x)
                        ? x.mul(2)
                        : columns(x) > 2 * rows(x) ? rows(x) == 100 ? x.exp() : x.mul(3) : x.neg(),
                4,
                new long[][] {{100, 201}, {100, 300}, {99, 250}, {101, 250}, {100, 301}, {100, 200}, {3, 7}, {3, 10}});
    }

    @Test
    void aRangeEndsWhereTheBlockFailsOnOneSideOfARelation() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray table = manager.randomNormal(new Shape(512, 1));
            OnnxModel model =
                    requireBranches(x -> columns(x) > rows(x) ? x.add(table.get("0:{}", rows(x))) : x.neg(), 1, SHAPES);
            assertThat(model.proven().ranges()).containsEntry("N", new Limit(1, 512));
            assertThat(model.unproven()).anyMatch(remark -> remark.contains("N ends at 512, because"));
        }
    }

    @Test
    void noLimitIsAdvisedForSizesThatComeAgain() {
        assertThatThrownBy(() -> export(
                        x -> {
                            long root = Math.round(Math.sqrt(columns(x)));
                            return root * root == columns(x) ? x.reshape(rows(x), root, root) : x;
                        },
                        X,
                        ExportOptions.defaults()))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("make N or T a fixed dimension");
    }

    @Test
    void theDifferenceOfTwoSizesIsASizeOnTheSideWhereItIsPositive() {
        requireBranches(
                x -> columns(x) > rows(x)
                        ? x.pad(new Shape(0, 0, 0, columns(x) - rows(x)), 0)
                        : x.get("{}:", rows(x) - columns(x)),
                1,
                SHAPES);
    }

    @Test
    void threeCasesOfTwoSizesAreTwoBranches() {
        requireBranches(
                x -> {
                    long more = columns(x) - rows(x);
                    return more > 0
                            ? x.pad(new Shape(0, 0, 0, more), 0)
                            : more < 0 ? x.get(":, :-1").exp() : x.neg();
                },
                2,
                new long[][] {{1, 1}, {3, 4}, {4, 3}, {9, 9}, {2, 40}, {40, 2}});
    }

    @Test
    void equalSizesDecide() {
        requireBranches(x -> columns(x) == rows(x) ? x.add(x.transpose()) : x.mul(3), 1, SHAPES);
        requireBranches(x -> columns(x) != rows(x) ? x.exp() : x, 1, SHAPES);
        InputSpec two = input("x", "N", 3, "T");
        Function<NDArray, NDArray> function =
                x -> x.getShape().get(0) == x.getShape().get(2) ? x.transpose() : x.mul(3);
        OnnxModel model = export(
                function,
                two,
                ExportOptions.defaults()
                        .withCheck()
                        .withDimensionLimit("N", 1, 40)
                        .withDimensionLimit("T", 2, 50));
        assertThat(model.proven().ranges()).containsEntry("N", new Limit(1, 40)).containsEntry("T", new Limit(2, 50));
        requireAgreementAt(model, function, new long[][] {{1, 3, 2}, {2, 3, 2}, {40, 3, 40}, {40, 3, 50}});
    }

    @Test
    void divisibilityDecides() {
        requireBranches(x -> columns(x) % rows(x) == 0 ? x.mul(2) : x, 1, SHAPES);
        requireBranches(x -> gcd(columns(x), rows(x)) == 1 ? x.mul(2) : x, 1, SHAPES);
        requireBranches(x -> (columns(x) + rows(x)) % 2 == 0 ? x.mul(2) : x, 1, SHAPES);
    }

    @Test
    void aSumOrAProductOfTwoSizesDecides() {
        requireBranches(x -> columns(x) + rows(x) > 70 ? x.mul(2) : x, 1, new long[][] {
            {1, 1}, {35, 35}, {35, 36}, {69, 2}, {90, 90}
        });
        Function<NDArray, NDArray> halved =
                x -> x.getShape().get(2) * x.getShape().get(3) > 1024
                        ? Pool.avgPool2d(x, new Shape(2, 2), new Shape(2, 2), new Shape(0, 0), false, true)
                        : x;
        OnnxModel model = export(
                halved, input("x", "N", 2, "H", "W"), ExportOptions.defaults().withCheck());
        assertThat(ifs(model)).isEqualTo(1);
        requireAgreementAt(model, halved, new long[][] {
            {1, 2, 1, 1}, {2, 2, 32, 32}, {2, 2, 32, 33}, {1, 2, 2, 512}, {1, 2, 3, 342}
        });
    }

    @Test
    void sizesOfAKindDecide() {
        long[][] shapes = {{1, 1}, {2, 2}, {3, 3}, {2, 4}, {2, 9}, {3, 64}, {3, 63}, {2, 100}, {2, 128}, {2, 129}};
        requireBranches(x -> (columns(x) & columns(x) - 1) == 0 ? x.mul(2) : x, 1, shapes);
        requireBranches(
                x -> Long.bitCount(columns(x)) != 1
                        ? x.pad(new Shape(0, 2 * Long.highestOneBit(columns(x)) - columns(x)), 0)
                        : x,
                1,
                shapes);
        requireBranches(
                x -> {
                    long root = Math.round(Math.sqrt(columns(x)));
                    return root * root == columns(x)
                            ? x.reshape(rows(x), root, root).transpose(0, 2, 1).reshape(x.getShape())
                            : x.neg();
                },
                1,
                shapes);
    }

    @Test
    void numbersMayBeCommonDivisorsAndExponentials() {
        long[][] shapes = {{1, 1}, {4, 6}, {9, 6}, {12, 36}, {36, 48}, {7, 100}};
        requireBranches(x -> x.mul(gcd(columns(x), rows(x))), 0, shapes);
        requireBranches(x -> x.reshape(rows(x), gcd(columns(x), 12), -1).sum(new int[] {2}), 0, shapes);
        requireBranches(x -> x.div(columns(x) / gcd(columns(x), rows(x)) * rows(x)), 0, shapes);
        requireBranches(x -> x.mul(Math.exp(-1.0 / columns(x))), 0, shapes);
        requireBranches(x -> x.mul(Math.exp(-0.1 * columns(x))), 0, shapes);
        requireBranches(x -> x.mul((float) (2.5 * Math.exp(-columns(x) / 50.0))), 0, shapes);
        requireBranches(x -> x.mul(1 - Math.exp(-1.0 / columns(x))), 0, shapes);
        requireBranches(x -> x.mul((float) Math.exp(-columns(x) / 100.0)), 0, shapes);
        requireBranches(x -> x.mul(Math.sqrt(50.0 / columns(x))), 0, shapes);
        requireBranches(x -> x.repeat(1, 1 + 8 * columns(x) / rows(x)), 0, shapes);
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    @Test
    void otherRelationsAreRefusedWithTheLine() {
        assertThatThrownBy(() ->
                        export(x -> 3 * columns(x) > 2 * rows(x) + 7 ? x.mul(2) : x, X, ExportOptions.defaults()))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("SizeRelationsTest");
    }

    @Test
    void differentNumbersOfResultsAreNamedWithTheRelation() {
        LambdaBlock block = new LambdaBlock(arrays -> {
            NDArray x = arrays.singletonOrThrow();
            return columns(x) > rows(x) ? new NDList(x.neg(), x.mul(2)) : new NDList(x.neg());
        });
        assertThatThrownBy(() -> OnnxExporter.export(block, List.of(X), List.of("y", "z"), ExportOptions.defaults()))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("2 arrays where T > N and 1 array elsewhere");
    }
}
