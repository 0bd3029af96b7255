package io.kanerva.trainer.train;

/** Hears how a run goes, on the thread that trains. */
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

    /** A checkpoint was written: what the run's folder holds is up to date. */
    default void saved(int step) {}
}
