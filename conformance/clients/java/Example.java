import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Generation;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.Recall;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes images into a memory, mends damaged ones, draws sixteen new ones: Example BUNDLE IMAGES DAMAGED OUT, where
 * images are files of bytes, and OUT gets the recalled and the new images as float32.
 */
class Example {
    public static void main(String[] arguments) throws IOException {
        try (Kanerva kanerva = Kanerva.load(Path.of(arguments[0]), Device.CPU)) {
            FloatTensor images = read(kanerva, arguments[1]);
            FloatTensor damaged = read(kanerva, arguments[2]);

            Memory memory = kanerva.write(images);
            Recall recall = kanerva.recall(memory, damaged, 3);
            Generation dream = kanerva.generate(memory, 16, 7);

            try (OutputStream out = Files.newOutputStream(Path.of(arguments[3]))) {
                out.write(bytes(recall.images()));
                out.write(bytes(dream.images()));
            }
        }
    }

    static FloatTensor read(Kanerva kanerva, String file) throws IOException {
        byte[] pixels = Files.readAllBytes(Path.of(file));
        var image = kanerva.bundle().settings().image();
        int size = image.channels() * image.height() * image.width();
        FloatTensor episode =
                FloatTensor.zeros(1, pixels.length / size, image.channels(), image.height(), image.width());
        for (int i = 0; i < pixels.length; i++) episode.data()[i] = (pixels[i] & 0xFF) / 255f;
        return episode;
    }

    static byte[] bytes(FloatTensor images) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * images.size()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(images.data());
        return bytes.array();
    }
}
