/**
 * Experiments with an exported model: generation, interpolation, iterative reading and one-shot generation. Depends on
 * the runtime and on the trainer's data.
 */
package io.kanerva.tools.experiment;
