package io.kanerva.exporter.trace;

import java.util.List;

/**
 * What a block computes, for all sizes of its dynamic dimensions.
 *
 * @param inputs in the order of the input specifications
 * @param operations in the order in which the block ran them, without those that only combine constants
 * @param outputs in the order in which the block returned them
 * @param assumptions what numbers seen at a few sizes suggest and nothing proves, one sentence each
 */
public record Program(
        List<Operand> inputs, List<Operation> operations, List<Operand> outputs, List<String> assumptions) {}
