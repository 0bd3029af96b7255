package io.kanerva.conformance.check;

import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.conformance.runtime.Readiness.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/**
 * Makes runtimes ready side by side, and hands each out as soon as it is: what takes long to set up holds up none that
 * is ready. {@link Verification} first waits for those that compute in float64, as it states every error beside theirs.
 */
final class Preparation implements AutoCloseable {
    /** Setting up is mostly waiting for registries, and for compilers that use all cores by themselves. */
    private static final int AT_ONCE = 4;

    private final Map<ModelRuntime, Readiness> done = new LinkedHashMap<>();
    private final BlockingQueue<Map.Entry<ModelRuntime, Readiness>> ended = new LinkedBlockingQueue<>();
    private final List<ModelRuntime> waiting;
    private final Consumer<String> progress;
    private final ExecutorService threads;

    /**
     * Starts.
     *
     * @param install whether runtimes may download and build what they need
     * @param progress receives what is set up, and how long that took
     */
    Preparation(List<ModelRuntime> runtimes, boolean install, Consumer<String> progress) {
        waiting = new ArrayList<>(runtimes);
        this.progress = progress;
        threads = Executors.newFixedThreadPool(AT_ONCE, task -> {
            Thread thread = new Thread(task, "conformance setup");
            thread.setDaemon(true);
            return thread;
        });
        for (ModelRuntime runtime : runtimes) {
            threads.execute(() -> ended.add(Map.entry(runtime, prepared(runtime, install, progress))));
        }
        if (!install) { // which takes no time, so the runtimes may as well run in their order
            runtimes.forEach(this::isReady);
        }
    }

    private static Readiness prepared(ModelRuntime runtime, boolean install, Consumer<String> progress) {
        try {
            Readiness before = runtime.prepare(false);
            if (!install || before.state() != State.NOT_INSTALLED) {
                return before;
            }
            long start = System.nanoTime();
            progress.accept("setting up " + runtime.name());
            Readiness readiness = runtime.prepare(true);
            long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
            progress.accept("%s %s after %d s"
                    .formatted(
                            runtime.name(),
                            readiness.state() == State.READY ? "is set up" : "could not be set up",
                            seconds));
            return readiness;
        } catch (RuntimeException | Error e) {
            // Whatever is wrong with one runtime, the others are compared; and who waits for this one is answered.
            return new Readiness(
                    State.FAILED, "it cannot be prepared: " + (e instanceof RuntimeException ? e.getMessage() : e));
        }
    }

    /** Waits until a runtime is set up, and returns whether it is ready. */
    boolean isReady(ModelRuntime runtime) {
        while (!done.containsKey(runtime)) {
            take();
        }
        return done.get(runtime).state() == State.READY;
    }

    /**
     * The next runtime to run: the first, in their order, of those that are ready; null when all have been handed out.
     */
    ModelRuntime next() {
        while (true) {
            while (!ended.isEmpty()) {
                take();
            }
            ModelRuntime first =
                    waiting.stream().filter(done::containsKey).findFirst().orElse(null);
            if (first == null && waiting.isEmpty()) {
                return null;
            }
            if (first == null) {
                progress.accept("waiting for "
                        + String.join(
                                ", ", waiting.stream().map(ModelRuntime::name).toList()));
                take();
            } else {
                waiting.remove(first);
                if (done.get(first).state() == State.READY) {
                    return first;
                }
            }
        }
    }

    private void take() {
        try {
            Map.Entry<ModelRuntime, Readiness> one = ended.take();
            done.put(one.getKey(), one.getValue());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while runtimes are set up", e);
        }
    }

    /** What is known of a runtime; one that is still being set up is not installed. */
    Readiness of(ModelRuntime runtime) {
        return done.getOrDefault(runtime, new Readiness(State.NOT_INSTALLED, "the run ended before it was set up"));
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
