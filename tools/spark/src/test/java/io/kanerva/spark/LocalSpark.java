package io.kanerva.spark;

import io.kanerva.runtime.FloatTensor;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import scala.collection.immutable.ArraySeq;

/** One session for the tests of this JVM, and images of Fashion-MNIST in all forms that a column can have. */
final class LocalSpark {

    static final int SIDE = 28;
    static final int FLOATS = SIDE * SIDE;

    private static final Path DATA = Path.of("../src/main/resources/io/kanerva/data/fashion-mnist");
    private static byte[] pixels;

    private LocalSpark() {}

    /** A bundle that ships. */
    static String bundle(String name) {
        return Path.of("../../models/bundles", name)
                .toAbsolutePath()
                .normalize()
                .toString();
    }

    static SparkSession session() {
        return SparkSession.builder()
                .master("local[2]")
                .appName("kanerva-test")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", "4")
                .config("spark.sql.warehouse.dir", "target/warehouse")
                .getOrCreate();
    }

    /** A grey image, 28 x 28 bytes. */
    static synchronized byte[] image(int number) {
        if (pixels == null) {
            try (GZIPInputStream stream =
                    new GZIPInputStream(Files.newInputStream(DATA.resolve("t10k-images-idx3-ubyte.gz")))) {
                stream.skipNBytes(16);
                pixels = stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return Arrays.copyOfRange(pixels, number * FLOATS, (number + 1) * FLOATS);
    }

    static float[] floats(byte[] image) {
        float[] floats = new float[image.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (image[i] & 0xff) / 255f;
        }
        return floats;
    }

    /** Images as an episode of the runtime, [1, T, 1, 28, 28]. */
    static FloatTensor episode(int... numbers) {
        FloatTensor tensor = FloatTensor.zeros(1, numbers.length, 1, SIDE, SIDE);
        for (int i = 0; i < numbers.length; i++) {
            System.arraycopy(floats(image(numbers[i])), 0, tensor.data(), i * FLOATS, FLOATS);
        }
        return tensor;
    }

    static Object sequence(Object array) {
        return ArraySeq.unsafeWrapArray(array);
    }

    static Row struct(byte[] data, int height, int width, int channels, int mode) {
        return RowFactory.create("made", height, width, channels, mode, data);
    }

    static byte[] png(byte[] grey) {
        return file("png", BufferedImage.TYPE_BYTE_GRAY, SIDE, grey);
    }

    /** A picture file of pixels as they lie in the raster of such a {@link BufferedImage}. */
    static byte[] file(String format, int type, int side, byte[] pixels) {
        BufferedImage image = new BufferedImage(side, side, type);
        image.getRaster().setDataElements(0, 0, side, side, pixels);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, format, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
