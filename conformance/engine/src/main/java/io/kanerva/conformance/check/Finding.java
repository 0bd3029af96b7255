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
 * @param outcome agreement, or whose fault it is that there is none
 */
public record Finding(
        String runtime,
        String reference,
        boolean optimised,
        Check check,
        String graph,
        String inputs,
        Comparison comparison,
        double noise,
        Outcome outcome) {

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

    /** What a check came to. */
    public enum Outcome {
        /** The output is within its tolerance. */
        AGREES,
        /** It is not. */
        WRONG,
        /** The engine has no output: it rejects the model, or dies. */
        CANNOT_RUN,
        /** Our adapter cannot pass the inputs or outputs, which says nothing about the engine or the model. */
        ADAPTER_CANNOT
    }

    /** An output that was compared. */
    public Finding(
            String runtime,
            String reference,
            boolean optimised,
            Check check,
            String graph,
            String inputs,
            Comparison comparison,
            double noise) {
        this(
                runtime,
                reference,
                optimised,
                check,
                graph,
                inputs,
                comparison,
                noise,
                comparison.within() ? Outcome.AGREES : Outcome.WRONG);
    }

    /** Whether the output passes the check. */
    public boolean holds() {
        return outcome == Outcome.AGREES;
    }

    /** Whether there is no output to compare. */
    public boolean isUnable() {
        return outcome == Outcome.CANNOT_RUN || outcome == Outcome.ADAPTER_CANNOT;
    }

    /** The output and the result, in one sentence. */
    public String describe() {
        if (isUnable()) {
            return "%s, optimisations %s: %s graph '%s' (%s): %s"
                    .formatted(
                            runtime,
                            optimised ? "on" : "off",
                            outcome == Outcome.CANNOT_RUN ? "cannot run" : "our adapter cannot run",
                            graph,
                            inputs,
                            comparison.problem());
        }
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
