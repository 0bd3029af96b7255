package io.kanerva.exporter.trace;

import java.util.Map;
import java.util.Optional;

/** A size at which a block's computation is not the program's. */
final class SizeChange extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Outcome outcome;
    private final String remedy;
    private final transient Optional<Threshold> threshold;
    private final long together;
    private final transient Map<String, Long> before;
    private final transient Map<String, Long> after;

    /**
     * Where a block's computation changes.
     *
     * @param dimension the dimension on which it depends
     * @param largest the largest size before the change
     */
    record Threshold(String dimension, long largest) {}

    SizeChange(
            Outcome outcome,
            Map<String, Long> before,
            Map<String, Long> after,
            String remedy,
            Optional<Threshold> threshold,
            long together) {
        super(
                outcome.kind() == Outcome.Kind.FAILS
                        ? "with " + after + " " + outcome.text() + "; with " + before + " it runs"
                        : "the block computes something else with " + after + " than with " + before + ": "
                                + outcome.text(),
                null,
                false,
                false);
        this.outcome = outcome;
        this.before = before;
        this.after = after;
        this.remedy = remedy;
        this.threshold = threshold;
        this.together = together;
    }

    /** Sizes at which the block computes the same as the program. */
    Map<String, Long> before() {
        return before;
    }

    /** Sizes at which it does not, neighbouring ones if possible. */
    Map<String, Long> after() {
        return after;
    }

    /** The whole sentence, with a reason why the remedy is needed. */
    String message(String reason) {
        boolean isFailure = outcome.kind() == Outcome.Kind.FAILS;
        return getMessage() + "; " + (isFailure ? "if such sizes cannot occur, " : reason + ", so ") + remedy;
    }

    /** Where it is, if the block runs on both sides and only one dimension matters. */
    Optional<Threshold> threshold() {
        return threshold;
    }

    /** The largest size of all dimensions before a change that comes as they grow together; 0 for others. */
    long together() {
        return together;
    }

    /** Whether only a number or a shape differs. */
    boolean isNumber() {
        return outcome.isNumber();
    }
}
