package io.kanerva.tools.terminal;

import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows the progress of a long task. On a terminal, one line with a bar, rate and time left is redrawn in place;
 * elsewhere (a log file, a pipe), a plain line is printed every few seconds. Closing prints a line with the time taken.
 *
 * <pre>
 * Training   ━━━━━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌  58 %   696/1200 steps  7.1/s  1:11 left  bound 74.2 nats
 * </pre>
 */
public final class Progress implements AutoCloseable {
    private static final int BAR = 24;
    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long LINE_NANOS = 5_000_000_000L;

    private final Terminal terminal;
    private final String task;
    private final long total;
    private final String unit;
    private final LongSupplier clock;
    private final long started;
    private long shown;
    private long done;
    private long first;
    private String note = "";

    private Progress(Terminal terminal, String task, long total, String unit, LongSupplier clock) {
        this.terminal = terminal;
        this.task = task;
        this.total = total;
        this.unit = unit;
        this.clock = clock;
        this.started = clock.getAsLong();
        this.shown = started - (terminal.redraws() ? REDRAW_NANOS : 0);
    }

    /**
     * Starts a task.
     *
     * @param task its name, such as {@code Training}
     * @param total units of work, at least 1
     * @param unit the unit, plural, such as {@code steps}
     */
    public static Progress start(Terminal terminal, String task, long total, String unit) {
        return start(terminal, task, total, unit, System::nanoTime);
    }

    /** Like {@link #start(Terminal, String, long, String)}, with a clock in nanoseconds. */
    static Progress start(Terminal terminal, String task, long total, String unit, LongSupplier clock) {
        Progress progress = new Progress(terminal, task, Math.max(1, total), unit, clock);
        progress.at(0, "");
        return progress;
    }

    /** Sets the work done before this task, such as the steps of a resumed run. It does not count for the rate. */
    public Progress from(long alreadyDone) {
        first = alreadyDone;
        done = alreadyDone;
        return this;
    }

    /** Reports the number of units done. Cheap: most calls show nothing. */
    public void at(long unitsDone) {
        at(unitsDone, note);
    }

    /**
     * Reports the number of units done, with a remark.
     *
     * @param remark such as {@code bound 74.2 nats}
     */
    public void at(long unitsDone, String remark) {
        done = unitsDone;
        note = remark;
        long now = clock.getAsLong();
        if (now - shown < (terminal.redraws() ? REDRAW_NANOS : LINE_NANOS)) {
            return;
        }
        shown = now;
        terminal.status(line(now));
    }

    /** Ends the task with one line: its name, the units done, the time taken and the last remark. */
    @Override
    public void close() {
        String count =
                done == total ? format("%,d %s", total, unit) : format("stopped at %,d of %,d %s", done, total, unit);
        terminal.line("%-10s %s in %s%s"
                .formatted(
                        task, count, duration((clock.getAsLong() - started) / 1e9), note.isEmpty() ? "" : "  " + note));
    }

    private String line(long now) {
        double seconds = (now - started) / 1e9;
        double rate = seconds > 0 ? (done - first) / seconds : 0;
        StringBuilder line = new StringBuilder("%-10s ".formatted(task));
        if (terminal.redraws()) {
            int full = (int) Math.min(BAR, BAR * done / total);
            line.append(terminal.full().repeat(full))
                    .append(terminal.empty().repeat(BAR - full))
                    .append(' ');
        }
        line.append(format("%3d %%  %,d/%,d %s", Math.min(100, 100 * done / total), done, total, unit));
        if (rate > 0) {
            line.append(rate >= 10 ? format("  %.0f/s", rate) : rate >= 0.1 ? format("  %.1f/s", rate) : "");
            line.append("  ").append(duration((total - done) / rate)).append(" left");
        }
        return note.isEmpty() ? line.toString() : line + "  " + note;
    }

    /** Formats seconds as {@code 12.3 s}, {@code 2:05} (minutes) or {@code 1:02:05} (hours). */
    public static String duration(double seconds) {
        if (seconds < 60) {
            return format("%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600
                ? "%d:%02d".formatted(whole / 60, whole % 60)
                : "%d:%02d:%02d".formatted(whole / 3600, whole / 60 % 60, whole % 60);
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
