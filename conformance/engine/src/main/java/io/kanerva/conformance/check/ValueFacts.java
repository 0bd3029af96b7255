package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.TensorProto;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What is known about a value.
 *
 * @param type null if unknown
 * @param coarsest null if it is not computed in a floating-point type
 * @param constant whether it is the same for all inputs
 * @param sizes nodes that draw random numbers which decide its shape
 * @param exact whether the inputs leave one right value, to the bit: nothing before it rounds as an engine likes
 * @param truth of a constant, as a switch takes it; null if it is not known
 */
record ValueFacts(
        ElementType type,
        ElementType coarsest,
        boolean constant,
        Set<String> quantises,
        Set<String> random,
        Set<String> sizes,
        boolean exact,
        Boolean truth) {
    static final ValueFacts NOTHING = new ValueFacts(null, null, false, Set.of(), Set.of(), Set.of(), false, null);

    static ValueFacts of(int type, boolean constant) {
        ElementType known = ElementType.of(type).orElse(null);
        ElementType coarsest = constant || known == null || !known.isFloat() ? null : known;
        return new ValueFacts(known, coarsest, constant, Set.of(), Set.of(), Set.of(), known != null, null);
    }

    static ValueFacts of(TensorProto weight) {
        ValueFacts value = of(weight.getDataType(), true);
        Boolean truth = weight.getRawData().size() == 1
                ? Boolean.valueOf(weight.getRawData().byteAt(0) != 0)
                : weight.getInt32DataCount() == 1 ? Boolean.valueOf(weight.getInt32Data(0) != 0) : null;
        return new ValueFacts(value.type, value.coarsest, true, Set.of(), Set.of(), Set.of(), value.exact, truth);
    }

    /** The same of a value of another type. */
    ValueFacts of(ElementType other) {
        return new ValueFacts(other, coarsest, constant, quantises, random, sizes, exact, null);
    }

    /** What is known of a value that is one of two. */
    ValueFacts or(ValueFacts other) {
        return new ValueFacts(
                type == null ? other.type : type,
                OutputFacts.coarser(coarsest, other.coarsest),
                constant && other.constant,
                joined(quantises, other.quantises),
                joined(random, other.random),
                joined(sizes, other.sizes),
                exact && other.exact,
                null);
    }

    static Set<String> joined(Set<String> one, Set<String> other) {
        Set<String> all = new LinkedHashSet<>(one);
        all.addAll(other);
        return all;
    }
}
