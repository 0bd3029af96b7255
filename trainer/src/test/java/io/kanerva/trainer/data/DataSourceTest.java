package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSourceTest {
    @TempDir
    private Path folder;

    @Test
    void findsASourceByName() {
        assertThat(DataSource.named("fashion-mnist")).isEqualTo(DataSource.FASHION_MNIST);
        assertThatThrownBy(() -> DataSource.named("mnits"))
                .isInstanceOf(DataFormatException.class)
                .hasMessage("data set 'mnits': expected one of "
                        + Stream.of(DataSource.values()).map(DataSource::id).collect(Collectors.joining(", "))
                        + ", found no such name");
    }

    @Test
    void readsGreyMnistForTrainingAndFixedBinaryMnistForTesting() throws IOException {
        put("mnist/train-images-idx3-ubyte.gz", Bytes.gzip(Bytes.idx(4, 28, 28)));
        put(
                "binarized_mnist_static/binarized_mnist_test_packbits.npy",
                Bytes.npy("|u1", false, "(3, 98)", Bytes.counting(3 * 98)));
        assertThat(DataSource.MNIST.train(folder).count()).isEqualTo(4);
        assertThat(DataSource.MNIST.train(folder).name()).isEqualTo("mnist train");
        assertThat(DataSource.MNIST.test(folder).slice(0, 3).isBinary()).isTrue();
        assertThat(DataSource.MNIST.trainBinarisation()).isEqualTo(Binarisation.DYNAMIC);
        assertThat(DataSource.MNIST.testBinarisation(true)).isEqualTo(Binarisation.FIXED);
    }

    @Test
    void readsTheAmatTextOfUsers() throws IOException {
        put("binarized_mnist_test.amat", Bytes.text("1 ".repeat(784) + "\n"));
        assertThat(DataSource.MNIST.test(folder).slice(0, 1).pixels()).containsOnly(255);
    }

    @Test
    void readsUncompressedFilesUnderTheStandardNames() throws IOException {
        put("train-images-idx3-ubyte", Bytes.idx(2, 28, 28));
        put("t10k-images-idx3-ubyte", Bytes.idx(1, 28, 28));
        assertThat(DataSource.FASHION_MNIST.train(folder).count()).isEqualTo(2);
        assertThat(DataSource.FASHION_MNIST.test(folder).count()).isEqualTo(1);
    }

    @Test
    void readsOmniglotFromItsOwnFolder() throws IOException {
        put("omniglot_28/background-pil1dither-idx3-ubyte.gz", Bytes.gzip(Bytes.idx(2, 28, 28)));
        put("omniglot_28/evaluation-pil1dither-idx3-ubyte.gz", Bytes.gzip(Bytes.idx(1, 28, 28)));
        assertThat(DataSource.OMNIGLOT.train(folder).count()).isEqualTo(2);
        assertThat(DataSource.OMNIGLOT.test(folder).name()).isEqualTo("omniglot test");
    }

    @Test
    void readsShippedDataFromTheClassPath() throws IOException {
        put(DataSource.SHIPPED + "fashion-mnist/train-images-idx3-ubyte.gz", Bytes.gzip(Bytes.idx(6, 28, 28)));
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        // A loader without a parent sees only this folder, not the test's class path.
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, null)) {
            thread.setContextClassLoader(loader);
            Images images = DataSource.FASHION_MNIST.train(null);
            assertThat(images.count()).isEqualTo(6);
            assertThat(images.name()).isEqualTo("fashion-mnist train");
            assertThatThrownBy(() -> DataSource.MNIST.train(null))
                    .isInstanceOf(DataFormatException.class)
                    .hasMessage("data set 'mnist': expected a data folder (--data DIR), found none; this data set "
                            + "does not ship");
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void readsLabelFilesNextToImageFiles() throws IOException {
        put("mnist/train-images-idx3-ubyte.gz", Bytes.gzip(Bytes.idx(3, 28, 28)));
        put("mnist/train-labels-idx1-ubyte", Bytes.concat(Bytes.idxHeader(0x801, 3), new byte[] {7, 0, 9}));
        Images images = DataSource.MNIST.train(folder);
        assertThat(images.hasLabels()).isTrue();
        assertThat(new int[] {images.label(0), images.label(1), images.label(2)})
                .containsExactly(7, 0, 9);
    }

    @Test
    void rejectsTheWrongNumberOfLabels() throws IOException {
        put("mnist/train-images-idx3-ubyte", Bytes.idx(3, 28, 28));
        Path labels = put("mnist/train-labels-idx1-ubyte", Bytes.concat(Bytes.idxHeader(0x801, 2), new byte[2]));
        assertThatThrownBy(() -> DataSource.MNIST.train(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(labels + ": expected 3 labels, one for each image, found 2");
        put("mnist/train-labels-idx1-ubyte", Bytes.idx(3, 1, 1));
        assertThatThrownBy(() -> DataSource.MNIST.train(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(labels + ": expected labels (IDX magic 00000801), found the magic 00000803");
    }

    @Test
    void labelsTheFixedBinarisationByItsOrder() throws IOException {
        put(
                "binarized_mnist_static/binarized_mnist_test_packbits.npy",
                Bytes.npy("|u1", false, "(10000, 98)", Bytes.counting(980_000)));
        Images images = DataSource.MNIST.test(folder);
        assertThat(new int[] {images.label(979), images.label(980), images.label(9999)})
                .containsExactly(0, 1, 9);
        assertThat(images.slice(979, 981).labels()).containsExactly(0, 1);
    }

    @Test
    void labelsOmniglotByTwentyDrawingsPerCharacter() throws IOException {
        put("omniglot_28/background-pil1dither-idx3-ubyte.gz", Bytes.gzip(Bytes.idx(40, 28, 28)));
        Images images = DataSource.OMNIGLOT.train(folder);
        assertThat(new int[] {images.label(0), images.label(19), images.label(20), images.label(39)})
                .containsExactly(0, 0, 1, 1);
    }

    @Test
    void listsMissingFiles() throws IOException {
        put("mnist/train-labels-idx1-ubyte.gz", new byte[] {1});
        assertThatThrownBy(() -> DataSource.OMNIGLOT.test(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(folder
                        + ": expected the test images of omniglot as "
                        + "omniglot_28/evaluation-pil1dither-idx3-ubyte.gz"
                        + " or omniglot_28/evaluation-pil1dither-idx3-ubyte or "
                        + "evaluation-pil1dither-idx3-ubyte.gz or "
                        + "evaluation-pil1dither-idx3-ubyte"
                        + " or omniglot/images_evaluation.npz or images_evaluation.npz or "
                        + "omniglot/images_evaluation.zip or images_evaluation.zip, found none");
    }

    @Test
    void reportsAMissingFolderOrAFile() throws IOException {
        Path file = put("file", new byte[] {1});
        assertThatThrownBy(() -> DataSource.MNIST.train(folder.resolve("none")))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(folder.resolve("none") + ": expected a data folder, found no such folder");
        assertThatThrownBy(() -> DataSource.MNIST.train(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(file + ": expected a data folder, found a file");
    }

    private Path put(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }
}
