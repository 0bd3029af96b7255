/**
 * The trainer: learns Kanerva++ with DJL on the PyTorch engine. {@code data} reads images, {@code model} is the
 * network, {@code train} fits it, {@code evaluate} scores it. Independent of ONNX, bundles and the command line.
 */
package io.kanerva.trainer;
