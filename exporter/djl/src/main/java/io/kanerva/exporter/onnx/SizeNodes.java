package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.exporter.trace.size.SizeFactor;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Computes sizes in the graph, as vectors of one element: int64 for {@link Size}, float64 for {@link RealSize}. */
final class SizeNodes {
    private static final int MAX_BITS = 48;

    private final GraphBuilder graph;
    private final Map<Object, Value> known = new HashMap<>();

    SizeNodes(GraphBuilder graph) {
        this.graph = graph;
    }

    /** Gives a size a value. */
    void put(Size size, Value value) {
        known.put(size, value);
    }

    Value size(Size size) {
        if (!size.isKnown()) {
            throw new UnsupportedOperationException(
                    "a size in it is not known before the model runs, as it depends on values or has no formula in the "
                            + "inputs' sizes");
        }
        Value value = known.get(size);
        if (value == null) {
            value = size.isFixed()
                    ? graph.integers(size.value())
                    : graph.sizeOfInput(size).orElseGet(() -> sum(size));
            known.put(size, value);
        }
        return value;
    }

    private Value sum(Size size) {
        Value sum = null;
        for (Map.Entry<List<SizeFactor>, Long> term : size.terms().entrySet()) {
            Value product = null;
            for (SizeFactor each : term.getKey()) {
                Value factor = size.equals(Size.of(each)) ? factor(each) : graph.size(Size.of(each));
                product = product == null ? factor : graph.node("Mul", product, factor);
            }
            Value coefficient = graph.integers(term.getValue());
            if (product == null) {
                product = coefficient;
            } else if (term.getValue() != 1) {
                product = graph.node("Mul", product, coefficient);
            }
            sum = sum == null ? product : graph.node("Add", sum, product);
        }
        return sum;
    }

    private Value factor(SizeFactor factor) {
        if (factor instanceof SizeFactor.Named dimension) {
            return graph.sizeOfDimension(dimension.name());
        }
        if (factor instanceof SizeFactor.Extremum extremum) {
            return graph.node(
                    extremum.isLarger() ? "Max" : "Min", graph.size(extremum.first()), graph.size(extremum.second()));
        }
        if (factor instanceof SizeFactor.Rounded rounded) {
            return graph.cast(graph.real(rounded.number()), ElementType.INT64);
        }
        if (factor instanceof SizeFactor.HighestBit highest) {
            return highestBit(highest);
        }
        if (factor instanceof SizeFactor.CommonDivisor divisor) {
            return commonDivisor(divisor);
        }
        SizeFactor.Quotient quotient = (SizeFactor.Quotient) factor;
        Value dividend = graph.size(quotient.dividend());
        Value divisor = graph.size(quotient.divisor());
        boolean isTruncated = !quotient.isFloor()
                || quotient.dividend().isNeverNegative() && quotient.divisor().isNeverNegative();
        // ONNX's Div rounds towards 0; its Mod has the divisor's sign.
        Value dividends = isTruncated ? dividend : graph.node("Sub", dividend, graph.node("Mod", dividend, divisor));
        return graph.node("Div", dividends, divisor);
    }

    /** Counts the powers of two that are not larger, which is exact where a logarithm may be rounded. */
    private Value highestBit(SizeFactor.HighestBit highest) {
        long[] powers = LongStream.range(0, MAX_BITS).map(bit -> 1L << bit).toArray();
        Value reached = graph.node("GreaterOrEqual", graph.size(highest.of()), graph.integers(powers));
        Value ones = graph.cast(reached, ElementType.INT64);
        // 1, 2, 4, 8 are the sums of 1, 1, 2, 4.
        long[] rises = LongStream.range(0, MAX_BITS)
                .map(bit -> bit == 0 ? 1 : 1L << bit - 1)
                .toArray();
        Value terms = highest.isPower() ? graph.node("Mul", ones, graph.integers(rises)) : ones;
        return graph.node("ReduceSum", terms, graph.integers(0));
    }

    /** The largest of the numbers up to one of the sizes that divide both: ONNX has no Euclidean algorithm. */
    private Value commonDivisor(SizeFactor.CommonDivisor divisor) {
        Value first = graph.size(divisor.first());
        Value second = graph.size(divisor.second());
        Value numbers = graph.node("Add", graph.range(divisor.second(), null, 0), graph.integers(1));
        Value rests = graph.node("Add", graph.node("Mod", first, numbers), graph.node("Mod", second, numbers));
        Value divides = graph.node("Equal", rests, graph.integers(0));
        Value divisors = graph.node("Mul", graph.cast(divides, ElementType.INT64), numbers);
        return graph.node("ReduceMax", List.of(divisors), "keepdims", 1);
    }

    Value real(RealSize number) {
        Value value = known.get(number);
        if (value == null) {
            value = compute(number);
            known.put(number, value);
        }
        return value;
    }

    private Value compute(RealSize number) {
        if (number instanceof RealSize.Whole whole) {
            return typed(graph.node("Cast", List.of(graph.size(whole.size())), "to", ElementType.FLOAT64.number()));
        }
        if (number instanceof RealSize.Fixed fixed) {
            return graph.constant(Tensor.filled(ElementType.FLOAT64, fixed.value(), 1));
        }
        RealSize.Computed computed = (RealSize.Computed) number;
        List<Value> arguments = computed.arguments().stream().map(graph::real).toList();
        return computed.function() == RealSize.Function.TO_FLOAT
                ? graph.cast(graph.cast(arguments.get(0), ElementType.FLOAT32), ElementType.FLOAT64)
                : typed(graph.node(computed.function().operator(), arguments));
    }

    private static Value typed(Value value) {
        return new Value(value.name(), ElementType.FLOAT64, List.of(Size.fixed(1)));
    }
}
