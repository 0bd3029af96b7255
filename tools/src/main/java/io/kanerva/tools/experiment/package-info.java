/**
 * Experiments with an exported model: what it generates, mends, and makes of classes. Knows the runtime and the
 * trainer's data.
 */
package io.kanerva.tools.experiment;
