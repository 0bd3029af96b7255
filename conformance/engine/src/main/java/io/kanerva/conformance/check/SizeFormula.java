package io.kanerva.conformance.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A dimension whose name is arithmetic of other dimensions' names, as exporters write it: {@code past + sequence},
 * {@code 2*N}, {@code floor(height/2) + 1}.
 */
final class SizeFormula {
    /** No exporter writes longer ones; what is nested more deeply than the stack allows is longer by far. */
    private static final int MAX_LENGTH = 200;

    private static final Pattern TOKEN = Pattern.compile("\\s*(\\d{1,9}|[A-Za-z_][\\w.]*|//|[-+*/(),])\\s*");

    private final List<String> tokens;
    private final ToIntFunction<String> sizes;
    private int next;

    private SizeFormula(List<String> tokens, ToIntFunction<String> sizes) {
        this.tokens = tokens;
        this.sizes = sizes;
    }

    /**
     * The size that a name stands for.
     *
     * @param known names of dimensions; a name of which a part is not one of them, such as {@code batch-size}, is no
     *     formula
     * @param sizes of these
     * @return empty if it is no formula, is longer than {@value #MAX_LENGTH} characters, or its value is no size
     */
    static OptionalInt value(String name, Set<String> known, ToIntFunction<String> sizes) {
        if (name.length() > MAX_LENGTH) {
            return OptionalInt.empty();
        }
        List<String> tokens = new ArrayList<>();
        Matcher matcher = TOKEN.matcher(name);
        int end = 0;
        while (matcher.find(end) && matcher.start() == end && end < name.length()) {
            tokens.add(matcher.group(1));
            end = matcher.end();
        }
        boolean names = tokens.stream().anyMatch(known::contains);
        if (end < name.length() || tokens.size() < 3 || !names) {
            return OptionalInt.empty();
        }
        try {
            SizeFormula formula = new SizeFormula(tokens, one -> {
                if (!known.contains(one)) {
                    throw new IllegalArgumentException(one);
                }
                return sizes.applyAsInt(one);
            });
            double value = formula.sum();
            boolean whole = formula.next == tokens.size() && value == Math.rint(value);
            return whole && value >= 0 && value <= Integer.MAX_VALUE
                    ? OptionalInt.of((int) value)
                    : OptionalInt.empty();
        } catch (IllegalArgumentException e) {
            return OptionalInt.empty();
        }
    }

    private String peek() {
        return next < tokens.size() ? tokens.get(next) : "";
    }

    private String take() {
        String token = peek();
        next++;
        return token;
    }

    private double sum() {
        double value = product();
        while (peek().equals("+") || peek().equals("-")) {
            value += take().equals("+") ? product() : -product();
        }
        return value;
    }

    private double product() {
        double value = factor();
        while (List.of("*", "/", "//").contains(peek())) {
            String operator = take();
            double by = factor();
            value = operator.equals("*") ? value * by : operator.equals("/") ? value / by : Math.floor(value / by);
        }
        return value;
    }

    private double factor() {
        String token = take();
        if (token.equals("-")) {
            return -factor();
        }
        if (token.matches("\\d+")) {
            return Integer.parseInt(token);
        }
        if (!token.equals("(") && !peek().equals("(")) {
            return sizes.applyAsInt(token);
        }
        if (!token.equals("(")) {
            take();
        }
        List<Double> values = new ArrayList<>(List.of(sum()));
        while (peek().equals(",")) {
            take();
            values.add(sum());
        }
        if (!take().equals(")")) {
            throw new IllegalArgumentException("no closing bracket");
        }
        return call(token, values);
    }

    private static double call(String function, List<Double> values) {
        return switch (function.toLowerCase(Locale.ROOT)) {
            case "(" -> only(values);
            case "floor" -> Math.floor(only(values));
            case "ceil", "ceiling" -> Math.ceil(only(values));
            case "max" -> values.stream().mapToDouble(value -> value).max().orElseThrow();
            case "min" -> values.stream().mapToDouble(value -> value).min().orElseThrow();
            default -> throw new IllegalArgumentException(function);
        };
    }

    private static double only(List<Double> values) {
        if (values.size() != 1) {
            throw new IllegalArgumentException("more than one value");
        }
        return values.get(0);
    }
}
