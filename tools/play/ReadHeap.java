import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import java.nio.file.Path;
import java.util.Arrays;

/** Prints the ids of the samples in a heap's file, for page.test.mjs. */
class ReadHeap {
    public static void main(String[] arguments) {
        try (Kanerva kanerva = Kanerva.load(Path.of(arguments[0]), Device.CPU)) {
            System.out.println(Arrays.toString(kanerva.loadHeap(Path.of(arguments[1])).list()));
        }
    }
}
