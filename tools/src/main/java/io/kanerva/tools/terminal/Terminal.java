package io.kanerva.tools.terminal;

import java.io.Console;
import java.io.PrintWriter;
import java.nio.charset.Charset;

/** Where messages for a person go: standard error, so that standard output stays clean for results. */
public final class Terminal {
    private static final String ERASE_LINE = "\r\033[K";

    private final PrintWriter out;
    private final boolean redraws;
    private final boolean fancy;
    private final int width;
    private boolean statusShown;

    /**
     * @param out where to write
     * @param redraws whether the line can be drawn anew in place
     * @param fancy whether characters beyond ASCII can be shown
     * @param width columns; a status line is cut there
     */
    public Terminal(PrintWriter out, boolean redraws, boolean fancy, int width) {
        this.out = out;
        this.redraws = redraws;
        this.fancy = fancy;
        this.width = width;
    }

    /** The terminal that this process runs on, written to through {@code out}. */
    public static Terminal of(PrintWriter out) {
        Console console = System.console();
        String kind = System.getenv("TERM");
        boolean redraws = console != null && kind != null && !kind.equals("dumb");
        Charset charset = console == null ? Charset.defaultCharset() : console.charset();
        int width = 100;
        String columns = System.getenv("COLUMNS");
        if (columns != null && columns.matches("[0-9]{2,4}")) {
            width = Integer.parseInt(columns);
        }
        return new Terminal(out, redraws, charset.newEncoder().canEncode("━╌"), width);
    }

    /** Whether a status line is drawn anew in place, rather than printed below the last one. */
    public boolean redraws() {
        return redraws;
    }

    /** A piece of a bar that is done. */
    String full() {
        return fancy ? "━" : "#";
    }

    /** A piece of a bar that is still to do. */
    String empty() {
        return fancy ? "╌" : ".";
    }

    /** Shows a line that the next line may replace. */
    public void status(String line) {
        if (redraws) {
            String cut = line.length() < width ? line : line.substring(0, width - 1);
            out.print(ERASE_LINE + cut);
            statusShown = true;
        } else {
            out.println(line);
        }
        out.flush();
    }

    /** Prints a line that stays. */
    public void line(String line) {
        if (statusShown) {
            out.print(ERASE_LINE);
            statusShown = false;
        }
        out.println(line);
        out.flush();
    }
}
