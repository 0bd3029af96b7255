package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShippedDataTest {

    @Test
    void fashionMnistIsFoundWithoutADataFolder() {
        Images train = DataSource.FASHION_MNIST.train(null);
        Images test = DataSource.FASHION_MNIST.test(null);
        assertThat(new int[] {train.count(), train.height(), train.width()}).containsExactly(9600, 28, 28);
        assertThat(test.count()).isEqualTo(1600);
        assertThat(train.hasLabels() && test.hasLabels()).isTrue();
        assertThat(train.slice(0, 10).isBinary()).isFalse();
    }

    @Test
    void theNoticeHasTheLicenceAndTheSumsOfTheFilesBesideIt() throws IOException, NoSuchAlgorithmException {
        String notice = new String(resource("NOTICE.txt"), StandardCharsets.UTF_8);
        assertThat(notice).contains("The MIT License (MIT)", "Copyright (c) 2017 Zalando SE");
        for (String part : List.of("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")) {
            String file = part + "-ubyte.gz";
            byte[] sum = MessageDigest.getInstance("SHA-256").digest(resource(file));
            assertThat(notice).contains(HexFormat.of().formatHex(sum) + "  " + file);
        }
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = ShippedDataTest.class
                .getClassLoader()
                .getResourceAsStream(DataSource.SHIPPED + "fashion-mnist/" + name)) {
            return in.readAllBytes();
        }
    }
}
