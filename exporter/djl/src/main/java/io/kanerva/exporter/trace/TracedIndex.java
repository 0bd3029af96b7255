package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.index.dim.NDIndexAll;
import ai.djl.ndarray.index.dim.NDIndexBooleans;
import ai.djl.ndarray.index.dim.NDIndexElement;
import ai.djl.ndarray.index.dim.NDIndexFixed;
import ai.djl.ndarray.index.dim.NDIndexNull;
import ai.djl.ndarray.index.dim.NDIndexPick;
import ai.djl.ndarray.index.dim.NDIndexSlice;
import ai.djl.ndarray.index.dim.NDIndexTake;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The parts of an {@code NDIndex}.
 *
 * @param elements in order, without the ellipsis
 * @param ellipsis position of the ellipsis among the elements, -1 if there is none
 * @param rank the indexed array's number of dimensions; -1 if it does not matter
 */
record TracedIndex(List<Element> elements, int ellipsis, int rank) {
    static final String KINDS = "kinds";
    static final String NUMBERS = "numbers";
    /** The value for an open end of a slice. */
    static final long OPEN = Long.MAX_VALUE;

    /**
     * One element of an index.
     *
     * @param kind {@code all}, {@code fixed}, {@code slice}, {@code new}, {@code take}, {@code pick} or {@code mask}
     * @param numbers the position of {@code fixed}; min, max and step of {@code slice}, {@link #OPEN} for an open end
     * @param array the positions of {@code take} and {@code pick}, the {@code mask}; null for others
     */
    record Element(String kind, List<Long> numbers, NDArray array) {
        /** The number of the array's axes that the element indexes. */
        private long axes() {
            return switch (kind) {
                case "new" -> 0;
                case "mask" -> array.getShape().dimension();
                default -> 1;
            };
        }

        private void addTo(NDIndex index, Recorder recorder) {
            NDArray ordinary = array == null || kind.equals("mask")
                    ? null
                    : recorder.valueOf(array).array();
            switch (kind) {
                case "all" -> index.addAllDim();
                case "fixed" -> index.addIndices(numbers.get(0));
                case "slice" ->
                    index.addIndices(numbers.stream()
                            .map(n -> n == OPEN ? "" : n.toString())
                            .collect(Collectors.joining(":")));
                case "new" -> index.addIndices("null");
                case "take" -> index.addIndices("{}", ordinary);
                case "pick" -> index.addPickDim(ordinary);
                default -> index.addBooleanIndex(recorder.calls().mask(array));
            }
        }
    }

    /** An operation's attribute, in a message. */
    static String nameOf(String operation, String attribute) {
        return attribute.equals(NUMBERS) ? "a number in the index of " + operation : operation + "'s " + attribute;
    }

    static TracedIndex of(NDIndex index, int rank) {
        return new TracedIndex(
                index.getIndices().stream().map(TracedIndex::element).toList(), index.getEllipsisIndex(), rank);
    }

    private static Element element(NDIndexElement element) {
        if (element instanceof NDIndexAll) {
            return new Element("all", List.of(), null);
        } else if (element instanceof NDIndexFixed fixed) {
            return new Element("fixed", List.of(fixed.getIndex()), null);
        } else if (element instanceof NDIndexSlice slice) {
            return new Element(
                    "slice",
                    List.of(
                            slice.getMin() == null ? OPEN : slice.getMin(),
                            slice.getMax() == null ? OPEN : slice.getMax(),
                            slice.getStep() == null ? 1 : slice.getStep()),
                    null);
        } else if (element instanceof NDIndexNull) {
            return new Element("new", List.of(), null);
        } else if (element instanceof NDIndexTake take) {
            return new Element("take", List.of(), take.getIndex());
        } else if (element instanceof NDIndexPick pick) {
            return new Element("pick", List.of(), pick.getIndex());
        }
        return new Element("mask", List.of(), ((NDIndexBooleans) element).getIndex());
    }

    List<NDArray> arrays() {
        return elements.stream()
                .map(Element::array)
                .filter(array -> array != null)
                .toList();
    }

    /** {@code kinds}, one per element with the ellipsis expanded, and all {@code numbers} in order. */
    Map<String, Object> attributes() {
        List<String> kinds =
                new ArrayList<>(elements.stream().map(Element::kind).toList());
        long consumed = elements.stream().mapToLong(Element::axes).sum();
        int at = ellipsis < 0 ? kinds.size() : ellipsis;
        for (long i = consumed; i < rank; i++) {
            kinds.add(at, "all");
        }
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put(KINDS, List.copyOf(kinds));
        attributes.put(
                NUMBERS,
                elements.stream()
                        .flatMap(e -> e.numbers().stream())
                        .mapToLong(Long::longValue)
                        .toArray());
        return attributes;
    }

    /**
     * The same index with the engine's arrays in place of recording ones. The ellipsis is expanded, since an index that
     * is built part by part does not track its rank otherwise.
     */
    NDIndex toEngine(Recorder recorder) {
        NDIndex index = new NDIndex();
        long consumed = elements.stream().mapToLong(Element::axes).sum();
        for (int i = 0; i <= elements.size(); i++) {
            if (i == ellipsis) {
                index.addAllDim(Math.toIntExact(rank - consumed));
            }
            if (i < elements.size()) {
                elements.get(i).addTo(index, recorder);
            }
        }
        return index;
    }
}
