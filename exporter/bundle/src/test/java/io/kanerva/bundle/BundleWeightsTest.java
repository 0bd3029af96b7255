package io.kanerva.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.WeightType;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.model.DecoderSettings;
import io.kanerva.trainer.model.EncoderKind;
import io.kanerva.trainer.model.EncoderSettings;
import io.kanerva.trainer.model.Grid;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.LatentLayout;
import io.kanerva.trainer.model.MapShape;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.Preset;
import io.kanerva.trainer.train.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BundleWeightsTest {
    @TempDir
    private Path temporary;

    static Stream<KanervaSettings> everyKind() {
        KanervaSettings grey = TinyModels.DEREFERENCED;
        return Stream.of(
                grey,
                TinyModels.TWO_KEYS,
                TinyModels.COLOUR,
                TinyModels.POOLED.withMemoryLayers(2),
                grey.withGist().withLatent(16, LatentLayout.MAP),
                grey.withDecoder(new DecoderSettings(7, 3, 4, 2, 0, 0), ImageLikelihood.BERNOULLI),
                KanervaSettings.pooled(
                        new MapShape(1, 8, 8),
                        3,
                        new Grid(4, 4),
                        new Grid(2, 3),
                        5,
                        new EncoderSettings(EncoderKind.RESNET18_TSM, 4, 2)));
    }

    @ParameterizedTest
    @MethodSource("everyKind")
    void theWeightsOfEveryKindOfModelComeBackToTheBit(KanervaSettings settings) {
        TrainingPlan plan = plan(settings, 0);
        Path bundle = temporary.resolve("bundle");
        try (KanervaModel model = TinyModels.model(settings)) {
            BundleExporter.export(model, details(plan), BundleOptions.named("tiny"), bundle);
            BundleWeights weights = BundleWeights.of(bundle);
            assertThat(weights.type()).isEqualTo("float32");
            assertThat(weights.plan()).contains(plan);
            Checkpoint checkpoint = weights.checkpoint(plan);
            assertThat(checkpoint.step()).isEqualTo(100);
            try (KanervaModel back = checkpoint.model(Device.cpu())) {
                assertThat(values(back)).usingRecursiveComparison().isEqualTo(values(model));
            }
        }
    }

    @Test
    void roundedWeightsAreThoseThatAreStored() {
        TrainingPlan plan = plan(TinyModels.DEREFERENCED, 0.9);
        try (KanervaModel model = TinyModels.model(plan.settings())) {
            Path bundle = temporary.resolve("bundle");
            BundleExporter.export(model, details(plan), BundleOptions.named("tiny"), bundle);
            for (WeightType type : List.of(WeightType.FLOAT16, WeightType.INT8)) {
                Path variant = temporary.resolve(type.id());
                BundleVariant.of(bundle, type, new OrtRunner())
                        .write(new VariantCost(5, 5, 0, 1, "", 1, 1, 1, 1, ""), variant, false);
                BundleWeights weights = BundleWeights.of(variant);
                assertThat(weights.type()).isEqualTo(type.onnxName());
                try (KanervaModel back = weights.checkpoint(plan).model(Device.cpu())) {
                    Map<String, float[]> before = values(model);
                    assertThat(values(back)).hasSameSizeAs(before).allSatisfy((name, found) -> {
                        float[] exact = before.get(name);
                        float largest = 0;
                        for (float value : exact) {
                            largest = Math.max(largest, Math.abs(value));
                        }
                        // A half has 11 bits, and 8 bits have steps of a 127th of an output's largest weight.
                        float step = largest / (type == WeightType.FLOAT16 ? 2048 : 254);
                        assertThat(found).hasSameSizeAs(exact);
                        for (int i = 0; i < found.length; i++) {
                            assertThat(Math.abs(found[i] - exact[i])).as(name).isLessThanOrEqualTo(step * 1.001f);
                        }
                    });
                    assertThat(values(back).get("encoder/02features_01block1a_weight"))
                            .isNotEqualTo(before.get("encoder/02features_01block1a_weight"));
                }
            }
        }
    }

    @Test
    void refusesOtherModelsChangedFilesAndBundlesOfAnotherFormat() throws IOException {
        KanervaSettings settings = TinyModels.DEREFERENCED;
        Path bundle = temporary.resolve("bundle");
        try (KanervaModel model = TinyModels.model(settings)) {
            BundleExporter.export(model, TinyModels.provenance(), BundleOptions.named("tiny"), bundle);
        }
        BundleWeights weights = BundleWeights.of(bundle);
        assertThat(weights.plan()).isEmpty();
        assertThatThrownBy(() -> weights.checkpoint(plan(settings.withKeys(2), 0)))
                .isInstanceOf(BundleExportException.class)
                .hasMessageStartingWith(bundle + ": expected the plan of a model with the settings {");
        // bundle.json does not state the decoder's depth.
        assertThatThrownBy(() -> weights.checkpoint(
                        plan(settings.withDecoder(DecoderSettings.of(6, 2), ImageLikelihood.BERNOULLI), 0)))
                .hasMessage(bundle + ", decoder.onnx: expected the weight 'features/block2a/weight' of shape "
                        + "[6, 6, 3, 3], found none");
        Path deep = temporary.resolve("deep");
        KanervaSettings two = settings.withDecoder(DecoderSettings.of(6, 2), ImageLikelihood.BERNOULLI);
        try (KanervaModel model = TinyModels.model(two)) {
            BundleExporter.export(model, TinyModels.provenance(), BundleOptions.named("tiny"), deep);
        }
        assertThatThrownBy(() -> BundleWeights.of(deep).checkpoint(plan(settings, 0)))
                .hasMessage(deep + ", decoder.onnx: expected the weights of the plan's model, found further ones: "
                        + "[features/block2a/weight, features/block2a/bias, features/block2b/weight, "
                        + "features/block2b/bias]");

        byte[] graph = Files.readAllBytes(bundle.resolve("encoder.onnx"));
        graph[graph.length / 2] ^= 1;
        Files.write(bundle.resolve("encoder.onnx"), graph);
        assertThatThrownBy(() -> weights.checkpoint(plan(settings, 0)))
                .hasMessage(bundle + ": expected 'encoder.onnx' with the SHA-256 that bundle.json states, found a "
                        + "changed file");
        Path json = bundle.resolve("bundle.json");
        Files.writeString(json, Files.readString(json).replace("\"formatVersion\" : 2", "\"formatVersion\" : 1"));
        assertThatThrownBy(() -> BundleWeights.of(bundle))
                .hasMessage(bundle + ": expected a kanerva-bundle of format 2, found 'kanerva-bundle' of 1");
    }

    private static Map<String, float[]> values(KanervaModel model) {
        Map<String, float[]> values = new TreeMap<>();
        model.parameters()
                .forEach((name, parameter) ->
                        values.put(name, parameter.getArray().toFloatArray()));
        return values;
    }

    private static TrainingDetails details(TrainingPlan plan) {
        return TrainingDetails.of(plan, 100, 90);
    }

    private static TrainingPlan plan(KanervaSettings settings, double averageDecay) {
        TrainingPlan like = Preset.named("mnist").plan();
        return new TrainingPlan(
                settings,
                like.data(),
                settings.likelihood() == ImageLikelihood.BERNOULLI ? Binarisation.THRESHOLD : Binarisation.NONE,
                1,
                Math.min(3, settings.capacity()),
                like.oneClass(),
                like.steps(),
                like.learningRate(),
                like.warmup(),
                like.gradientNorm(),
                like.keyWeight(),
                like.latentWeight(),
                like.seed(),
                like.logEvery(),
                like.checkpointEvery(),
                like.validation(),
                averageDecay,
                like.augment(),
                like.schedule(),
                like.keepCheckpoints());
    }
}
