package io.kanerva.trainer.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Numbers the classes of pictures, which have names or numbers of their own. */
final class OwnClasses {

    private OwnClasses() {}

    /**
     * Pictures with the names of their classes.
     *
     * @param part without labels
     * @param classes each picture's, none blank; or empty
     */
    record Named(OwnPart part, List<String> classes) {}

    /**
     * Images whose classes are numbered in order, numbers as such.
     *
     * @param train to train on, or all
     * @param test for testing, or null to draw them
     * @param others number of files that are left alone
     * @throws DataFormatException if only some have classes
     */
    static OwnImages images(Path place, Named train, Named test, int others) {
        if (test != null && train.classes().isEmpty() != test.classes().isEmpty()) {
            throw new DataFormatException("%s: expected labels of all images or of none, found them for %s only"
                    .formatted(place, test.classes().isEmpty() ? "training" : "testing"));
        }
        List<String> names =
                sorted(Stream.concat(train.classes().stream(), test == null ? Stream.of() : test.classes().stream())
                        .distinct()
                        .toList());
        Map<String, Integer> numbers = new HashMap<>();
        for (String name : names) {
            numbers.put(name, numbers.size());
        }
        return new OwnImages(place, part(train, numbers), test == null ? null : part(test, numbers), names, others);
    }

    private static OwnPart part(Named named, Map<String, Integer> numbers) {
        return named.part()
                .labelled(named.classes().stream().mapToInt(numbers::get).toArray());
    }

    private static List<String> sorted(List<String> names) {
        if (names.stream().allMatch(name -> name.matches("-?\\d{1,18}"))) {
            List<String> numbers = new ArrayList<>(names);
            numbers.sort((a, b) -> Long.compare(Long.parseLong(a), Long.parseLong(b)));
            return numbers;
        }
        return List.copyOf(new TreeSet<>(names));
    }
}
