package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that start with the weights of others. */
class WarmStartTest {
    private static final Path SHIPPED = Path.of("../models/bundles");

    @TempDir
    private Path folder;

    @Test
    void aBundleGivesTheSameFirstStepsAsItsRun() throws IOException {
        Quick.start();
        String ofRun = curve("run", "--from", Quick.RUN.toString());
        assertThat(curve("bundle", "--from", Quick.BUNDLE.toString())).isEqualTo(ofRun);
        assertThat(curve("fresh", "--config", Quick.RUN.resolve("plan.json").toString()))
                .isNotEqualTo(ofRun);
    }

    @Test
    void roundedWeightsAreNamedAndABundleWithoutAPlanNeedsOne() throws IOException {
        Path half = SHIPPED.resolve("fashion-mnist-gist-fp16");
        CommandRun run = train("half", "--from", half.toString(), "--preset", "fashion-mnist-gist");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err())
                .contains("from       " + half
                        + " stores weights as float16: the run starts with the rounded ones, in float32");
        // The bundle was at 11.9 nats; a fresh model is at more than 400.
        assertThat(bound(folder.resolve("half"))).isLessThan(200);

        Path without = SHIPPED.resolve("fashion-mnist");
        CommandRun refused = train("without", "--from", without.toString());
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err())
                .contains("--from " + without
                        + ": expected the plan of its run in the bundle (plan.json), or --preset, found neither");
        assertThat(train("other", "--from", without.toString(), "--preset", "mnist")
                        .err())
                .contains("--from " + without + ": expected the plan of a model with the settings {");
        assertThat(folder.resolve("other")).doesNotExist();
    }

    private String curve(String name, String... start) throws IOException {
        CommandRun run = train(name, start);
        assertThat(run.exitCode()).as(run.err()).isZero();
        String curve = Files.readString(folder.resolve(name).resolve("metrics.csv"));
        assertThat(curve.lines()).hasSize(3);
        return curve;
    }

    private CommandRun train(String name, String... start) {
        List<String> arguments = new ArrayList<>(List.of("train"));
        arguments.addAll(List.of(start));
        arguments.addAll(List.of(
                "--run",
                folder.resolve(name).toString(),
                "--steps",
                "2",
                "--set",
                "logEvery=1",
                "--set",
                "episodes=1"));
        return CommandRun.kpp(arguments.toArray(String[]::new));
    }

    private static double bound(Path run) throws IOException {
        List<String> lines = Files.readAllLines(run.resolve("metrics.csv"));
        return Double.parseDouble(
                lines.get(1).split(",")[List.of(lines.get(0).split(",")).indexOf("bound")]);
    }
}
