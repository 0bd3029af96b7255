package io.kanerva.tools.terminal;

import java.io.Console;
import java.io.PrintWriter;
import java.nio.charset.Charset;

/** Prints messages for people on standard error, so that standard output holds only results. */
public final class Terminal {
    private static final String ERASE_LINE = "\r\033[K";

    private final PrintWriter out;
    private final boolean redraws;
    private final boolean fancy;
    private final int width;
    private boolean statusShown;

    /**
     * @param out where to write
     * @param redraws whether a line can be redrawn in place
     * @param fancy whether it shows characters beyond ASCII
     * @param width columns; longer status lines are truncated
     */
    public Terminal(PrintWriter out, boolean redraws, boolean fancy, int width) {
        this.out = out;
        this.redraws = redraws;
        this.fancy = fancy;
        this.width = width;
    }

    /** The terminal of this process, written to through {@code out}. */
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

    /** Whether status lines are redrawn in place rather than printed one below the other. */
    public boolean redraws() {
        return redraws;
    }

    /** The finished piece of a bar. */
    String full() {
        return fancy ? "━" : "#";
    }

    /** The unfinished piece of a bar. */
    String empty() {
        return fancy ? "╌" : ".";
    }

    /** Shows a line that the next line may replace. */
    public void status(String text) {
        String line = PlainText.of(text);
        if (redraws) {
            String cut = line.length() < width ? line : line.substring(0, width - 1);
            out.print(ERASE_LINE + cut);
            statusShown = true;
        } else {
            out.println(line);
        }
        out.flush();
    }

    /** Prints a permanent line. */
    public void line(String line) {
        if (statusShown) {
            out.print(ERASE_LINE);
            statusShown = false;
        }
        out.println(PlainText.of(line));
        out.flush();
    }
}
