package io.kanerva.exporter.trace;

import java.util.List;
import java.util.Map;

/** A block that computes something else at some sizes than at others, traced and proven for each of them. */
sealed interface DividedSizes permits SizeRanges, SizeClasses, SizeCases {
    Programs programs();

    /** The sizes at which the joined graph should be run. */
    List<Map<String, Long>> runs();

    ProvenSizes proven();

    List<String> assumptions();
}
