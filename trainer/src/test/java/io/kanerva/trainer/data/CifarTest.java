package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarTest {
    private static final int RECORD = 3073;

    @TempDir
    private Path folder;

    @Test
    void readsTheExistingBatchesInOrderGzippedOrNot() throws IOException {
        put("cifar10/data_batch_5.bin", record(3, 7));
        put("cifar10/data_batch_2.bin.gz", Bytes.gzip(Bytes.concat(record(1, 0), record(2, 9))));
        put("cifar10/test_batch.bin", record(4, 4));
        ImageSet train = DataSource.CIFAR10.train(folder).slice(0, 3);
        assertThat(train.labels()).containsExactly(0, 9, 7);
        assertThat(new int[] {train.channels(), train.height(), train.width()}).containsExactly(3, 32, 32);
        assertThat(train.pixels()).isEqualTo(Bytes.concat(planes(1), planes(2), planes(3)));
        assertThat(DataSource.CIFAR10.test(folder).label(0)).isEqualTo(4);
        assertThat(DataSource.CIFAR10.trainBinarisation()).isEqualTo(Binarisation.NONE);
    }

    @Test
    void readsTheFolderOfThePublishedArchive() throws IOException {
        put("cifar-10-batches-bin/test_batch.bin", record(1, 6));
        assertThat(DataSource.CIFAR10.test(folder).label(0)).isEqualTo(6);
        assertThat(DataSource.CIFAR10
                        .test(folder.resolve("cifar-10-batches-bin"))
                        .label(0))
                .isEqualTo(6);
    }

    @Test
    void intensitiesGiveBackEachOfThe256Levels() throws IOException {
        byte[] content = record(0, 1);
        for (int level = 0; level < 256; level++) {
            content[1 + level] = (byte) level;
        }
        put("cifar10/test_batch.bin", content);
        float[] intensities = new float[3072];
        Binarisation.NONE.copy(DataSource.CIFAR10.test(folder), 0, intensities, 0, null);
        for (int level = 0; level < 256; level++) {
            assertThat(intensities[level]).isEqualTo(level / 255f);
            assertThat(Images.level(intensities[level])).isEqualTo(level);
        }
    }

    @Test
    void rejectsIncompleteRecordsAndLabelsAboveNine() throws IOException {
        Path file = put("cifar10/test_batch.bin", Arrays.copyOf(record(0, 1), RECORD + 5));
        assertThatThrownBy(() -> DataSource.CIFAR10.test(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(file
                        + ": expected complete CIFAR-10 records of 3073 bytes, found 3078 bytes, which "
                        + "is 1 records and 5 bytes");
        put("cifar10/test_batch.bin", Bytes.concat(record(0, 1), record(0, 10)));
        assertThatThrownBy(() -> DataSource.CIFAR10.test(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(file + ": expected a label from 0 to 9 at the start of record 1, found 10");
    }

    @Test
    void listsTheFilesItLooksFor() {
        assertThatThrownBy(() -> DataSource.CIFAR10.train(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(folder
                        + ": expected the train images of cifar10 as cifar10/data_batch_1.bin or "
                        + "cifar10/data_batch_1.bin.gz, and so on,"
                        + " or the same in cifar-10-batches-bin or in the data folder itself, found none");
    }

    private static byte[] record(int seed, int label) {
        return Bytes.concat(new byte[] {(byte) label}, planes(seed));
    }

    private static byte[] planes(int seed) {
        byte[] planes = Bytes.counting(3072);
        for (int i = 0; i < planes.length; i++) {
            planes[i] = (byte) (planes[i] * 7 + seed + i / 1024);
        }
        return planes;
    }

    private Path put(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }
}
