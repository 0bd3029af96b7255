package io.kanerva.exporter.trace;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;

/** A block cannot be exported; the message lists every reason, one sentence per line. */
public final class ExportException extends RuntimeException {
    private final transient List<String> problems;

    public ExportException(List<String> problems) {
        this(problems, null);
    }

    public ExportException(List<String> problems, Throwable cause) {
        super(message(distinct(problems)), cause);
        this.problems = distinct(problems);
    }

    /** Each reason once; several threads may still be adding some. */
    private static List<String> distinct(List<String> problems) {
        return List.copyOf(new LinkedHashSet<>(List.copyOf(problems)));
    }

    /** The reasons, in the order in which they occurred. */
    public List<String> problems() {
        return problems;
    }

    private static String message(List<String> problems) {
        if (problems.size() == 1) {
            return problems.get(0);
        }
        return problems.size() + " problems:"
                + problems.stream().map(p -> "\n - " + p).collect(Collectors.joining());
    }
}
