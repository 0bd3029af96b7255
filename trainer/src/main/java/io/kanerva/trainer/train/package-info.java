/**
 * The training loop and what it needs: plan and presets, optimiser, schedules, checkpoints, metrics. Depends on the
 * model and the data, not on ONNX or the command line.
 */
package io.kanerva.trainer.train;
