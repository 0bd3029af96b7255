package io.kanerva.tools.run;

import io.kanerva.tools.terminal.Terminal;
import io.kanerva.trainer.train.TrainingRun;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns Control-C and SIGTERM into a request to stop training: the step is finished, a checkpoint is written, and the
 * process ends only after {@link #close}, so that it can print how to resume.
 */
public final class Interruption implements AutoCloseable {
    private static final int SECONDS_TO_STOP = 120;

    private final Terminal terminal;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupt, "stop-training");
    private TrainingRun run;
    private boolean asked;

    public Interruption(Terminal terminal) {
        this.terminal = terminal;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Registers the run to stop, and stops it at once if the signal has already arrived. */
    public synchronized void stops(TrainingRun newRun) {
        run = newRun;
        if (asked) {
            run.requestStop();
        }
    }

    /** Whether the signal has arrived. */
    public synchronized boolean asked() {
        return asked;
    }

    private void interrupt() {
        synchronized (this) {
            asked = true;
            if (run != null) {
                run.requestStop();
            }
        }
        terminal.line("Stopping after this step, with a checkpoint");
        try {
            if (!closed.await(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
                terminal.line(
                        "The step did not end in %d s; the last checkpoint stays as it was".formatted(SECONDS_TO_STOP));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is already ending: this hook stopped the training.
            return;
        }
    }
}
