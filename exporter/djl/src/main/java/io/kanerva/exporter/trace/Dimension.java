package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One dimension of an input: a fixed size, or one that is known only when the model runs, named or in relation to
 * names, such as {@code 8*h} and {@code S+1}.
 *
 * @param expression the size; dimensions with the same names have related sizes
 */
public record Dimension(Size expression) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern TERM =
            Pattern.compile("\\s*([+-]?)\\s*((?:[A-Za-z0-9_]+\\s*\\*\\s*)*[A-Za-z0-9_]+)\\s*(?=[+-]|$)");

    public Dimension {
        if (expression.isFixed() && expression.value() < 1) {
            throw new IllegalArgumentException("a fixed dimension is at least 1, found " + expression.value());
        }
    }

    /** A dimension whose size the model's input determines at run time. */
    public static Dimension named(String name) {
        Objects.requireNonNull(name, "name");
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("a dimension's name is an identifier such as B, found \"" + name + "\"");
        }
        return new Dimension(Size.named(name));
    }

    /** A dimension that always has this size. */
    public static Dimension fixed(long size) {
        return new Dimension(Size.fixed(size));
    }

    /**
     * Parses a number, a name, or a sum of products of them, such as {@code 2*d+1}.
     *
     * @throws IllegalArgumentException if the text is neither
     */
    static Dimension parse(String text) {
        Size sum = Size.fixed(0);
        Matcher term = TERM.matcher(text);
        int end = 0;
        while (end < text.length() && term.find(end) && term.start() == end) {
            if (end > 0 && term.group(1).isEmpty()) {
                break;
            }
            Size product = Size.fixed(term.group(1).equals("-") ? -1 : 1);
            for (String factor : term.group(2).split("\\*")) {
                product = product.times(factor(factor.strip(), text));
            }
            sum = sum.plus(product);
            end = term.end();
        }
        if (end == 0 || end < text.length()) {
            throw unreadable(text);
        }
        return new Dimension(sum);
    }

    private static Size factor(String text, String whole) {
        if (text.matches("\\d{1,18}")) {
            return Size.fixed(Long.parseLong(text));
        }
        if (!NAME.matcher(text).matches()) {
            throw unreadable(whole);
        }
        return Size.named(text);
    }

    private static IllegalArgumentException unreadable(String text) {
        return new IllegalArgumentException("a dimension is a number, a name such as B, or a sum of products of them "
                + "such as 8*h or S+1, found \"" + text + "\"");
    }

    /** Whether the size is known only when the model runs. */
    public boolean isNamed() {
        return !expression.isFixed();
    }

    /** The dynamic dimension's name, or its expression; null for a fixed one. */
    public String name() {
        return isNamed() ? expression.toString() : null;
    }

    /** The fixed size; 0 for a dynamic one. */
    public long size() {
        return isNamed() ? 0 : expression.value();
    }

    /** The size for given sizes of the names in it. */
    public long at(Map<String, Long> sizes) {
        return expression.at(sizes);
    }

    @Override
    public String toString() {
        return expression.toString();
    }
}
