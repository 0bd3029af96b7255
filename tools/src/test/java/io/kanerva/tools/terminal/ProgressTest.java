package io.kanerva.tools.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final StringWriter text = new StringWriter();
    private long seconds;

    @Test
    void drawsABarWithRateTimeLeftAndRemarkOnATerminal() {
        Progress progress = start(true, true);
        seconds = 10;
        progress.at(50, "bound 74.2 nats");
        assertThat(lastStatus())
                .isEqualTo(
                        "Training   ━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  25 %  50/200 steps  5.0/s  30.0 s left  bound 74.2 nats");
    }

    @Test
    void usesAsciiOnAnAsciiTerminal() {
        Progress progress = start(true, false);
        seconds = 1;
        progress.at(100);
        assertThat(lastStatus()).startsWith("Training   ############............  50 %");
    }

    @Test
    void printsPlainLinesAtMostEveryFiveSecondsElsewhere() {
        Progress progress = start(false, true);
        for (int step = 1; step <= 120; step++) {
            seconds = step / 10;
            progress.at(step);
        }
        assertThat(text.toString().lines())
                .containsExactly(
                        "Training    25 %  50/200 steps  10/s  15.0 s left",
                        "Training    50 %  100/200 steps  10/s  10.0 s left");
    }

    @Test
    void leavesOneLineAtTheEnd() {
        try (Progress progress = start(true, true)) {
            seconds = 75;
            progress.at(200, "bound 50.1 nats");
        }
        assertThat(text.toString())
                .endsWith("\r\033[KTraining   200 steps in 1:15  bound 50.1 nats" + System.lineSeparator());
    }

    @Test
    void showsWhereItStoppedIfItDidNotFinish() {
        try (Progress progress = start(false, true)) {
            seconds = 3;
            progress.at(20);
        }
        assertThat(text.toString().lines()).containsExactly("Training   stopped at 20 of 200 steps in 3.0 s");
    }

    @Test
    void excludesEarlierWorkFromTheRate() {
        Progress progress = start(true, true).from(100);
        seconds = 10;
        progress.at(120);
        assertThat(lastStatus()).contains("120/200 steps  2.0/s  40.0 s left");
    }

    @Test
    void truncatesLinesAtTheTerminalsWidth() {
        Terminal narrow = new Terminal(new PrintWriter(text), true, true, 30);
        narrow.status("0123456789".repeat(5));
        assertThat(text.toString()).isEqualTo("\r\033[K01234567890123456789012345678");
    }

    @Test
    void formatsDurationsReadably() {
        assertThat(Progress.duration(9.96)).isEqualTo("10.0 s");
        assertThat(Progress.duration(125)).isEqualTo("2:05");
        assertThat(Progress.duration(3725)).isEqualTo("1:02:05");
    }

    private Progress start(boolean redraws, boolean fancy) {
        return Progress.start(
                new Terminal(new PrintWriter(text), redraws, fancy, 120),
                "Training",
                200,
                "steps",
                () -> seconds * 1_000_000_000L);
    }

    private String lastStatus() {
        return text.toString().substring(text.toString().lastIndexOf("\033[K") + 3);
    }
}
