package io.kanerva.bench.inference;

import ai.djl.Device;
import io.kanerva.exporter.bundle.BundleExporter;
import io.kanerva.exporter.bundle.BundleOptions;
import io.kanerva.exporter.bundle.Provenance;
import io.kanerva.exporter.onnx.proto.ModelProto;
import io.kanerva.exporter.onnx.proto.TensorProto;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.train.Preset;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/**
 * Writes what all sides share to a folder: a bundle of a model with random weights (the cost of a call does not depend on
 * them), 64 black and white images as float32, a plain matrix product as a measure of the machine, and the sizes.
 */
final class Prepare {
    private static final int IMAGES = 64;
    private static final int MATRIX = 512;

    private Prepare() {
    }

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        Preset preset = Arrays.stream(Preset.values()).filter(p -> p.id().equals(arguments[1])).findFirst().orElseThrow();
        KanervaSettings settings = preset.plan().settings();
        Path bundle = folder.resolve("bundle");
        try (KanervaModel model = model(settings)) {
            Provenance provenance = new Provenance("random", Binarisation.THRESHOLD, Case.EPISODE, 1, 0, 0, "", "", Optional.empty());
            BundleExporter.export(model, provenance, BundleOptions.named("bench").replacing(), bundle);
        }
        Random random = new Random(7);
        ByteBuffer images = ByteBuffer.allocate(IMAGES * settings.pixels() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (images.hasRemaining()) {
            images.putFloat(random.nextInt(3) == 0 ? 1 : 0);
        }
        Files.write(folder.resolve("images.f32"), images.array());
        Files.write(folder.resolve("product.onnx"), TinyModels.product(MATRIX));
        Files.writeString(folder.resolve("sizes.txt"), "%d %d %d %d %d %d %d %d %d %d %d%n".formatted(settings.imageChannels(), settings.imageHeight(),
                settings.imageWidth(), settings.memoryChannels(), settings.memoryHeight(), settings.memoryWidth(), settings.blockHeight(),
                settings.blockWidth(), settings.keys(), settings.latent(), MATRIX));
        long recall = multiplications(bundle, "reader-decoder", settings);
        long write = multiplications(bundle, "encoder-memory-writer", settings);
        Files.writeString(folder.resolve("work.txt"), "%d %d%n".formatted(recall, write));
    }

    /** The same weights every time. */
    static KanervaModel model(KanervaSettings settings) {
        KanervaModel model = new KanervaModel(settings, Device.cpu(), 1);
        Random random = new Random(2);
        model.parameters().values().forEach(parameter -> {
            float[] values = parameter.getArray().toFloatArray();
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.02 * random.nextGaussian());
            }
            parameter.getArray().set(FloatBuffer.wrap(values));
        });
        return model;
    }

    /** Multiplications of an image in convolutions, all of which keep the block's height and width, and in dense layers. */
    private static long multiplications(Path bundle, String graph, KanervaSettings settings) throws IOException {
        long sum = 0;
        for (TensorProto weight : ModelProto.parseFrom(Files.readAllBytes(bundle.resolve(graph + ".onnx"))).getGraph().getInitializerList()) {
            long numbers = weight.getDimsList().stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
            sum += weight.getName().endsWith("weight") ? numbers * (weight.getDimsCount() == 4 ? (long) settings.blockHeight() * settings.blockWidth() : 1) : 0;
        }
        return sum;
    }
}
