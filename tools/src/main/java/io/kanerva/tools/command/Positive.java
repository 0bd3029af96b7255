package io.kanerva.tools.command;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Parses the value of an option that must be at least 1. */
public class Positive implements ITypeConverter<Integer> {
    private final int min;

    public Positive() {
        this(1);
    }

    private Positive(int min) {
        this.min = min;
    }

    /** Parses the value of an option that must be at least 0. */
    public static final class OrZero extends Positive {
        public OrZero() {
            super(0);
        }
    }

    @Override
    public Integer convert(String text) {
        int value;
        try {
            value = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not an int");
        }
        if (value < min) {
            throw new TypeConversionException("expected at least " + min + ", found " + text);
        }
        return value;
    }
}
