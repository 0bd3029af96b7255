package io.kanerva.exporter.trace;

import java.util.Map;
import java.util.Set;

/** Lets tests of the lowerings see which arguments the tables of recorded methods name. */
public final class RecordedArguments {
    private RecordedArguments() {}

    /** For each operation with arguments that are no arrays, their names. */
    public static Map<String, Set<String>> all() {
        return RecordedMethods.attributes();
    }
}
