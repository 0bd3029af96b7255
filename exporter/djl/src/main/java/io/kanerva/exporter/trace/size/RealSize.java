package io.kanerva.exporter.trace.size;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A real number that depends on dynamic dimensions, such as {@code 1/sqrt(T)}, computed step by step in float64. */
public sealed interface RealSize {
    /** The number for given sizes of the dynamic dimensions. */
    double at(Map<String, Long> sizes);

    /**
     * Whether this is a number for given sizes of the dynamic dimensions; two values that are not numbers are equal.
     */
    default boolean isAt(Map<String, Long> sizes, double number) {
        double value = at(sizes);
        return value == number || Double.isNaN(value) && Double.isNaN(number);
    }

    /** The names of the dynamic dimensions in it, possibly repeated. */
    Stream<String> dimensions();

    /** A step of a computation, called like ONNX's operator. */
    enum Function {
        ADD("Add", (a, b) -> a + b),
        SUBTRACT("Sub", (a, b) -> a - b),
        MULTIPLY("Mul", (a, b) -> a * b),
        DIVIDE("Div", (a, b) -> a / b),
        POWER("Pow", Math::pow),
        SQUARE_ROOT("Sqrt", Math::sqrt),
        LOGARITHM("Log", Math::log),
        EXPONENTIAL("Exp", Math::exp),
        CEILING("Ceil", Math::ceil),
        /** Rounds to the nearest float32. */
        TO_FLOAT("Cast", (DoubleUnaryOperator) a -> (float) a);

        private final String operator;
        private final int arguments;
        private final DoubleBinaryOperator compute;

        Function(String operator, DoubleBinaryOperator compute) {
            this.operator = operator;
            this.arguments = 2;
            this.compute = compute;
        }

        Function(String operator, DoubleUnaryOperator compute) {
            this.operator = operator;
            this.arguments = 1;
            this.compute = (a, none) -> compute.applyAsDouble(a);
        }

        /** ONNX's operator. */
        public String operator() {
            return operator;
        }

        /** The step on one size or number. */
        RealSize of(RealSize argument) {
            return new Computed(this, List.of(argument));
        }

        /** The step on two sizes or numbers. */
        RealSize of(RealSize first, RealSize second) {
            return new Computed(this, List.of(first, second));
        }
    }

    /** A size, converted to float64. */
    record Whole(Size size) implements RealSize {
        @Override
        public double at(Map<String, Long> sizes) {
            return size.at(sizes);
        }

        @Override
        public Stream<String> dimensions() {
            return size.dimensions();
        }

        @Override
        public String toString() {
            return size.inProduct();
        }
    }

    /** A number that does not depend on dimensions. */
    record Fixed(double value) implements RealSize {
        @Override
        public double at(Map<String, Long> sizes) {
            return value;
        }

        @Override
        public Stream<String> dimensions() {
            return Stream.empty();
        }

        @Override
        public String toString() {
            return value == Math.rint(value) && Math.abs(value) < 1e15
                    ? Long.toString((long) value)
                    : Double.toString(value);
        }
    }

    /**
     * The result of a step.
     *
     * @param function the step
     * @param arguments one or two, as the step takes
     */
    record Computed(Function function, List<RealSize> arguments) implements RealSize {
        public Computed {
            arguments = List.copyOf(arguments);
            if (arguments.size() != function.arguments) {
                throw new IllegalArgumentException(
                        "expected " + function.arguments + " arguments of " + function + ", found " + arguments);
            }
        }

        @Override
        public double at(Map<String, Long> sizes) {
            double first = arguments.get(0).at(sizes);
            return function.compute.applyAsDouble(
                    first, arguments.size() == 1 ? 0 : arguments.get(1).at(sizes));
        }

        @Override
        public Stream<String> dimensions() {
            return arguments.stream().flatMap(RealSize::dimensions);
        }

        @Override
        public String toString() {
            String list = arguments.stream().map(RealSize::toString).collect(Collectors.joining(","));
            return switch (function) {
                case ADD -> infix("+");
                case SUBTRACT -> infix("-");
                case MULTIPLY -> infix("*");
                case DIVIDE -> infix("/");
                case POWER -> "pow(" + list + ")";
                case SQUARE_ROOT -> "sqrt(" + list + ")";
                case LOGARITHM -> "log(" + list + ")";
                case EXPONENTIAL -> "exp(" + list + ")";
                case CEILING -> "ceil(" + list + ")";
                case TO_FLOAT -> "float(" + list + ")";
            };
        }

        private String infix(String symbol) {
            return arguments.stream()
                    .map(argument -> argument instanceof Computed step && step.arguments.size() == 2
                            ? "(" + step + ")"
                            : argument.toString())
                    .collect(Collectors.joining(symbol));
        }
    }
}
