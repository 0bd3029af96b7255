package consumer;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import java.util.Arrays;

/** Writes seven patterns with a model from the class path, and finds each of them again. */
public final class Consumer {
    private Consumer() {}

    public static void main(String[] arguments) {
        FloatTensor stripes = FloatTensor.zeros(1, 7, 1, 28, 28);
        for (int i = 0; i < stripes.size(); i++) {
            stripes.data()[i] = i / 112 % 7 == i / 784 ? 1 : 0;
        }
        String folder = "io/kanerva/models/mnist-fp16";
        try (Kanerva kanerva = Kanerva.loadResource(Consumer.class.getClassLoader(), folder, Device.CPU)) {
            Memory memory = kanerva.write(stripes);
            System.out.println(Arrays.toString(kanerva.lookUp(memory, stripes).samples()));
        }
    }
}
