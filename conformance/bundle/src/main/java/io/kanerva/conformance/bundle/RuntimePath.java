package io.kanerva.conformance.bundle;

import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Encoding;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.Reading;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A bundle through the runtime's public calls. They begin with images, so a case is run as a whole: what the writer and
 * the reader get is what the runtime itself computed before.
 *
 * @param kanerva the open bundle
 */
record RuntimePath(Kanerva kanerva) {

    /**
     * Runs all four graphs.
     *
     * @param images [B, T, Cx, Hx, Wx]
     * @param keys [B, Q, K, 3]
     * @param latent [B, Q, D]
     * @return the outputs by graph and name
     */
    Map<String, Map<String, Tensor>> run(Tensor images, Tensor keys, Tensor latent) {
        FloatTensor episodes = floats(images);
        Encoding encoding = kanerva.encode(episodes);
        Memory memory = kanerva.write(episodes);
        Reading reading = kanerva.read(memory, floats(keys));
        Map<String, Map<String, Tensor>> outputs = new LinkedHashMap<>();
        outputs.put("encoder", encoder(encoding));
        outputs.put("memory-writer", Map.of("memory", tensor(memory.memory()), "pointers", tensor(memory.pointers())));
        outputs.put("reader", reader(reading));
        outputs.put("decoder", Map.of("logits", tensor(kanerva.decode(floats(latent), reading.traces()))));
        return outputs;
    }

    static Map<String, Tensor> encoder(Encoding encoding) {
        return Map.of(
                "content",
                tensor(encoding.content()),
                "key_mean",
                tensor(encoding.keyMean()),
                "key_log_variance",
                tensor(encoding.keyLogVariance()),
                "latent_mean",
                tensor(encoding.latentMean()),
                "latent_log_variance",
                tensor(encoding.latentLogVariance()));
    }

    static Map<String, Tensor> reader(Reading reading) {
        return Map.of(
                "traces",
                tensor(reading.traces()),
                "prior_mean",
                tensor(reading.priorMean()),
                "prior_log_variance",
                tensor(reading.priorLogVariance()));
    }

    static Tensor tensor(FloatTensor tensor) {
        return Tensor.of(
                tensor.data(), Arrays.stream(tensor.shape()).asLongStream().toArray());
    }

    static FloatTensor floats(Tensor tensor) {
        return new FloatTensor(
                tensor.floats(),
                Arrays.stream(tensor.shape()).mapToInt(Math::toIntExact).toArray());
    }
}
