/**
 * Reads image files into {@link io.kanerva.trainer.data.ImageSet}s and binarises them.
 *
 * <p>Start at {@link io.kanerva.trainer.data.DataSource} for a named data set, at
 * {@link io.kanerva.trainer.data.ImageFiles} for a single file. This package depends on the JDK and a MATLAB file
 * reader, not on DJL or the model. Every bad file is reported as a {@link io.kanerva.trainer.data.DataFormatException}
 * that names the file, what was expected and what was found.
 */
package io.kanerva.trainer.data;
