package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a block computes: one program for all sizes, or one for each of several ranges of a dimension's sizes. */
public sealed interface Programs {
    /** What the programs return: for each output its type, and its shape as far as all programs agree on it. */
    List<Output> outputs();

    /** The program for the smallest sizes. */
    Program first();

    /**
     * One output of a block.
     *
     * @param type element type
     * @param shape sizes that may depend on dynamic dimensions
     */
    record Output(ElementType type, List<Size> shape) {
        public Output {
            shape = List.copyOf(shape);
        }
    }

    /**
     * A program.
     *
     * @param fixed dimensions that have one size only, which are fixed in the program
     */
    record One(Program program, Map<String, Long> fixed) implements Programs {
        @Override
        public Program first() {
            return program;
        }

        @Override
        public List<Output> outputs() {
            return program.outputs().stream()
                    .map(output -> new Output(output.type(), output.shape()))
                    .toList();
        }
    }

    /**
     * Different programs for the remainders of a size.
     *
     * @param dimension the dimension that decides; in the programs it is what the size is divided by the divisor,
     *     rounded up
     * @param divisor by which the size is divided
     * @param lacking what the size of the first programs lacks to a multiple of the divisor
     * @param classes programs for what the size lacks to a multiple of the divisor, from this on
     */
    record Remainders(String dimension, int divisor, int lacking, List<Programs> classes) implements Programs {
        /**
         * Checks that the results have the same types and numbers of dimensions.
         *
         * @throws ExportException if they do not, since a model's outputs must
         */
        public Remainders {
            classes = List.copyOf(classes);
            List<String> kinds = classes.stream()
                    .map(programs -> programs.outputs().stream()
                            .map(output ->
                                    output.type() + " of rank " + output.shape().size())
                            .toList()
                            .toString())
                    .distinct()
                    .toList();
            if (kinds.size() > 1) {
                throw new ExportException(List.of("the block returns " + kinds.get(0) + " or " + kinds.get(1)
                        + ", by the remainder of " + dimension + "/" + divisor
                        + "; a model's outputs have the same types and ranks at all sizes"));
            }
        }

        /** All but the first programs. */
        public Programs others() {
            return classes.size() == 2
                    ? classes.get(1)
                    : new Remainders(dimension, divisor, lacking + 1, classes.subList(1, classes.size()));
        }

        @Override
        public Program first() {
            return classes.get(0).first();
        }

        @Override
        public List<Output> outputs() {
            List<Output> outputs = new ArrayList<>();
            for (int i = 0; i < classes.get(0).outputs().size(); i++) {
                int index = i;
                Output output = classes.get(0).outputs().get(i);
                List<Size> shape = new ArrayList<>();
                for (int axis = 0; axis < output.shape().size(); axis++) {
                    int place = axis;
                    Size size = output.shape().get(axis);
                    boolean isSame = size.isKnown()
                            && size.dimensions().noneMatch(dimension::equals)
                            && classes.stream()
                                    .allMatch(programs -> programs.outputs()
                                            .get(index)
                                            .shape()
                                            .get(place)
                                            .equals(size));
                    shape.add(isSame ? size : Size.unknown());
                }
                outputs.add(new Output(output.type(), shape));
            }
            return outputs;
        }
    }

    /**
     * Different programs for small and for large sizes.
     *
     * @param dimension the dimension that decides
     * @param largest the largest size at which the first programs are right
     * @param upTo for this size and smaller ones
     * @param above for larger sizes
     */
    record Split(String dimension, long largest, Programs upTo, Programs above) implements Programs {
        /**
         * Checks that the results have the same types and numbers of dimensions on both sides.
         *
         * @throws ExportException if they do not, since a model's outputs must
         */
        public Split {
            List<Output> small = upTo.outputs();
            List<Output> large = above.outputs();
            if (small.size() != large.size()) {
                throw different(dimension, largest, small.size() + " arrays", large.size() + " arrays");
            }
            for (int i = 0; i < small.size(); i++) {
                Output a = small.get(i);
                Output b = large.get(i);
                if (a.type() != b.type() || a.shape().size() != b.shape().size()) {
                    throw different(dimension, largest, text(i, a), text(i, b));
                }
            }
        }

        @Override
        public Program first() {
            return upTo.first();
        }

        private static String text(int index, Output output) {
            return "output " + index + " as " + output.type() + " of rank "
                    + output.shape().size();
        }

        private static ExportException different(String dimension, long largest, String small, String large) {
            return new ExportException(List.of("the block returns " + small + " up to " + dimension + "=" + largest
                    + " and " + large
                    + " above; a model's outputs have the same types and ranks at all sizes"));
        }

        @Override
        public List<Output> outputs() {
            List<Output> outputs = new ArrayList<>();
            for (int i = 0; i < upTo.outputs().size(); i++) {
                Output a = upTo.outputs().get(i);
                Output b = above.outputs().get(i);
                List<Size> shape = new ArrayList<>();
                for (int axis = 0; axis < a.shape().size(); axis++) {
                    shape.add(both(a.shape().get(axis), b.shape().get(axis)));
                }
                outputs.add(new Output(a.type(), shape));
            }
            return outputs;
        }

        /** The size that has both expressions' values in their ranges, if it is easy to see. */
        private Size both(Size a, Size b) {
            if (a.equals(b) || equalWhereFixed(upTo, a, b)) {
                return b;
            }
            return equalWhereFixed(above, b, a) ? a : Size.unknown();
        }

        /** Whether a general expression is the one of a program in which the dimension is fixed. */
        private static boolean equalWhereFixed(Programs programs, Size own, Size general) {
            Size size = general;
            if (programs instanceof One one) {
                for (Map.Entry<String, Long> fixed : one.fixed().entrySet()) {
                    size = size.with(fixed.getKey(), fixed.getValue());
                }
            }
            return size.equals(own);
        }
    }
}
