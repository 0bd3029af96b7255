package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kanerva.trainer.data.Augmentation;
import io.kanerva.trainer.model.KeyAddressing;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanEditTest {
    private final TrainingPlan plan = Preset.named("mnist").plan();

    @Test
    void setsValuesAtAnyLevel() {
        TrainingPlan edited = PlanEdit.apply(
                plan,
                List.of(
                        "learningRate=1e-3",
                        "model.encoder.width = 96",
                        "validation.images=2000",
                        "model.addressing=continuous",
                        "seed=5000000000",
                        "augment.rotation=8",
                        "augment.mirror=true"));
        assertThat(edited.learningRate()).isEqualTo(1e-3);
        assertThat(edited.settings().encoder().width()).isEqualTo(96);
        assertThat(edited.validation()).isEqualTo(new Validation(2000, 500, 0));
        assertThat(edited.settings().addressing()).isEqualTo(KeyAddressing.CONTINUOUS);
        assertThat(edited.seed()).isEqualTo(5_000_000_000L);
        assertThat(edited.augment()).isEqualTo(new Augmentation(8, 0, 0, 0, true));
        assertThat(edited.steps()).isEqualTo(plan.steps());
        assertThat(PlanEdit.apply(plan, List.of())).isEqualTo(plan);
    }

    @Test
    void setsAllValuesBeforeTheyMustFitEachOther() {
        TrainingPlan edited = PlanEdit.apply(
                plan, List.of("model.image.channels=3", "model.image.height=56", "model.image.width=56"));
        assertThat(edited.settings().image().size()).isEqualTo(3 * 56 * 56);
    }

    @Test
    void namesTheKeysThatThereAre() {
        refused(
                "learningrate=1",
                "'learningrate': expected one of model.…, "
                        + "data, binarisation, episodes, episodeLength, oneClass, steps,"
                        + " learningRate, warmup, gradientNorm, keyWeight.…, latentWeight.…, seed, logEvery, "
                        + "checkpointEvery, validation.…, averageDecay, augment.…, schedule, "
                        + "keepCheckpoints, found another key");
        refused("validation=3", "'validation': expected one of images, every, patience, found another key");
        refused("steps.more=3", "'steps.more': expected one of");
    }

    @Test
    void namesWhatAValueShouldBe() {
        refused("steps=many", "'steps': expected an integer such as 8000, found 'many'");
        refused("learningRate=fast", "'learningRate': expected a number such as 0.004, found 'fast'");
        refused("steps", "expected KEY=VALUE, found 'steps'");
        refused("augment.mirror=yes", "'augment.mirror': expected true or false, found 'yes'");
        refused("augment.rotation=200", "augment.rotation must be from 0 to 180, found 200.0");
        refused("steps=0", "steps must be greater than 0, found 0");
        refused(
                "model.image.height=29",
                "model settings: the image of 29 x 28 must be the same integer multiple of the block of 7 x 7 on "
                        + "both sides");
        refused("binarisation=grey", "'binarisation': expected one of [dynamic, threshold, fixed, none], found 'grey'");
    }

    @Test
    void listsEveryValueOnce() {
        assertThat(PlanEdit.values(plan))
                .contains("model.encoder.width=64", "keyWeight.start=1.0", "validation.every=500", "steps=8000")
                .doesNotHaveDuplicates();
    }

    @Test
    void aPlanWithAnotherKeyOrWithoutOneIsRefusedByItsName() {
        ObjectNode other = PlanEdit.JSON.valueToTree(plan);
        other.put("momentum", 0.9);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PlanEdit.plan(other))
                .withMessageStartingWith("'momentum': expected one of [")
                .withMessageEndingWith("], found another key");
        for (String key : List.of("validation", "averageDecay", "augment", "model")) {
            ObjectNode tree = PlanEdit.JSON.valueToTree(plan);
            tree.remove(key);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> PlanEdit.plan(tree))
                    .withMessage("'%s': expected a value, found none, or one of another kind", key);
        }
        ObjectNode tree = PlanEdit.JSON.valueToTree(plan);
        ((ObjectNode) tree.get("model").get("encoder")).remove("width");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PlanEdit.plan(tree))
                .withMessage("'model.encoder.width': expected a value, found none, or one of another kind");
    }

    private void refused(String assignment, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PlanEdit.apply(plan, List.of(assignment)))
                .withMessageContaining(message);
    }
}
