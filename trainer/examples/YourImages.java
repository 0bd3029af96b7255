import ai.djl.Device;
import io.kanerva.bundle.BundleExporter;
import io.kanerva.bundle.BundleOptions;
import io.kanerva.bundle.TrainingDetails;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.data.OwnImages;
import io.kanerva.trainer.train.FittedPlan;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.nio.file.Path;
import java.util.Arrays;

/** Trains on a folder of pictures, exports the model, and looks at what a memory of eight pictures holds. */
class YourImages {
    /** @param arguments the pictures, an empty folder for the results, the number of steps */
    public static void main(String[] arguments) {
        Path results = Path.of(arguments[1]);
        OwnImages pictures = OwnImages.at(Path.of(arguments[0]));
        TrainingPlan plan = FittedPlan.of(pictures, pictures.survey(looked -> {}))
                .plan()
                .withSteps(Integer.parseInt(arguments[2]));
        try (TrainingRun run =
                TrainingRun.start(plan, results.resolve("run"), pictures.train(plan.imageShape()), Device.cpu())) {
            run.train(step -> System.out.printf("step %d: %.1f nats per image%n", step.step(), step.bound()));
            TrainingDetails details = TrainingDetails.of(plan, run.stepsDone(), run.seconds());
            BundleExporter.export(run.model(), details, BundleOptions.named("mine"), results.resolve("bundle"));
        }
        Images test = pictures.test(plan.imageShape());
        float[] pixels = plan.binarisation().copies(test, 0, 1, 2, 3, 4, 5, 6, 7);
        try (Kanerva kanerva = Kanerva.load(results.resolve("bundle"), io.kanerva.runtime.Device.CPU)) {
            FloatTensor episode = new FloatTensor(pixels, 1, 8, test.channels(), test.height(), test.width());
            Memory memory = kanerva.write(episode);
            System.out.println("memory of " + memory.memory().size() + " floats");
            System.out.println("found " + Arrays.toString(kanerva.lookUp(memory, episode).samples()));
        }
    }
}
