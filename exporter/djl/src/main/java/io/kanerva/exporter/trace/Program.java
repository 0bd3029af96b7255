package io.kanerva.exporter.trace;

import java.util.List;

/**
 * A block's computation, for all sizes of its dynamic dimensions.
 *
 * @param inputs in the order of the input specifications
 * @param operations in the order in which the block ran them, without those on constants only
 * @param outputs in the order in which the block returned them
 * @param assumptions expressions that were inferred from numbers at a few sizes without proof, one sentence each
 */
public record Program(
        List<Operand> inputs, List<Operation> operations, List<Operand> outputs, List<String> assumptions) {}
