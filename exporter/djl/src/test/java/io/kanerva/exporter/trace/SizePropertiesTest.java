package io.kanerva.exporter.trace;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import io.kanerva.exporter.trace.size.Size;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class SizePropertiesTest {
    private static final List<InputSpec> INPUTS =
            List.of(new InputSpec("x", DataType.FLOAT32, List.of(Dimension.named("B"), Dimension.named("T"))));

    private static long[] values(SamplingPlan plan, ToLongFunction<Map<String, Long>> function) {
        return plan.traces().stream().mapToLong(function).toArray();
    }

    @Property(seed = "1", tries = 500)
    void everySumOfProductsIsFoundFromItsValues(
            @ForAll @LongRange(min = -9, max = 9) long constant,
            @ForAll @LongRange(min = -9, max = 9) long b,
            @ForAll @LongRange(min = -9, max = 9) long t,
            @ForAll @LongRange(min = -9, max = 9) long product,
            @ForAll @IntRange(min = 1, max = 50) int other) {
        SamplingPlan plan = SamplingPlan.of(INPUTS, Map.of(), Set.of());
        ToLongFunction<Map<String, Long>> function =
                at -> constant + b * at.get("B") + t * at.get("T") + product * at.get("B") * at.get("T");
        Map<String, Long> elsewhere = Map.of("B", (long) other, "T", 51L - other);
        assertThat(plan.express(values(plan, function)).at(elsewhere)).isEqualTo(function.applyAsLong(elsewhere));
    }

    @Property(seed = "2", tries = 500)
    void stridesOfStridesAreOneStride(
            @ForAll @LongRange(min = -9, max = 9) long first,
            @ForAll @LongRange(min = 1, max = 6) long stride,
            @ForAll @LongRange(min = 1, max = 4) long factor,
            @ForAll @LongRange(min = -9, max = 9) long second,
            @ForAll @LongRange(min = 1, max = 6) long nextStride,
            @ForAll @LongRange(min = 1, max = 99) long size) {
        Size strided = Size.named("H").plus(first).floorDivided(stride);
        assertThat(strided.at(Map.of("H", size))).isEqualTo(Math.floorDiv(size + first, stride));
        Size again = strided.times(factor).plus(second).floorDivided(nextStride);
        long expected = Math.floorDiv(factor * Math.floorDiv(size + first, stride) + second, nextStride);
        assertThat(again.at(Map.of("H", size))).isEqualTo(expected);
    }

    @Property(seed = "3", tries = 500)
    void functionsOfSizesAreJavas(
            @ForAll @LongRange(min = -9, max = 9) long b,
            @ForAll @LongRange(min = -9, max = 9) long t,
            @ForAll @LongRange(min = -9, max = 9) long square,
            @ForAll @LongRange(min = -9, max = 9) long constant,
            @ForAll @LongRange(min = 1, max = 9) long divisor,
            @ForAll @LongRange(min = 1, max = 20) long batch,
            @ForAll @LongRange(min = 1, max = 20) long length) {
        Size size = Size.named("B")
                .times(b)
                .plus(Size.named("T").times(t))
                .plus(Size.named("T").times(Size.named("T")).times(square))
                .plus(constant);
        Size other = Size.named("B").plus(Size.named("T")).plus(-9);
        long value = b * batch + t * length + square * length * length + constant;
        long otherValue = batch + length - 9;
        Map<String, Long> at = Map.of("B", batch, "T", length);
        assertThat(size.floorDivided(divisor).at(at)).isEqualTo(Math.floorDiv(value, divisor));
        assertThat(size.floorDivided(-divisor).at(at)).isEqualTo(Math.floorDiv(value, -divisor));
        assertThat(size.truncated(Size.fixed(divisor)).at(at)).isEqualTo(value / divisor);
        assertThat(size.mod(Size.fixed(divisor)).at(at)).isEqualTo(Math.floorMod(value, divisor));
        assertThat(size.floorDivided(Size.named("B")).at(at)).isEqualTo(Math.floorDiv(value, batch));
        assertThat(size.min(other).at(at)).isEqualTo(Math.min(value, otherValue));
        assertThat(size.max(other).at(at)).isEqualTo(Math.max(value, otherValue));
        assertThat(size.max(Size.fixed(0)).floorDivided(divisor).at(at))
                .isEqualTo(Math.floorDiv(Math.max(value, 0), divisor));
        assertThat(size.isNeverNegative() && value < 0).isFalse();
    }
}
