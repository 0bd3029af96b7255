package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Comparison;

/**
 * One output of one case on one runtime.
 *
 * @param runtime its name, for example {@code tract}
 * @param reference what the output is compared with: {@value #VECTORS}, or the name of the runtime that computed it
 * @param optimised whether graph optimisations were on
 * @param check what was asked
 * @param graph the model
 * @param inputs the case's label
 * @param comparison what was found
 * @param noise root mean square of the error against float64, as a multiple of that of the float32 values that were
 *     expected; NaN if nothing was computed in float64, or nothing was expected
 */
public record Finding(
        String runtime,
        String reference,
        boolean optimised,
        Check check,
        String graph,
        String inputs,
        Comparison comparison,
        double noise) {

    /** The reference of outputs that came with their inputs. */
    public static final String VECTORS = "vectors";

    /** What is asked of an output. */
    public enum Check {
        /** Is it within its budget of what is expected? */
        BUDGET,
        /** Is it equal, bit for bit, to what ONNX Runtime's Java API gives with the same engine, device and options? */
        BITS,
        /** Does it, computed in float64, agree with the noise floor, which another implementation computed? */
        FLOAT64
    }

    /** Whether the output is right. */
    public boolean holds() {
        return comparison.within();
    }

    /** Where and what, in one sentence. */
    public String describe() {
        String prefix = !comparison.problem().isEmpty()
                ? ""
                : switch (check) {
                    case BUDGET -> "";
                    case BITS -> "is not bit-equal to ONNX Runtime in Java: it ";
                    case FLOAT64 -> "is not in float64 what the noise floor is: it ";
                };
        return "%s, optimisations %s%s: graph '%s', output '%s' (%s) %s%s"
                .formatted(
                        runtime,
                        optimised ? "on" : "off",
                        reference.equals(VECTORS) ? "" : ", against " + reference,
                        graph,
                        comparison.output(),
                        inputs,
                        prefix,
                        comparison.describe());
    }
}
