package io.kanerva.bench.inference;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import io.kanerva.runtime.BundleGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * The same graphs on DJL's OnnxRuntime engine, one thread. Needs its own JVM because it creates ONNX Runtime's
 * environment.
 */
final class DjlOnnxRuntimeSide {
    private static final String SIDE = "djl-onnxruntime";

    private final Predictor<NDList, NDList> writer;
    private final Predictor<NDList, NDList> reader;
    private final NDManager manager;
    private final int[] sizes;

    private DjlOnnxRuntimeSide(
            Predictor<NDList, NDList> writer, Predictor<NDList, NDList> reader, NDManager manager, int[] sizes) {
        this.writer = writer;
        this.reader = reader;
        this.manager = manager;
        this.sizes = sizes;
    }

    public static void main(String[] arguments) throws IOException, MalformedModelException {
        SharedFolder shared = new SharedFolder(Path.of(arguments[0]));
        double seconds = Double.parseDouble(arguments[1]);
        int[] sizes = Arrays.stream(Files.readString(shared.folder().resolve("sizes.txt"))
                        .trim()
                        .split(" "))
                .mapToInt(Integer::parseInt)
                .toArray();
        Map<String, String> options = Map.of("intraOpNumThreads", "1", "interOpNumThreads", "1", "optLevel", "ALL_OPT");
        try (Model write = Model.newInstance(BundleGraph.WRITE.label(), Device.cpu(), "OnnxRuntime");
                Model read = Model.newInstance(BundleGraph.INDEX.label(), Device.cpu(), "OnnxRuntime")) {
            write.load(shared.bundle(), BundleGraph.WRITE.label(), options);
            read.load(shared.bundle(), BundleGraph.INDEX.label(), options);
            try (Predictor<NDList, NDList> writer = write.newPredictor(new NoopTranslator());
                    Predictor<NDList, NDList> reader = read.newPredictor(new NoopTranslator())) {
                new DjlOnnxRuntimeSide(writer, reader, write.getNDManager(), sizes).run(shared, seconds);
            }
        }
    }

    private void run(SharedFolder shared, double seconds) {
        float[][] written = write(shared.images(TimedCall.EPISODE), 1, TimedCall.EPISODE);
        HostSearch search = new HostSearch(decoded(written[0], written[1], TimedCall.EPISODE), TimedCall.EPISODE);
        for (TimedCall c : TimedCall.RECALLS) {
            float[] queries = shared.images(c.batch());
            Timing.report(SIDE, c.name(), seconds, () -> recall(written, search, queries, c.batch()));
            check(c, recall(written, search, queries, c.batch()));
        }
        for (TimedCall c : TimedCall.WRITES) {
            float[] episodes = shared.images(c.batch());
            Timing.report(SIDE, c.name(), seconds, () -> write(episodes, c.episodes(), c.samples()));
            check(c, write(episodes, c.episodes(), c.samples())[0]);
        }
    }

    private float[] recall(float[][] written, HostSearch search, float[] queries, int count) {
        int numbers = sizes[8] * 3;
        float[] keys = new float[count * numbers];
        for (int q = 0; q < count; q++) {
            System.arraycopy(written[1], search.best(queries, q) * numbers, keys, q * numbers, numbers);
        }
        return decoded(written[0], keys, count);
    }

    private float[] decoded(float[] memory, float[] keys, int count) {
        try (NDManager scratch = manager.newSubManager()) {
            NDList inputs = new NDList(
                    named(scratch, BundleGraph.MEMORY, memory, 1, sizes[3], sizes[4], sizes[5]),
                    named(scratch, BundleGraph.POINTERS, keys, 1, count, sizes[8], 3));
            try (NDList outputs = reader.predict(inputs)) {
                return output(outputs, BundleGraph.CONTENTS);
            }
        } catch (TranslateException e) {
            throw new IllegalStateException(e);
        }
    }

    private float[][] write(float[] images, int episodes, int samples) {
        try (NDManager scratch = manager.newSubManager()) {
            NDList inputs = new NDList(
                    named(scratch, BundleGraph.IMAGES, images, episodes, samples, sizes[0], sizes[1], sizes[2]));
            try (NDList outputs = writer.predict(inputs)) {
                return new float[][] {output(outputs, BundleGraph.MEMORY), output(outputs, BundleGraph.POINTERS)};
            }
        } catch (TranslateException e) {
            throw new IllegalStateException(e);
        }
    }

    private static float[] output(NDList outputs, String name) {
        return outputs.stream()
                .filter(output -> name.equals(output.getName()))
                .findFirst()
                .orElseThrow()
                .toFloatArray();
    }

    private static NDArray named(NDManager manager, String name, float[] values, long... shape) {
        NDArray array = manager.create(values, new Shape(shape));
        array.setName(name);
        return array;
    }

    private static void check(TimedCall c, float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        System.out.printf(Locale.ROOT, "check %s %.4f%n", c.name(), sum);
    }
}
