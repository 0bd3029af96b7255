package io.kanerva.tools.command.onnx;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of integers, written {@code FROM..TO}.
 *
 * @param from at most {@code to}
 */
record NumberRange(long from, long to) {
    private static final Pattern TEXT = Pattern.compile("(-?\\d{1,18})\\.\\.(-?\\d{1,18})");

    /** @throws IllegalArgumentException if the text is not such a range */
    static NumberRange parse(String text) {
        Matcher match = TEXT.matcher(text);
        if (!match.matches() || Long.parseLong(match.group(1)) > Long.parseLong(match.group(2))) {
            throw new IllegalArgumentException("expected FROM..TO with FROM up to TO, found '" + text + "'");
        }
        return new NumberRange(Long.parseLong(match.group(1)), Long.parseLong(match.group(2)));
    }
}
