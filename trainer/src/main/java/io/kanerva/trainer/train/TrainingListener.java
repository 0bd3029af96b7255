package io.kanerva.trainer.train;

/** Is notified of a run's progress, on the thread that trains. */
@FunctionalInterface
public interface TrainingListener {

    /** A step is done. */
    void stepped(StepMetrics metrics);

    /**
     * The held-out images were scored.
     *
     * @param best whether it is the best score so far
     */
    default void validated(ValidationScore score, boolean best) {}

    /** A checkpoint was written: the run's folder is up to date. */
    default void saved(int step) {}
}
