package io.kanerva.tools.terminal;

import java.util.regex.Pattern;

/** Text of others, such as names in a model, for a terminal or a page. */
public final class PlainText {
    /** Controls, and marks that change the direction of what follows or show nothing. */
    private static final Pattern CONTROLS = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}&&[^\\n\\r\\t]]");

    private PlainText() {}

    /** The text with whatever a terminal would obey written out; only tabs and line ends are kept. */
    public static String of(String text) {
        return CONTROLS.matcher(text)
                .replaceAll(match -> "\\\\u%04x".formatted(match.group().codePointAt(0)));
    }
}
