package io.kanerva.trainer.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A curve of a run as CSV: a header, then a row for each logged step or score. Rows stay as they were first written:
 * parsing and printing a number again may change its text.
 *
 * @param <T> a row
 */
public final class CurveFile<T> {
    private final Path file;
    private final String what;
    private final String header;
    private final Function<double[], T> parser;
    private final Function<T, String> printer;

    private CurveFile(
            Path file, String what, String header, Function<double[], T> parser, Function<T, String> printer) {
        this.file = file;
        this.what = what;
        this.header = header;
        this.parser = parser;
        this.printer = printer;
    }

    /** The training curve. */
    public static CurveFile<StepMetrics> metrics(Path file) {
        return new CurveFile<>(
                file,
                "metrics",
                "step,bound,reconstruction,kl_keys,kl_latent,gradient_norm,learning_rate,key_weight,latent_weight",
                row -> new StepMetrics((int) row[0], row[2], row[3], row[4], row[5], row[6], row[7], row[8]),
                m -> String.format(
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
                        m.latentWeight()));
    }

    /**
     * The validation scores, with all digits, so that a resumed run makes the same decisions as an uninterrupted one.
     */
    public static CurveFile<ValidationScore> validation(Path file) {
        return new CurveFile<>(
                file,
                "validation scores",
                "step,bound,standard_error,reconstruction,kl_keys,kl_latent",
                row -> new ValidationScore((int) row[0], row[1], row[2], row[3], row[4], row[5]),
                s -> s.step() + "," + s.bound() + "," + s.standardError() + "," + s.reconstruction() + "," + s.klKeys()
                        + "," + s.klLatent());
    }

    /** Rewrites the file with the rows up to {@code step}, which a resumed run will not repeat. */
    void keepUpTo(int step) {
        List<String> lines = new ArrayList<>(List.of(header));
        if (step > 0 && Files.exists(file)) {
            lines().filter(line -> numbers(line)[0] <= step).forEach(lines::add);
        }
        AtomicFile.write(file, String.join("\n", lines) + "\n");
    }

    void append(T row) {
        try {
            Files.writeString(file, printer.apply(row) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "%s: the %s cannot be written (%s)".formatted(file, what, e.getMessage()), e);
        }
    }

    /**
     * All rows.
     *
     * @throws UncheckedIOException if the file cannot be read
     * @throws IllegalArgumentException if a line is not a row
     */
    public List<T> read() {
        return lines().map(line -> parser.apply(numbers(line))).toList();
    }

    private Stream<String> lines() {
        try {
            // A killed run may leave half a line at the end, which is after its last checkpoint.
            String text = Files.readString(file);
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().skip(1);
        } catch (IOException e) {
            throw new UncheckedIOException("%s: the %s cannot be read (%s)".formatted(file, what, e.getMessage()), e);
        }
    }

    private double[] numbers(String line) {
        try {
            double[] numbers =
                    Stream.of(line.split(",")).mapToDouble(Double::parseDouble).toArray();
            if (numbers.length == header.split(",").length) {
                return numbers;
            }
        } catch (NumberFormatException e) {
            // Reported below, like a line of another length.
        }
        throw new IllegalArgumentException(
                "%s: expected lines with the columns %s, found '%s'".formatted(file, header, line));
    }
}
