import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes seven stripes into one memory and finds each of them again. */
class Recall {
    public static void main(String[] arguments) {
        FloatTensor stripes = FloatTensor.zeros(1, 7, 1, 28, 28);
        for (int i = 0; i < stripes.size(); i++) stripes.data()[i] = i / 112 % 7 == i / 784 ? 1 : 0;
        try (Kanerva kanerva = Kanerva.load(Path.of(arguments[0]), Device.AUTO)) {
            Memory memory = kanerva.write(stripes);
            System.out.println(Arrays.toString(kanerva.lookUp(memory, stripes).samples()));
        }
    }
}
