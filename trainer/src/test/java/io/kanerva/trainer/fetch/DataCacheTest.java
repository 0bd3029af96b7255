package io.kanerva.trainer.fetch;

import static io.kanerva.trainer.fetch.UnreliableServer.announces;
import static io.kanerva.trainer.fetch.UnreliableServer.breaksOffAt;
import static io.kanerva.trainer.fetch.UnreliableServer.pads;
import static io.kanerva.trainer.fetch.UnreliableServer.stallsAt;
import static io.kanerva.trainer.fetch.UnreliableServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.trainer.data.DataSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataCacheTest {
    private static final byte[] CONTENT = content(100_000);
    private static final String SUM = sum(CONTENT);

    @TempDir
    private Path folder;
    /** Long, because only the test of timeouts waits for it. */
    private Duration timeout = Duration.ofSeconds(60);

    private final List<String> notes = new ArrayList<>();
    private final List<Long> progress = new ArrayList<>();

    @Test
    void downloadsAFileAndRecordsItsChecksum() throws IOException {
        try (UnreliableServer server = new UnreliableServer(CONTENT)) {
            fetch(server, CONTENT.length, SUM);
            assertThat(folder.resolve("set/file.bin")).hasBinaryContent(CONTENT);
            assertThat(Files.readString(folder.resolve("sha256.json")))
                    .contains("\"set/file.bin\"", SUM, server.uri("file.bin").toString());
            assertThat(progress).last().isEqualTo((long) CONTENT.length);
            assertThat(leftovers()).isEmpty();
            fetch(server, CONTENT.length, SUM);
            assertThat(server.requests()).as("nothing is fetched twice").hasSize(1);
            assertThat(notes).containsExactly("set/file.bin exists with the right SHA-256");
        }
    }

    @Test
    void resumesAfterABrokenConnection() throws IOException {
        try (UnreliableServer server = new UnreliableServer(CONTENT, breaksOffAt(30_000), breaksOffAt(70_000))) {
            fetch(server, CONTENT.length, SUM);
            assertThat(folder.resolve("set/file.bin")).hasBinaryContent(CONTENT);
            assertThat(server.starts()).containsExactly(0, 30_000, 70_000);
            assertThat(server.requests().get(1)).containsIgnoringCase("If-Range: \"v1\"");
            assertThat(notes).hasSize(2).allMatch(note -> note.startsWith("file.bin: connection lost at byte "));
        }
    }

    @Test
    void resumesAfterAStalledConnection() throws IOException {
        try (UnreliableServer server = new UnreliableServer(CONTENT, stallsAt(40_000))) {
            timeout = Duration.ofSeconds(1);
            fetch(server, CONTENT.length, SUM);
            assertThat(folder.resolve("set/file.bin")).hasBinaryContent(CONTENT);
            assertThat(server.starts()).startsWith(0, 40_000);
            assertThat(notes).first().asString().contains("no data for 1.0 s");
        }
    }

    @Test
    void resumesAnEarlierDownload() throws IOException {
        try (UnreliableServer server = new UnreliableServer(
                CONTENT, breaksOffAt(60_000), status("503 Busy"), status("503 Busy"), status("503 Busy"))) {
            assertThatThrownBy(() -> fetch(server, CONTENT.length, SUM))
                    .isInstanceOf(FetchException.class)
                    .hasMessage(server.uri("file.bin")
                            + ": expected 100,000 bytes, found 60,000 bytes: the connection failed 3 consecutive times"
                            + " (the server answered HTTP 503); fetching again resumes the download");
            assertThat(folder.resolve("set/file.bin")).doesNotExist();
            fetch(server, CONTENT.length, SUM);
            assertThat(folder.resolve("set/file.bin")).hasBinaryContent(CONTENT);
            assertThat(server.starts()).last().isEqualTo(60_000);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-5, an answer of -5 bytes",
        "-1, an answer of -1 bytes",
        "abc, 'an answer with a malformed header (For input string: \"abc\")'",
        "99999999999999999999, 'an answer with a malformed header (For input string: \"99999999999999999999\")'"
    })
    void refusesALengthThatIsNone(String length, String found) throws IOException {
        try (UnreliableServer server = new UnreliableServer(CONTENT, UnreliableServer.measures(length))) {
            assertThatThrownBy(() -> fetch(server, -1, ""))
                    .isInstanceOf(FetchException.class)
                    .hasMessage(server.uri("file.bin") + ": expected the file, found " + found);
            assertThat(server.requests()).as("it is not asked again").hasSize(1);
        }
    }

    @Test
    void startsOverIfTheServerCannotResume() throws IOException {
        try (UnreliableServer server =
                new UnreliableServer(CONTENT, breaksOffAt(30_000), UnreliableServer.WITHOUT_RANGES)) {
            fetch(server, CONTENT.length, SUM);
            assertThat(folder.resolve("set/file.bin")).hasBinaryContent(CONTENT);
        }
        try (UnreliableServer server =
                new UnreliableServer(CONTENT, breaksOffAt(30_000), UnreliableServer.WRONG_RANGE)) {
            Files.delete(folder.resolve("set/file.bin"));
            fetch(server, CONTENT.length, SUM);
            assertThat(folder.resolve("set/file.bin")).hasBinaryContent(CONTENT);
        }
    }

    @Test
    void startsOverIfThePartialFileIsAnotherVersion() throws IOException {
        Files.createDirectories(folder.resolve("set"));
        Files.write(folder.resolve("set/file.bin.part"), new byte[50_000]);
        try (UnreliableServer server = new UnreliableServer(CONTENT)) {
            fetch(server, CONTENT.length, SUM);
            assertThat(folder.resolve("set/file.bin")).hasBinaryContent(CONTENT);
            assertThat(server.starts()).containsExactly(50_000, 0);
            assertThat(notes).containsExactly("file.bin: the resumed download is corrupt; starting over");
        }
    }

    @Test
    void ignoresAnAnnouncedLengthThatIsTooShort() throws IOException {
        try (UnreliableServer server = new UnreliableServer(CONTENT, announces(20_000))) {
            fetch(server, CONTENT.length, SUM);
            assertThat(folder.resolve("set/file.bin")).hasBinaryContent(CONTENT);
            assertThat(server.starts()).containsExactly(0, 20_000);
        }
    }

    @Test
    void ignoresAnAnnouncedLengthThatIsTooLong() throws IOException {
        try (UnreliableServer server = new UnreliableServer(CONTENT, announces(300_000))) {
            fetch(server, CONTENT.length, SUM);
            assertThat(folder.resolve("set/file.bin")).hasBinaryContent(CONTENT);
        }
    }

    @Test
    void acceptsNoMoreBytesThanTheFileHas() throws IOException {
        try (UnreliableServer server = new UnreliableServer(CONTENT, pads(300_000))) {
            assertThatThrownBy(() -> fetch(server, CONTENT.length, SUM))
                    .isInstanceOf(FetchException.class)
                    .hasMessage(server.uri("file.bin") + ": expected the file, found more than 100,000 bytes");
            assertThat(leftovers()).isEmpty();
        }
    }

    @Test
    void rejectsAFileWithTheWrongChecksum() throws IOException {
        byte[] other = CONTENT.clone();
        other[5] ^= 1;
        try (UnreliableServer server = new UnreliableServer(other)) {
            assertThatThrownBy(() -> fetch(server, CONTENT.length, SUM))
                    .isInstanceOf(FetchException.class)
                    .hasMessage("%s: expected SHA-256 %s, found 100,000 bytes with %s, now deleted"
                            .formatted(server.uri("file.bin"), SUM, sum(other)));
            assertThat(folder.resolve("set/file.bin")).doesNotExist();
            assertThat(leftovers()).isEmpty();
        }
    }

    @Test
    void recordsAnUnknownChecksumAndVerifiesTheNextDownload() throws IOException {
        try (UnreliableServer server = new UnreliableServer(CONTENT, breaksOffAt(10_000))) {
            fetch(server, -1, "");
            assertThat(folder.resolve("set/file.bin")).hasBinaryContent(CONTENT);
            assertThat(notes)
                    .last()
                    .isEqualTo("file.bin: SHA-256 unknown in advance; %s recorded in sha256.json".formatted(SUM));
            Path file = Files.write(folder.resolve("set/file.bin"), new byte[3]);
            assertThatThrownBy(() -> fetch(server, -1, ""))
                    .isInstanceOf(FetchException.class)
                    .hasMessage("%s: expected SHA-256 %s, found %s: delete the file and fetch again"
                            .formatted(file, SUM, sum(new byte[3])));
        }
        Files.delete(folder.resolve("set/file.bin"));
        try (UnreliableServer server = new UnreliableServer(new byte[7])) {
            assertThatThrownBy(() -> fetch(server, -1, ""))
                    .isInstanceOf(FetchException.class)
                    .hasMessageContaining("expected SHA-256 " + SUM + ", found 7 bytes");
        }
    }

    @Test
    void reportsAnHttpErrorWithoutRetrying() throws IOException {
        try (UnreliableServer server = new UnreliableServer(CONTENT, status("404 Not Found"))) {
            assertThatThrownBy(() -> fetch(server, CONTENT.length, SUM))
                    .isInstanceOf(FetchException.class)
                    .hasMessage(server.uri("file.bin") + ": expected the file, found HTTP 404");
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void unpacksOnlyTheNamedMembersOfAnArchive() throws IOException {
        byte[] archive = tarGz("set-bin/keep.bin", "kept", "../escape.bin", "no", "set-bin/other.bin", "no");
        RemoteFile file;
        try (UnreliableServer server = new UnreliableServer(archive)) {
            file = new RemoteFile(
                    server.uri("set.tar.gz"), "", archive.length, sum(archive), List.of("set-bin/keep.bin"));
            fetch(file);
            assertThat(folder.resolve("set-bin/keep.bin")).hasContent("kept");
            assertThat(folder.resolve("set-bin/other.bin")).doesNotExist();
            assertThat(folder.resolveSibling("escape.bin")).doesNotExist();
            assertThat(leftovers()).isEmpty();
            fetch(file);
            assertThat(server.requests()).hasSize(1);
            RemoteFile missing = new RemoteFile(
                    server.uri("set.tar.gz"), "", archive.length, sum(archive), List.of("set-bin/none.bin"));
            assertThatThrownBy(() -> fetch(missing))
                    .isInstanceOf(FetchException.class)
                    .hasMessageEndingWith("expected a member 'set-bin/none.bin', found none");
        }
    }

    @Test
    void explainsAManualDownload() throws IOException {
        DataCache cache = new DataCache(folder);
        assertThatThrownBy(() -> cache.fetch(Catalogue.of(DataSource.CELEBA), new FetchListener() {}))
                .isInstanceOf(FetchException.class)
                .hasMessageStartingWith("celeba cannot be downloaded: ")
                .hasMessageContaining("mmlab.ie.cuhk.edu.hk")
                .hasMessageContaining("unzip it in " + folder + "/celeba,");
        Files.createDirectories(folder.resolve("celeba/img_align_celeba"));
        Files.createFile(folder.resolve("celeba/img_align_celeba/000001.jpg"));
        assertThat(cache.holds(Catalogue.of(DataSource.CELEBA))).isTrue();
    }

    @Test
    void theCatalogueListsEveryDataSetWithAPathThatItsReaderSearches() throws IOException {
        for (Catalogue.Entry entry : Catalogue.all()) {
            assertThat(entry.files().isEmpty())
                    .as(entry.source().id())
                    .isNotEqualTo(entry.instructions().isEmpty());
            Path data = Files.createDirectories(folder.resolve(entry.source().id()));
            for (RemoteFile file : entry.files()) {
                for (String path : file.members().isEmpty() ? List.of(file.path()) : file.members()) {
                    Files.createDirectories(data.resolve(path).getParent());
                    Files.createFile(data.resolve(path));
                }
            }
            if (!entry.files().isEmpty()) {
                assertThat(entry.source().isIn(data)).as(entry.source().id()).isTrue();
                assertThat(new DataCache(data).holds(entry)).isTrue();
            }
        }
    }

    private void fetch(UnreliableServer server, long bytes, String sha256) {
        fetch(RemoteFile.plain(server.uri("file.bin").toString(), "set/file.bin", bytes, sha256));
    }

    private void fetch(RemoteFile file) {
        notes.clear();
        new DataCache(folder, timeout, 3, Duration.ZERO)
                .fetch(new Catalogue.Entry(DataSource.MNIST, "a test", List.of(file), ""), new FetchListener() {
                    @Override
                    public void transferred(String name, long bytes, long total) {
                        progress.add(bytes);
                    }

                    @Override
                    public void note(String sentence) {
                        notes.add(sentence);
                    }
                });
    }

    private List<Path> leftovers() throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(file -> file.toString().matches(".*\\.(part|version|tmp)"))
                    .toList();
        }
    }

    private static byte[] tarGz(String... namesAndTexts) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            for (int i = 0; i < namesAndTexts.length; i += 2) {
                byte[] text = namesAndTexts[i + 1].getBytes(StandardCharsets.UTF_8);
                TarArchiveEntry entry = new TarArchiveEntry(namesAndTexts[i]);
                entry.setSize(text.length);
                tar.putArchiveEntry(entry);
                tar.write(text);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] content(int length) {
        byte[] content = new byte[length];
        new Random(3).nextBytes(content);
        return content;
    }

    private static String sum(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
