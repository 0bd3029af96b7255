package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a block computes: one program for all sizes, or one for each of several parts of them. */
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
     * @param bound dimensions that are no dimensions of the program, and their sizes: fixed ones, or those of others
     */
    record One(Program program, Map<String, Size> bound) implements Programs {
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
     * Different programs for sizes for which a test holds and for others.
     *
     * @param otherwise if it does not hold
     * @param then if it holds
     */
    record Split(SizeQuestion test, Programs otherwise, Programs then) implements Programs {
        /**
         * Checks that the results have the same types and numbers of dimensions on both sides.
         *
         * @throws ExportException if they do not, since a model's outputs must
         */
        public Split {
            List<Output> no = otherwise.outputs();
            List<Output> yes = then.outputs();
            if (no.size() != yes.size()) {
                throw different(test, arrays(no), arrays(yes));
            }
            for (int i = 0; i < no.size(); i++) {
                Output a = no.get(i);
                Output b = yes.get(i);
                if (a.type() != b.type() || a.shape().size() != b.shape().size()) {
                    throw different(test, text(i, a), text(i, b));
                }
            }
        }

        @Override
        public Program first() {
            return otherwise.first();
        }

        private static String arrays(List<Output> outputs) {
            return outputs.size() == 1 ? "1 array" : outputs.size() + " arrays";
        }

        private static String text(int index, Output output) {
            return "output " + index + " as " + output.type() + " of rank "
                    + output.shape().size();
        }

        private static ExportException different(SizeQuestion test, String no, String yes) {
            return new ExportException(List.of("the block returns " + test.both(no, yes)
                    + "; a model's outputs have the same number, types and ranks at all sizes"));
        }

        @Override
        public List<Output> outputs() {
            List<Output> outputs = new ArrayList<>();
            for (int i = 0; i < otherwise.outputs().size(); i++) {
                Output a = otherwise.outputs().get(i);
                Output b = then.outputs().get(i);
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
            if (a.equals(b) || equalWhereBound(otherwise, a, b)) {
                return b;
            }
            return equalWhereBound(then, b, a) ? a : Size.unknown();
        }

        /** Whether a general expression is the one of a program in which the dimension is bound. */
        private static boolean equalWhereBound(Programs programs, Size own, Size general) {
            Size size = general;
            if (programs instanceof One one) {
                for (Map.Entry<String, Size> bound : one.bound().entrySet()) {
                    size = size.with(bound.getKey(), bound.getValue());
                }
            }
            return size.equals(own);
        }
    }
}
