/**
 * The training loop and what it needs: plan and presets, optimiser, schedules, checkpoints, metrics. Knows the model
 * and the data, but neither ONNX nor the command line.
 */
package io.kanerva.trainer.train;
