package io.kanerva.trainer.train;

/**
 * Validation during training: held-out images are scored with the clean bound. The checkpoint of the best score is kept
 * as {@code best.ckpt}, and training can stop early when the score stops falling.
 *
 * @param images held out from the end of the training set; 0 for no validation
 * @param every steps between two scores; the end of the run is scored too
 * @param patience consecutive scores without a new best after which training stops early; 0 to never stop early
 */
public record Validation(int images, int every, int patience) {
    /** No validation: all images are trained on. */
    public static final Validation NONE = new Validation(0, 500, 0);

    /** @throws IllegalArgumentException if a number is out of its range; the message names it */
    public Validation {
        if (images < 0) {
            throw new IllegalArgumentException("validation images must not be negative, found " + images);
        }
        if (every < 1) {
            throw new IllegalArgumentException("steps between validations must be greater than 0, found " + every);
        }
        if (patience < 0) {
            throw new IllegalArgumentException("patience must not be negative, found " + patience);
        }
        if (patience > 0 && images == 0) {
            throw new IllegalArgumentException(
                    "early stopping (patience %d) needs validation images, found none".formatted(patience));
        }
    }
}
