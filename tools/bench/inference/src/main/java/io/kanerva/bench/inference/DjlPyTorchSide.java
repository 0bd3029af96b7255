package io.kanerva.bench.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.ReaderOutput;
import io.kanerva.trainer.model.WriterOutput;
import io.kanerva.trainer.train.Preset;
import java.nio.file.Path;
import java.util.Locale;

/** The model's blocks, and the content search, on DJL's PyTorch engine, one thread. */
final class DjlPyTorchSide {
    private static final String SIDE = "djl-pytorch";

    private DjlPyTorchSide() {}

    public static void main(String[] arguments) {
        SharedFolder shared = new SharedFolder(Path.of(arguments[0]));
        double seconds = Double.parseDouble(arguments[1]);
        KanervaSettings settings = Preset.named(arguments[2]).plan().settings();
        try (KanervaModel model = Prepare.model(settings)) {
            NDArray images = array(model.manager(), settings, shared.images(TimedCall.EPISODE), 1, TimedCall.EPISODE);
            WriterOutput written = model.write(model.encode(images, false).content(), false);
            NDArray contents = standardised(decoded(model, written.memory(), written.pointers())
                    .reshape(TimedCall.EPISODE, settings.image().size()));
            for (TimedCall c : TimedCall.RECALLS) {
                float[] queries = shared.images(c.batch());
                float[] recalled = recall(model, written, contents, queries);
                Timing.report(SIDE, c.name(), seconds, () -> recall(model, written, contents, queries));
                check(c, recalled);
            }
            for (TimedCall c : TimedCall.WRITES) {
                float[] episodes = shared.images(c.batch());
                float[] memory = write(model, episodes, c);
                Timing.report(SIDE, c.name(), seconds, () -> write(model, episodes, c));
                check(c, memory);
            }
        }
    }

    private static float[] recall(KanervaModel model, WriterOutput written, NDArray contents, float[] queries) {
        KanervaSettings settings = model.settings();
        int count = queries.length / settings.image().size();
        try (NDManager scratch = model.manager().newSubManager()) {
            // Results attach to their inputs' manager, so all inputs are created in the scratch one.
            NDArray found = standardised(scratch.create(
                            queries, new Shape(count, settings.image().size())))
                    .matMul(contents.transpose())
                    .argMax(1);
            NDArray keys = scratch.create(
                            written.pointers().get(0).toFloatArray(),
                            new Shape(TimedCall.EPISODE, settings.keys() * 3L))
                    .get(found)
                    .reshape(1, count, settings.keys(), 3);
            NDArray memory = written.memory().duplicate();
            memory.attach(scratch);
            return decoded(model, memory, keys).toFloatArray();
        }
    }

    private static float[] write(KanervaModel model, float[] episodes, TimedCall c) {
        try (NDManager scratch = model.manager().newSubManager()) {
            NDArray images = array(scratch, model.settings(), episodes, c.episodes(), c.samples());
            return model.write(model.encode(images, false).content(), false)
                    .memory()
                    .toFloatArray();
        }
    }

    private static NDArray decoded(KanervaModel model, NDArray memory, NDArray keys) {
        ReaderOutput read = model.read(memory, keys, false);
        return Activation.sigmoid(model.decode(read.priorMean(), read.traces()));
    }

    /** [N, L] to [N, L + 1]: pixels minus their mean, then the mean, normalised to unit length. */
    private static NDArray standardised(NDArray images) {
        NDArray mean = images.mean(new int[] {1}, true);
        double level = 0.1 * Math.sqrt(images.getShape().get(1));
        NDArray rows = images.sub(mean).concat(mean.sub(0.5f).mul(level), 1);
        return rows.div(rows.square().sum(new int[] {1}, true).sqrt());
    }

    private static NDArray array(
            NDManager manager, KanervaSettings settings, float[] images, int episodes, int samples) {
        return manager.create(images, settings.image().shape(episodes, samples));
    }

    private static void check(TimedCall c, float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        System.out.printf(Locale.ROOT, "check %s %.4f%n", c.name(), sum);
    }
}
