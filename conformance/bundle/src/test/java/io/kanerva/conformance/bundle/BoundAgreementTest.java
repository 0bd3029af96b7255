package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BoundAgreementTest {

    @ParameterizedTest
    @EnumSource(Subject.class)
    void theBoundOfATestSetIsTheSameThroughDjlAndThroughTheGraphs(Subject subject) {
        TestEpisodes episodes = episodes(subject);
        try (KanervaModel model = subject.model();
                Kanerva kanerva = Kanerva.load(subject.bundle(ReaderKind.GRIDSAMPLE), Device.CPU)) {
            List<Integer> progress = new ArrayList<>();
            BoundAgreement found = BoundAgreement.compare(model, kanerva, episodes, 5, progress::add);
            System.out.printf("%s%n%s%n", subject, found.toText());
            assertThat(found.difference())
                    .isLessThanOrEqualTo(Budget.ofBound(found.djl().nats()));
            assertThat(found.holds()).isTrue();
            assertThat(found.largestImageDifference())
                    .isLessThan(10 * Budget.ofBound(found.djl().nats()));
            assertThat(progress).hasSize(episodes.count()).endsWith(episodes.count());

            BoundReport clean = CleanBound.evaluate(model, episodes, new PhiloxNoise(5), 0, done -> {});
            assertThat(found.djl().nats()).isCloseTo(clean.nats(), within(0.1 * Budget.ofBound(clean.nats())));
            assertThat(found.djl().standardError()).isCloseTo(clean.standardError(), within(1e-4));
            assertThat(found.graphs().klKeys()).isCloseTo(clean.klKeys(), within(1e-4));
            assertThat(found.graphs().klLatent()).isCloseTo(clean.klLatent(), within(1e-4));
        }
    }

    @Test
    void otherNoiseGivesAnotherBound() {
        TestEpisodes episodes = episodes(Subject.DEREFERENCED);
        try (KanervaModel model = Subject.DEREFERENCED.model();
                Kanerva kanerva = Kanerva.load(Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE), Device.CPU)) {
            double one = BoundAgreement.compare(model, kanerva, episodes, 5, done -> {})
                    .graphs()
                    .nats();
            double other = BoundAgreement.compare(model, kanerva, episodes, 6, done -> {})
                    .graphs()
                    .nats();
            assertThat(Math.abs(one - other)).isGreaterThan(Budget.BOUND_NATS);
        }
    }

    @Test
    void anotherModelsBundleDoesNotHold() {
        try (KanervaModel model = Subject.DEREFERENCED.model();
                Kanerva kanerva = Kanerva.load(Subject.DEREFERENCED.bundle(ReaderKind.GRIDSAMPLE), Device.CPU)) {
            model.parameters().values().iterator().next().getArray().muli(1.01f);
            BoundAgreement found =
                    BoundAgreement.compare(model, kanerva, episodes(Subject.DEREFERENCED), 5, done -> {});
            assertThat(found.holds()).isFalse();
            assertThat(found.toText()).contains("PyTorch", "exported graphs", "budget 1e-03");
        }
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
