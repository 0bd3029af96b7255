package io.kanerva.tools.report;

import io.kanerva.tools.terminal.PlainText;
import java.util.Locale;

/** Formats text for HTML and SVG. */
final class Html {
    private Html() {}

    /** Escapes text for use in HTML content and quoted attributes. */
    static String escape(String text) {
        return PlainText.of(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** {@link String#format} with a decimal point in every locale. */
    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** Formats a coordinate: at most two decimals, no trailing zeros. */
    static String number(double value) {
        String text = format("%.2f", value);
        return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
    }
}
