/**
 * Kanerva++ in a Java service: load a bundle, write episodes of images into memories, recall them from damaged queries,
 * generate, score.
 *
 * <pre>{@code
 * try (Kanerva kanerva = Kanerva.load(Path.of("fashion-mnist"), Device.AUTO)) {
 *     Memory memory = kanerva.write(new FloatTensor(images, 1, 32, 1, 28, 28));     // one episode of 32
 *     Recall recall = kanerva.recall(memory, new FloatTensor(damaged, 1, 5, 1, 28, 28), 3);
 *     float[] mended = recall.images().data();                                      // 5 images, 28 x 28
 *     int[] which = recall.lookups().get(0).samples();                              // of the 32 written
 * }
 * }</pre>
 *
 * <p>Values are flat {@link io.kanerva.runtime.FloatTensor}s; every method states its shapes. Nothing is random unless
 * a seed or noise comes in ({@link io.kanerva.runtime.NormalSampler}). What goes wrong with a bundle, a tensor, a
 * device or ONNX Runtime is a {@link io.kanerva.runtime.KanervaException} with one sentence; an argument that is null
 * or an option out of its range is Java's own {@link NullPointerException} or {@link IllegalArgumentException}.
 *
 * <p>The package knows bundles and ONNX Runtime, and nothing of how models are trained or exported. No type of ONNX
 * Runtime shows in its signatures.
 */
package io.kanerva.runtime;
