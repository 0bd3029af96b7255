package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Comparison;

/**
 * One output of one case on one runtime.
 *
 * @param runtime its name, for example {@code tract}
 * @param reference what the output is compared with: {@value #VECTORS}, or the name of the runtime that computed it
 * @param optimised whether graph optimisations were on
 * @param check which check was made
 * @param graph the model
 * @param inputs the case's label
 * @param comparison the result
 * @param noise root mean square of the error against float64, as a multiple of the expected float32 values' own; NaN if
 *     nothing was computed in float64, or nothing was expected
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

    /** The reference of expected outputs that are stored with the inputs. */
    public static final String VECTORS = "vectors";

    /** A check of an output. */
    public enum Check {
        /** Is it within its budget of the expected output? */
        BUDGET,
        /**
         * Does it equal, bit for bit, the output of ONNX Runtime's Java API with the same engine, device and options?
         */
        BITS,
        /** Computed in float64, does it match the noise floor, which another implementation computed? */
        FLOAT64
    }

    /** Whether the output passes the check. */
    public boolean holds() {
        return comparison.within();
    }

    /** The output and the result, in one sentence. */
    public String describe() {
        String prefix = !comparison.problem().isEmpty()
                ? ""
                : switch (check) {
                    case BUDGET -> "";
                    case BITS -> "is not bit-equal to ONNX Runtime in Java: it ";
                    case FLOAT64 -> "does not match the noise floor in float64: it ";
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
