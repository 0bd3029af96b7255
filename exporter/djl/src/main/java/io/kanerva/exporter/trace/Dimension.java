package io.kanerva.exporter.trace;

import java.util.Objects;

/**
 * One dimension of an input: a fixed size, or a name for a size that is known only when the model runs.
 *
 * @param name the dynamic dimension's name, or null for a fixed one; dimensions with the same name have the same size
 * @param size the fixed size, at least 1; 0 for a dynamic one
 */
public record Dimension(String name, long size) {
    public Dimension {
        if (name == null && size < 1) {
            throw new IllegalArgumentException("a fixed dimension is at least 1, found " + size);
        }
        if (name != null && !name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
            throw new IllegalArgumentException("a dimension's name is an identifier such as B, found \"" + name + "\"");
        }
    }

    /** A dimension whose size the model's input determines at run time. */
    public static Dimension named(String name) {
        return new Dimension(Objects.requireNonNull(name, "name"), 0);
    }

    /** A dimension that always has this size. */
    public static Dimension fixed(long size) {
        return new Dimension(null, size);
    }

    /** Parses a number as a fixed dimension, an identifier as a dynamic one. */
    static Dimension parse(String text) {
        return text.matches("\\d{1,18}") ? fixed(Long.parseLong(text)) : named(text);
    }

    public boolean isNamed() {
        return name != null;
    }

    Size toSize() {
        return isNamed() ? Size.named(name) : Size.fixed(size);
    }

    @Override
    public String toString() {
        return isNamed() ? name : Long.toString(size);
    }
}
