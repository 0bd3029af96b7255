package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurveFileTest {
    private static final String HEADER =
            "step,bound,reconstruction,kl_keys,kl_latent,gradient_norm,learning_rate,key_weight,latent_weight\n";

    @TempDir
    Path folder;

    private Path file;
    private CurveFile<StepMetrics> metrics;

    @BeforeEach
    void open() {
        file = folder.resolve("metrics.csv");
        metrics = CurveFile.metrics(file);
    }

    @Test
    void rowsAreReadAsTheyWereWritten() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            metrics.keepUpTo(0);
            metrics.append(new StepMetrics(3, 40.5, 3.25, 0.125, 12.75, 1.25e-3, 0.5, 1));
        } finally {
            Locale.setDefault(before);
        }
        assertThat(file)
                .hasContent(
                        HEADER + "3,43.875000,40.500000,3.250000,0.125000,12.750000,0.00125000000,0.500000,1.000000\n");
        assertThat(metrics.read()).containsExactly(new StepMetrics(3, 40.5, 3.25, 0.125, 12.75, 1.25e-3, 0.5, 1));
    }

    @Test
    void rowsAreKeptToTheLetterUpToAStep() throws IOException {
        // The bound's last digit is not that of the sum of the three rounded terms.
        String row = "10,3.000002,1.000000,1.000000,1.000001,1.000000,0.00100000000,1.000000,1.000000\n";
        Files.writeString(file, HEADER + row + row.replaceFirst("10", "20") + row.replaceFirst("10", "30"));
        metrics.keepUpTo(20);
        assertThat(file).hasContent(HEADER + row + row.replaceFirst("10", "20"));
        metrics.keepUpTo(0);
        assertThat(file).hasContent(HEADER);
    }

    @Test
    void aLineThatIsNoRowIsShown() throws IOException {
        Files.writeString(file, HEADER + "10,hello\n");
        assertThatIllegalArgumentException()
                .isThrownBy(metrics::read)
                .withMessageStartingWith("%s: expected lines with the columns step,bound,", file)
                .withMessageEndingWith("found '10,hello'");
    }

    @Test
    void aFileThatCannotBeReadOrWrittenIsNamed() {
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(metrics::read)
                .withMessageStartingWith("%s: the metrics cannot be read (", file);
        CurveFile<StepMetrics> nowhere =
                CurveFile.metrics(folder.resolve("none").resolve("metrics.csv"));
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> nowhere.append(new StepMetrics(1, 1, 1, 1, 1, 1, 1, 1)))
                .withMessageStartingWith(
                        "%s: the metrics cannot be written (",
                        folder.resolve("none").resolve("metrics.csv"));
    }
}
