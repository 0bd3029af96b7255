package io.kanerva.conformance.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    @Test
    void anElementMayDifferByTheAbsolutePartAndTheRelativePartOfItsValue() {
        Tensor expected = Tensor.of("x", new float[] {0, 100}, 2);
        assertThat(compare(expected, new float[] {0.9e-5f, 100.009f}).within()).isTrue();
        Comparison tooFar = compare(expected, new float[] {0, 100.02f});
        assertThat(tooFar.within()).isFalse();
        assertThat(tooFar.at()).isEqualTo("[1]");
        assertThat(tooFar.share()).isCloseTo(0.02 / 0.01001, within(0.01));
        assertThat(tooFar.describe()).contains("differs by 2.00e-02 at [1]: expected 100.0, found 100.02");
    }

    @Test
    void theWorstElementIsTheOneThatTakesMostOfItsBudgetNotTheOneThatDiffersMost() {
        Comparison found = compare(Tensor.of("x", new float[] {1000, 0}, 1, 2), new float[] {1000.01f, 5e-5f});
        assertThat(found.at()).isEqualTo("[0, 1]");
        assertThat(found.largest()).isCloseTo(0.01, within(1e-4));
    }

    @Test
    void signalToNoiseCosineAndUnitsInTheLastPlaceAreThoseOfTheirDefinitions() {
        Comparison found = Comparison.between(
                "x", Tensor.of("x", new float[] {3, 4}, 2), Tensor.of("x", new float[] {3, 4.5f}, 2), Tolerance.INT8);
        assertThat(found.signalToNoise()).isCloseTo(20, within(1e-9));
        assertThat(found.within()).isTrue();
        assertThat(found.cosine()).isCloseTo((9 + 18) / (5 * Math.sqrt(9 + 20.25)), within(1e-12));
        assertThat(found.units()).isEqualTo(Float.floatToIntBits(4.5f) - Float.floatToIntBits(4f));
        assertThat(compare(Tensor.of("x", new float[] {-Float.MIN_VALUE}, 1), new float[] {Float.MIN_VALUE})
                        .units())
                .isEqualTo(2);
    }

    @Test
    void aTensorThatMissesItsCosineOrItsSignalToNoiseRatioIsRefused() {
        Tensor expected = Tensor.of("x", new float[] {1e-4f, 0}, 2);
        assertThat(Comparison.between("x", expected, Tensor.of("x", new float[] {0, 1e-4f}, 2), Tolerance.FLOAT16)
                        .within())
                .isFalse();
        assertThat(Comparison.between("x", expected, Tensor.of("x", new float[] {0.8e-4f, 0}, 2), Tolerance.INT8)
                        .within())
                .isFalse();
    }

    @Test
    void aValueThatIsNotFiniteAgreesOnlyWithItself() {
        float nan = Float.NaN;
        float infinite = Float.POSITIVE_INFINITY;
        assertThat(compare(Tensor.of("x", new float[] {nan, infinite}, 2), new float[] {nan, infinite})
                        .within())
                .isTrue();
        assertThat(compare(Tensor.of("x", new float[] {1, 1}, 2), new float[] {1, nan})
                        .within())
                .isFalse();
        assertThat(compare(Tensor.of("x", new float[] {infinite, 1}, 2), new float[] {-infinite, 1})
                        .within())
                .isFalse();
    }

    @Test
    void otherShapesAndTypesCannotBeCompared() {
        Tensor expected = Tensor.of("x", new float[] {1, 2}, 2);
        assertThat(Comparison.between("x", expected, Tensor.of("x", new float[] {1, 2}, 1, 2), Tolerance.FLOAT32)
                        .describe())
                .isEqualTo("cannot be compared: expected float32[2], found float32[1, 2]");
        assertThat(Comparison.between(
                                "x",
                                expected,
                                Tensor.of(ElementType.FLOAT64, new double[] {1, 2}, 2),
                                Tolerance.FLOAT32)
                        .within())
                .isFalse();
    }

    @Test
    void equalBitsMeansEveryBit() {
        Tensor zero = Tensor.of("x", new float[] {0}, 1);
        assertThat(Comparison.between("x", zero, Tensor.of("x", new float[] {Math.ulp(0f)}, 1), Tolerance.BITS)
                        .within())
                .isFalse();
        assertThat(Comparison.between("x", zero, zero, Tolerance.BITS).within()).isTrue();
    }

    @Test
    void halfPrecisionIsReadAsItsNumbers() {
        byte[] bits = {0, 0x3c, 0, (byte) 0xc0, 1, 0, (byte) 0xff, 0x7b}; // 1, -2, the least subnormal, the largest
        assertThat(Tensor.ofBytes(ElementType.FLOAT16, bits, 4).doubles()).containsExactly(1, -2, 0x1p-24, 65504);
    }

    private static Comparison compare(Tensor expected, float[] found) {
        return Comparison.between("x", expected, Tensor.of("x", found, expected.shape()), Tolerance.FLOAT32);
    }

    @Test
    void wholeNumbersThatAreTheSameDoubleAreToldApart() {
        Tensor one = Tensor.of(new long[] {3, (1L << 53) + 1}, 2);
        Tensor other = Tensor.of(new long[] {3, 1L << 53}, 2);
        Comparison signed = Comparison.between("y", one, other, Tolerance.BITS);
        assertThat(signed.within()).isFalse();
        assertThat(signed.problem())
                .isEqualTo("expected '9007199254740993' at [1] of int64[2], found '9007199254740992'");
        Tensor unsigned =
                Tensor.over(ElementType.UINT64, Tensor.of(new long[] {-1}, 1).buffer(), 1);
        Tensor below =
                Tensor.over(ElementType.UINT64, Tensor.of(new long[] {-2}, 1).buffer(), 1);
        assertThat(Comparison.between("y", unsigned, below, Tolerance.FLOAT32).within())
                .isFalse();
        assertThat(Comparison.between("y", unsigned, unsigned, Tolerance.BITS).within())
                .isTrue();
    }

    @Test
    void complexNumbersAreComparedByTheirParts() {
        Tensor one = complex(1, 2, 3, 4);
        assertThat(Comparison.between("y", one, complex(1, 2, 3, 4.00001f), Tolerance.FLOAT32)
                        .within())
                .isTrue();
        Comparison wrong = Comparison.between("y", one, complex(1, 2.5f, 3, 4), Tolerance.FLOAT32);
        assertThat(wrong.within()).isFalse();
        assertThat(wrong.at()).isEqualTo("[0, 1]"); // the imaginary part of the first
    }

    @Test
    void everyNanOfEightBitsIsTheSame() {
        Tensor one = Tensor.ofBytes(ElementType.FLOAT8E5M2, new byte[] {1, 0x7e}, 2);
        Tensor other = Tensor.ofBytes(ElementType.FLOAT8E5M2, new byte[] {1, 0x7f}, 2);
        Tensor infinite = Tensor.ofBytes(ElementType.FLOAT8E5M2, new byte[] {1, 0x7c}, 2);
        assertThat(Comparison.between("y", one, other, Tolerance.BITS).within()).isTrue();
        assertThat(Comparison.between("y", one, infinite, Tolerance.BITS).problem())
                .isEqualTo("expected 'NaN' at [1] of float8e5m2[2], found '0x7c'");
    }

    private static Tensor complex(float... parts) {
        return Tensor.over(ElementType.COMPLEX64, Tensor.of(parts, parts.length).buffer(), parts.length / 2);
    }
}
