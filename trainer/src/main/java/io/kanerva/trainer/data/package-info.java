/**
 * Reads image files into {@link io.kanerva.trainer.data.ImageSet}s and makes them binary.
 *
 * <p>Start at {@link io.kanerva.trainer.data.DataSource} for a data set that has a name, at
 * {@link io.kanerva.trainer.data.ImageFiles} for a single file. This package knows the JDK and a reader of MATLAB
 * files, but neither DJL nor the model. Every bad file is reported as a
 * {@link io.kanerva.trainer.data.DataFormatException} whose message is one sentence with the file, what was expected
 * and what was found.
 */
package io.kanerva.trainer.data;
