package io.kanerva.trainer.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The training curve as CSV: a header, then a row for each logged step. */
public final class MetricsFile {
    private static final String HEADER =
            "step,bound,reconstruction,kl_keys,kl_latent,gradient_norm,learning_rate,key_weight,latent_weight";

    private final Path file;

    /** The metrics in that file, which need not exist yet. */
    public MetricsFile(Path file) {
        this.file = file;
    }

    /**
     * Starts the file anew, keeping the rows of the steps up to {@code step}: those that a resumed run will not repeat.
     */
    void keepUpTo(int step) {
        List<String> lines = new ArrayList<>(List.of(HEADER));
        if (step > 0 && Files.exists(file)) {
            // The lines as they are: a number parsed and printed again need not look the same.
            lines().stream().skip(1).filter(line -> parse(line).step() <= step).forEach(lines::add);
        }
        WholeFile.write(file, String.join("\n", lines) + "\n");
    }

    void append(StepMetrics metrics) {
        try (Writer out = Files.newBufferedWriter(
                file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            out.write(row(metrics) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("%s: the metrics cannot be written (%s)".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * All rows.
     *
     * @throws UncheckedIOException if the file cannot be read
     * @throws IllegalArgumentException if a line is not a row of metrics
     */
    public List<StepMetrics> read() {
        return lines().stream().skip(1).map(this::parse).toList();
    }

    private List<String> lines() {
        try {
            // A run that was killed may leave half a line at the end; the steps up to its checkpoint stand before it.
            String text = Files.readString(file);
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException("%s: the metrics cannot be read (%s)".formatted(file, e.getMessage()), e);
        }
    }

    private StepMetrics parse(String line) {
        String[] cells = line.split(",");
        try {
            return new StepMetrics(
                    Integer.parseInt(cells[0]),
                    Double.parseDouble(cells[2]),
                    Double.parseDouble(cells[3]),
                    Double.parseDouble(cells[4]),
                    Double.parseDouble(cells[5]),
                    Double.parseDouble(cells[6]),
                    Double.parseDouble(cells[7]),
                    Double.parseDouble(cells[8]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException(
                    "%s: expected lines with the columns %s, found '%s'".formatted(file, HEADER, line), e);
        }
    }

    private static String row(StepMetrics m) {
        return String.format(
                Locale.ROOT,
                "%d,%.6f,%.6f,%.6f,%.6f,%.6f,%.9g,%.6f,%.6f",
                m.step(),
                m.bound(),
                m.reconstruction(),
                m.klKeys(),
                m.klLatent(),
                m.gradientNorm(),
                m.learningRate(),
                m.keyWeight(),
                m.latentWeight());
    }
}
