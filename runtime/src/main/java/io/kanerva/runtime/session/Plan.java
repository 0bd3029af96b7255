package io.kanerva.runtime.session;

import io.kanerva.runtime.BundleGraph;
import java.util.List;

/**
 * The graphs that one kind of call runs in a row, on tensors that they share by name: what one graph writes, the next
 * reads without a copy. Plans are compared by identity.
 *
 * @param graphs in the order in which they run
 * @param outputs those wanted of them, beside what a later graph of the plan takes
 */
record Plan(List<BundleGraph> graphs, List<String> outputs) {}
