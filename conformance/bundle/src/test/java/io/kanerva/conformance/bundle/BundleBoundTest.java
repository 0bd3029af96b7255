package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.conformance.ChangedBundle;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BundleBoundTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource(Subject.class)
    void theBoundOfATestSetIsTheSameThroughDjlThroughTheRuntimeAndThroughTheGraphs(Subject subject) throws IOException {
        TestEpisodes episodes = episodes(subject);
        try (KanervaModel model = subject.model();
                BundleCases bundle = new BundleCases(subject.bundle(ReaderKind.GRIDSAMPLE), temporary)) {
            List<String> progress = new ArrayList<>();
            Verification verification = new Verification(temporary, false, progress::add, "");
            BundleBound bound = new BundleBound(bundle, episodes, 5);
            DjlRuntime djl = new DjlRuntime(bundle.bundle(), model);
            Findings found =
                    bound.run(verification, djl, List.of(new KanervaRuntime(List.of(bundle)), JavaRuntime.CPU));
            System.out.printf("%s%n%s%n", subject, TextReport.summary(found));
            assertThat(found.problems()).isEmpty();
            assertThat(found.holds()).isTrue();
            assertThat(found.findings()).hasSize(2 * 4);
            double budget = BundleBudget.ofBound(mean(found, KanervaRuntime.NAME, "nats"));
            assertThat(found.findings()).allSatisfy(finding -> {
                assertThat(finding.reference()).isEqualTo(DjlRuntime.NAME);
                assertThat(Math.abs(finding.comparison().found()
                                - finding.comparison().expected()))
                        .isLessThanOrEqualTo(budget);
                assertThat(finding.comparison().largest()).isLessThan(10 * budget);
                assertThat(finding.comparison().count()).isEqualTo(episodes.count() * episodes.length());
            });
            assertThat(progress)
                    .filteredOn(text -> text.startsWith("kanerva, bound"))
                    .last()
                    .asString()
                    .endsWith("%d of %d".formatted(episodes.count(), episodes.count()));

            BoundReport clean = CleanBound.evaluate(model, episodes, new PhiloxNoise(5), 0, done -> {});
            assertThat(found.findings().get(0).comparison().expected())
                    .isCloseTo(clean.nats(), within(0.1 * BundleBudget.ofBound(clean.nats())));
            assertThat(mean(found, KanervaRuntime.NAME, "kl_keys")).isCloseTo(clean.klKeys(), within(1e-4));
            assertThat(mean(found, KanervaRuntime.NAME, "kl_latent")).isCloseTo(clean.klLatent(), within(1e-4));
            BoundReport report = BundleBound.report(bound.score(djl, verification));
            assertThat(report.standardError()).isCloseTo(clean.standardError(), within(1e-4));
            assertThat(found.notes())
                    .hasSize(3)
                    .contains("djl-pytorch, %s/bound: %s".formatted(subject.name(), report));
            assertThat(TextReport.summary(found)).contains(found.notes());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Subject.class,
            names = {"DEREFERENCED", "LINEAR_COLOUR"})
    void theBoundThroughTheGraphsAloneIsTheRuntimes(Subject subject) throws IOException {
        try (BundleCases bundle = new BundleCases(subject.bundle(ReaderKind.GRIDSAMPLE), temporary)) {
            TestEpisodes episodes = episodes(subject);
            Findings found = score(bundle, episodes, 3, JavaRuntime.CPU);
            assertThat(found.problems()).isEmpty();
            assertThat(found.findings()).hasSize(4).allSatisfy(finding -> {
                assertThat(finding.comparison().count()).isEqualTo(episodes.count() * episodes.length());
                assertThat(finding.comparison().largest()).isLessThan(1e-3);
            });
        }
    }

    @Test
    void otherNoiseGivesAnotherBound() throws IOException {
        try (BundleCases bundle = new BundleCases(Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE), temporary)) {
            TestEpisodes episodes = episodes(Subject.DEREFERENCED);
            double one = mean(score(bundle, episodes, 5, JavaRuntime.CPU), JavaRuntime.CPU.name(), "nats");
            double other = mean(score(bundle, episodes, 6, JavaRuntime.CPU), JavaRuntime.CPU.name(), "nats");
            assertThat(Math.abs(one - other)).isGreaterThan(BundleBudget.BOUND_NATS);
        }
    }

    @Test
    void anotherModelsBundleDoesNotHold() throws IOException {
        try (KanervaModel model = Subject.DEREFERENCED.model();
                BundleCases bundle = new BundleCases(Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE), temporary)) {
            model.parameters().values().iterator().next().getArray().muli(1.01f);
            Findings found = new BundleBound(bundle, episodes(Subject.DEREFERENCED), 5)
                    .run(
                            new Verification(temporary),
                            new DjlRuntime(bundle.bundle(), model),
                            List.of(new KanervaRuntime(List.of(bundle))));
            assertThat(found.holds()).isFalse();
            assertThat(TextReport.summary(found)).contains("kanerva", "against djl-pytorch", "/bound", "budget 1e-03");
        }
    }

    /**
     * The writer's pointers move every key to the other side of 0, by as much as they are off it on average, so that
     * the keys' divergence stays as it was: only what is read tells.
     */
    @Test
    void aMistakenPooledWriterIsCaught() throws IOException {
        Path changed = temporary.resolve("changed");
        Subject.POOLED_TWO_KEYS.export(ReaderKind.GRIDSAMPLE, changed);
        try (BundleCases bundle = new BundleCases(changed, temporary.resolve("right"))) {
            TestEpisodes episodes = episodes(Subject.POOLED_TWO_KEYS);
            assertThat(score(bundle, episodes, 5, JavaRuntime.CPU).problems()).isEmpty();
            float[] shift = new float[6];
            int images = episodes.count() * episodes.length();
            for (int e = 0; e < episodes.count(); e++) {
                FloatTensor episode = new FloatTensor(episodes.episode(e), 1, episodes.length(), 1, 8, 8);
                float[] means = bundle.kanerva().encode(episode).keyMean().data();
                float[] pointers = bundle.kanerva().write(episode).pointers().data();
                for (int i = 0; i < means.length; i++) {
                    shift[i % 6] -= 2 * (means[i] + pointers[i]) / images;
                }
            }
            ChangedBundle.of(changed).addToOutput("memory-writer", "pointers", shift, 2, 3);
            Findings found = score(bundle, episodes, 5, JavaRuntime.CPU);
            assertThat(found.failures())
                    .extracting(finding -> finding.comparison().output())
                    .contains("nats", "reconstruction")
                    .doesNotContain("kl_keys");
        }
    }

    @Test
    void aBoundOfSeveralRoundsOfEpisodesIsOne() throws IOException {
        try (BundleCases bundle = new BundleCases(Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE), temporary)) {
            TestEpisodes episodes = episodes(Subject.DEREFERENCED);
            Findings whole = score(bundle, episodes, 5, JavaRuntime.CPU);
            ModelRuntime kanerva = new KanervaRuntime(List.of(bundle));
            List<Integer> rounds = new ArrayList<>();
            ModelRuntime counting = new ForwardingRuntime(JavaRuntime.CPU) {
                @Override
                public List<Answer> run(List<Job> jobs, IntConsumer progress) {
                    rounds.add(jobs.size());
                    return super.run(jobs, progress);
                }
            };
            int twoEpisodes = 2 * episodes.length() * 8 * 8;
            Findings rounded = new BundleBound(bundle, episodes, 5, twoEpisodes)
                    .run(new Verification(temporary), kanerva, List.of(counting));
            assertThat(rounds).containsExactly(2, 2, 2, 2, 1, 1, 1, 1);
            assertThat(rounded.findings()).isEqualTo(whole.findings());

            ModelRuntime stops = new ForwardingRuntime(JavaRuntime.CPU) {
                @Override
                public List<Answer> run(List<Job> jobs, IntConsumer progress) {
                    return jobs.size() == 1 && jobs.get(0).model().endsWith("reader.onnx")
                            ? List.of(new None(true, "it stopped"))
                            : super.run(jobs, progress);
                }
            };
            assertThat(new BundleBound(bundle, episodes, 5, twoEpisodes)
                            .run(new Verification(temporary), kanerva, List.of(stops))
                            .problems())
                    .singleElement()
                    .asString()
                    .endsWith("cannot be compared: expected a bound, found none: graph 'reader': it stopped");
        }
    }

    private Findings score(BundleCases bundle, TestEpisodes episodes, long seed, ModelRuntime runtime)
            throws IOException {
        return new BundleBound(bundle, episodes, seed)
                .run(new Verification(temporary), new KanervaRuntime(List.of(bundle)), List.of(runtime));
    }

    private static double mean(Findings found, String runtime, String output) {
        return found.findings().stream()
                .filter(finding -> finding.runtime().equals(runtime)
                        && finding.comparison().output().equals(output))
                .map(Finding::comparison)
                .findFirst()
                .orElseThrow()
                .found();
    }

    private static TestEpisodes episodes(Subject subject) {
        int length = Math.min(32, subject.settings().capacity());
        return new TestEpisodes(
                subject.images(3 * length),
                subject.settings().likelihood() != ImageLikelihood.BERNOULLI ? Binarisation.NONE : Binarisation.FIXED,
                length,
                1);
    }
}
