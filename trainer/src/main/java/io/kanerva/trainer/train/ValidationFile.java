package io.kanerva.trainer.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * The validation scores as CSV: a header, then a row for each score, with all digits, since a resumed run decides by
 * them what an uninterrupted one would have decided.
 */
public final class ValidationFile {
    private static final String HEADER = "step,bound,standard_error,reconstruction,kl_keys,kl_latent";

    private final Path file;

    /** The scores in that file, which need not exist. */
    public ValidationFile(Path file) {
        this.file = file;
    }

    /**
     * Starts the file anew, keeping the scores of the steps up to {@code step}: those that a resumed run will not
     * repeat.
     */
    void keepUpTo(int step) {
        StringBuilder text = new StringBuilder(HEADER).append('\n');
        read().stream().filter(score -> score.step() <= step).forEach(score -> text.append(row(score)));
        WholeFile.write(file, text.toString());
    }

    void append(ValidationScore score) {
        try {
            Files.writeString(file, row(score), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "%s: the validation scores cannot be written (%s)".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * All scores; none if there is no such file.
     *
     * @throws UncheckedIOException if the file cannot be read
     * @throws IllegalArgumentException if a line is not a score
     */
    public List<ValidationScore> read() {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            // A run that was killed may leave half a line at the end.
            String text = Files.readString(file);
            return text.substring(0, text.lastIndexOf('\n') + 1)
                    .lines()
                    .skip(1)
                    .map(this::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "%s: the validation scores cannot be read (%s)".formatted(file, e.getMessage()), e);
        }
    }

    /** The score with the lowest bound, the first of them if there are several. */
    static Optional<ValidationScore> best(List<ValidationScore> scores) {
        // Ties keep the earlier one.
        return scores.stream().reduce((a, b) -> b.bound() < a.bound() ? b : a);
    }

    /** How many scores came after the best one. */
    static int sinceBest(List<ValidationScore> scores) {
        return best(scores)
                .map(best -> scores.size() - 1 - scores.indexOf(best))
                .orElse(0);
    }

    private ValidationScore parse(String line) {
        String[] cells = line.split(",");
        try {
            return new ValidationScore(
                    Integer.parseInt(cells[0]),
                    Double.parseDouble(cells[1]),
                    Double.parseDouble(cells[2]),
                    Double.parseDouble(cells[3]),
                    Double.parseDouble(cells[4]),
                    Double.parseDouble(cells[5]));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException(
                    "%s: expected lines with the columns %s, found '%s'".formatted(file, HEADER, line), e);
        }
    }

    private static String row(ValidationScore s) {
        return s.step() + "," + s.bound() + "," + s.standardError() + "," + s.reconstruction() + "," + s.klKeys() + ","
                + s.klLatent() + "\n";
    }
}
