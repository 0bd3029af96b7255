package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanFileTest {
    private final TrainingPlan plan = Preset.named("mnist").plan();

    @TempDir
    private Path folder;

    @Test
    void yamlAndJsonNestedAndWithDotsAreTheSame() throws IOException {
        for (String text : new String[] {
            "like: cifar10\nlearningRate: 1e-3 # slow\nmodel:\n  encoder:\n    width: 96\naugment.mirror: true\n",
            "{\"like\": \"cifar10\", \"learningRate\": 0.001, \"model\": {\"encoder.width\": 96}, "
                    + "\"augment\": {\"mirror\": true}}"
        }) {
            PlanFile file = read(text);
            assertThat(file.like()).contains("cifar10");
            assertThat(file.isWhole()).isFalse();
            TrainingPlan changed = PlanEdit.apply(plan, file.assignments());
            assertThat(changed)
                    .isEqualTo(plan.with("learningRate=0.001", "model.encoder.width=96", "augment.mirror=true"));
        }
    }

    @Test
    void aRunsOwnPlanIsWhole() throws IOException {
        PlanFile file = read(PlanEdit.json(plan));
        assertThat(file.isWhole()).isTrue();
        assertThat(PlanEdit.apply(Preset.named("cifar10").plan(), file.assignments()))
                .isEqualTo(plan);
    }

    @Test
    void refusesWhatIsNoValue() throws IOException {
        refused("", "expected keys of plan.json with values, in YAML or JSON, found none");
        refused("- 1\n- 2\n", "expected keys of plan.json with values, in YAML or JSON, found none");
        refused("steps: [1, 2]\n", ", 'steps': expected one value, found [1,2]");
        refused("steps:\n", ", 'steps': expected one value, found null");
        refused("steps: 1\nsteps: 2\n", "expected YAML or JSON, found another text (Duplicate field 'steps')");
        refused("{\"steps\": 1", "expected YAML or JSON, found another text (");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PlanEdit.apply(plan, read("steps: 1.5\n").assignments()))
                .withMessage("'steps': expected an integer such as 8000, found '1.5'");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        PlanEdit.apply(plan, read("augment: {mirror: maybe}\n").assignments()))
                .withMessage("'augment.mirror': expected true or false, found 'maybe'");
    }

    private void refused(String text, String message) throws IOException {
        Path file = folder.resolve("plan.yaml");
        Files.writeString(file, text);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PlanFile.read(file))
                .withMessageStartingWith(file.toString())
                .withMessageContaining(message);
    }

    private PlanFile read(String text) throws IOException {
        return PlanFile.read(Files.writeString(folder.resolve("plan.yaml"), text));
    }
}
