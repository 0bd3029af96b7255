package io.kanerva.bench.inference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The folder that {@link Prepare} wrote. */
record SharedFolder(Path folder) {

    Path bundle() {
        return folder.resolve("bundle");
    }

    /** Returns the first images, repeated if there are fewer. */
    float[] images(int count) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("images.f32")))
                    .order(ByteOrder.LITTLE_ENDIAN);
            float[] all = new float[bytes.remaining() / Float.BYTES];
            bytes.asFloatBuffer().get(all);
            return Arrays.copyOf(all, count * all.length / 64);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
