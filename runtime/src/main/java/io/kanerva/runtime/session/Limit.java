package io.kanerva.runtime.session;

import io.kanerva.runtime.CancelledException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;

/** When calls have to end; what is behind {@link io.kanerva.runtime.CallLimit}. */
public final class Limit {

    /** Never. */
    public static final Limit NONE = new Limit(null);

    /** The longest time that can be counted: 292 years. */
    private static final Duration MAX_TIME = Duration.ofNanos(Long.MAX_VALUE / 2);

    /** Milliseconds after which a call that waits for a lock looks for its limit, and loses its place in the queue. */
    private static final long LOCK_PATIENCE = 100;

    /** From {@link #start} on; null for no deadline. */
    private final Duration time;

    private final long start = System.nanoTime();
    private volatile boolean isCancelled;

    /** The calls that are running; guarded by itself. */
    private final Set<RunningCall> running = new HashSet<>();

    private Limit(Duration time) {
        this.time = time;
    }

    /** A deadline, counted from now. */
    public static Limit in(Duration time) {
        return new Limit(time.compareTo(MAX_TIME) < 0 ? time : MAX_TIME);
    }

    /** Until {@link #cancel}. */
    public static Limit untilCancelled() {
        return new Limit(null);
    }

    /** Ends all calls, running and later ones. */
    public void cancel() {
        isCancelled = true;
        synchronized (running) {
            running.forEach(call -> call.terminate(this));
        }
    }

    /**
     * Starts a call.
     *
     * @return ends the call's timer; null without one
     * @throws CancelledException if it comes too late
     */
    CompletableFuture<Void> begin(RunningCall call) {
        if (this == NONE) {
            return null;
        }
        synchronized (running) {
            running.add(call);
        }
        if (time == null) {
            return null;
        }
        CompletableFuture<Void> timer =
                new CompletableFuture<Void>().completeOnTimeout(null, Math.max(0, left()), TimeUnit.NANOSECONDS);
        timer.thenRun(() -> call.terminate(this));
        return timer;
    }

    /** Ends a call. */
    void end(RunningCall call, CompletableFuture<Void> timer) {
        if (this == NONE) {
            return;
        }
        if (timer != null) {
            timer.cancel(false);
        }
        synchronized (running) {
            running.remove(call);
        }
    }

    /** @throws CancelledException if the limit is reached */
    public void check(String call) {
        if (this == NONE) {
            return;
        }
        if (isCancelled) {
            throw new CancelledException("%s: cancelled by its caller", call);
        }
        if (time != null && left() <= 0) {
            throw new CancelledException("%s: expected an end within %d ms, found none", call, time.toMillis());
        }
    }

    /**
     * Takes a lock, and waits for it no longer than the limit allows.
     *
     * @throws CancelledException if the limit is reached
     */
    public void lock(Lock lock, String call) {
        if (this == NONE) {
            lock.lock();
            return;
        }
        boolean interrupted = false;
        try {
            for (boolean isLocked = false; !isLocked; ) {
                check(call);
                try {
                    isLocked = lock.tryLock(LOCK_PATIENCE, TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    interrupted = true; // the caller learns of it afterwards
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private long left() {
        return time.toNanos() - (System.nanoTime() - start);
    }
}
