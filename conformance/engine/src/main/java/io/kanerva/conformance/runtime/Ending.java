package io.kanerva.conformance.runtime;

import io.kanerva.conformance.runtime.Answer.None;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The end of this process by a signal, which also ends the processes that it has started. */
public final class Ending {
    private static final long MILLISECONDS_TO_ARRIVE = 500;

    private Ending() {}

    private static boolean isUnderWay() {
        Thread none = new Thread(() -> {});
        try {
            Runtime.getRuntime().addShutdownHook(none);
            Runtime.getRuntime().removeShutdownHook(none);
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    /**
     * Returns unless this process is being ended: then what crashed did so because of that, and this thread waits for
     * the end.
     */
    public static void awaitIfUnderWay(List<Answer> answers) {
        List<None> crashes = answers.stream()
                .filter(None.class::isInstance)
                .map(None.class::cast)
                .filter(none -> none.kind() == None.Kind.CRASHED)
                .toList();
        try {
            // A signal to all processes of a terminal may have arrived there first.
            if (crashes.stream().anyMatch(None::isBySignal) && !isUnderWay()) {
                Thread.sleep(MILLISECONDS_TO_ARRIVE);
            }
            if (!crashes.isEmpty() && isUnderWay()) {
                new CountDownLatch(1).await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
