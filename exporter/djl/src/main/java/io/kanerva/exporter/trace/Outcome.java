package io.kanerva.exporter.trace;

/**
 * How a recording compares with a program.
 *
 * @param kind whether it is the same
 * @param text what differs, with the line; empty if nothing does
 * @param isNumber whether only a number or a shape differs, for which more traces may find an expression
 */
record Outcome(Kind kind, String text, boolean isNumber) {
    static final Outcome SAME = new Outcome(Kind.SAME, "");
    /** The budget is spent. */
    static final Outcome NOT_KNOWN = new Outcome(Kind.NOT_KNOWN, "");

    enum Kind {
        SAME,
        /** Other operations, constants, numbers or shapes. */
        DIFFERENT,
        /** The block itself fails. */
        FAILS,
        NOT_KNOWN
    }

    Outcome(Kind kind, String text) {
        this(kind, text, false);
    }
}
