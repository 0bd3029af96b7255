package io.kanerva.tools.report;

import java.util.Locale;

/** Text as it may stand in HTML and SVG. */
final class Html {
    private Html() {}

    /** Text with the characters escaped that mean something in HTML, good for content and for quoted attributes. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** {@link String#format} with a dot as the decimal point, whatever the machine's language. */
    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** A coordinate: at most two decimals, no trailing zeros. */
    static String number(double value) {
        String text = format("%.2f", value);
        return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
    }
}
