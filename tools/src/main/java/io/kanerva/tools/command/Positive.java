package io.kanerva.tools.command;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Parses the value of an option that must be at least 1. */
public final class Positive implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
        int value;
        try {
            value = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not an int");
        }
        if (value < 1) {
            throw new TypeConversionException("expected at least 1, found " + text);
        }
        return value;
    }
}
