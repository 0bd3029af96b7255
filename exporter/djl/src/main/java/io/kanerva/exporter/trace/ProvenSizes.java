package io.kanerva.exporter.trace;

import java.util.Map;

/**
 * The sizes for which a block's computation was found to be the program's. It was compared at some of them: the ends,
 * doublings and their neighbours, numbers that occur in the block, and more as the budget allowed.
 *
 * @param ranges of each dynamic dimension, both ends inclusive
 * @param comparisons the number of combinations of sizes at which the block was recorded and compared
 * @param remarks why a range ends before its limit, one sentence each
 */
public record ProvenSizes(Map<String, SamplingPlan.Limit> ranges, int comparisons, java.util.List<String> remarks) {}
