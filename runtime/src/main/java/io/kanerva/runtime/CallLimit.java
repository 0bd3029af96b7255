package io.kanerva.runtime;

import io.kanerva.runtime.session.Limit;
import java.time.Duration;
import java.util.Objects;

/**
 * When calls have to end: at a deadline, or when another thread cancels them, whichever comes first. A call with it
 * ({@link Kanerva#with}, {@link PreparedRecall#run}, {@link PreparedWrite#run}) then throws {@link CancelledException},
 * at once if it starts too late, else after the node of the graph at which it is. Serves any number of calls, one after
 * the other or at once; calls without one have no overhead.
 */
public final class CallLimit {

    final Limit limit;

    private CallLimit(Limit limit) {
        this.limit = limit;
    }

    /**
     * A deadline, counted from now; calls can also be {@linkplain #cancel cancelled} before it.
     *
     * @param time more than 0
     * @throws IllegalArgumentException if {@code time} is 0 or negative
     */
    public static CallLimit in(Duration time) {
        Objects.requireNonNull(time, "time");
        if (time.isZero() || time.isNegative()) {
            throw new IllegalArgumentException("CallLimit: time: expected more than 0, found " + time);
        }
        return new CallLimit(Limit.in(time));
    }

    /** No deadline: calls end early only if they are {@linkplain #cancel cancelled}. */
    public static CallLimit untilCancelled() {
        return new CallLimit(Limit.untilCancelled());
    }

    /** Ends the calls with this limit that are running, and all later ones. May be called by any thread, and again. */
    public void cancel() {
        limit.cancel();
    }
}
