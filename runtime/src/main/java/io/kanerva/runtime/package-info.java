/**
 * Kanerva++ in a Java service: load a bundle, write episodes of images into memories, recall them from damaged queries,
 * generate and score.
 *
 * <pre>{@code
 * try (Kanerva kanerva = Kanerva.load(Path.of("fashion-mnist"), Device.AUTO)) {
 *     Memory memory = kanerva.write(new FloatTensor(images, 1, 32, 1, 28, 28));     // one episode of 32
 *     Recall recall = kanerva.recall(memory, new FloatTensor(damaged, 1, 5, 1, 28, 28), 3);
 *     float[] restored = recall.images().data();                                    // 5 images, 28 x 28
 *     int[] which = recall.lookups().get(0).samples();                              // of the 32 written
 * }
 * }</pre>
 *
 * <p>Values are flat {@link io.kanerva.runtime.FloatTensor}s; every method states its shapes. All randomness comes from
 * the caller's seed or noise ({@link io.kanerva.runtime.NormalSampler}). Failures of a bundle, tensor, device or ONNX
 * Runtime are {@link io.kanerva.runtime.KanervaException}s with a one-sentence message; null arguments and options out
 * of range are {@link NullPointerException} and {@link IllegalArgumentException}.
 *
 * <p>This is the module's only exported package. No type of ONNX Runtime appears in its signatures.
 */
package io.kanerva.runtime;
