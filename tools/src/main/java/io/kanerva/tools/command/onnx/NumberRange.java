package io.kanerva.tools.command.onnx;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of integers, written {@code FROM..TO}, or {@code FROM..} without an end.
 *
 * @param from at most {@code to}
 * @param to the largest long if there is no end
 */
record NumberRange(long from, long to) {
    private static final Pattern TEXT = Pattern.compile("(-?\\d{1,18})\\.\\.(-?\\d{1,18})?");

    /** @throws IllegalArgumentException if the text is not such a range */
    static NumberRange parse(String text) {
        Matcher match = TEXT.matcher(text);
        if (match.matches()) {
            long to = match.group(2) == null ? Long.MAX_VALUE : Long.parseLong(match.group(2));
            NumberRange range = new NumberRange(Long.parseLong(match.group(1)), to);
            if (range.from <= to) {
                return range;
            }
        }
        throw new IllegalArgumentException("expected FROM..TO with FROM up to TO, or FROM.., found '" + text + "'");
    }

    boolean isOpen() {
        return to == Long.MAX_VALUE;
    }
}
