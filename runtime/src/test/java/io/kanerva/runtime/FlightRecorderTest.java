package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a JFR recording holds of a model's calls. */
class FlightRecorderTest {

    @TempDir
    Path folder;

    @Test
    void aRecordingHoldsEachCallAndEachGraphsRun() throws Exception {
        Path file = folder.resolve("calls.jfr");
        FloatTensor episode = TileImages.episode(0x0F, 0x33, 0x55);
        try (Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder.resolve("bundle"));
                Recording recording = new Recording()) {
            recording.start();
            Memory memory = kanerva.write(episode);
            kanerva.read(memory, memory.pointers());
            recording.stop();
            recording.dump(file);
            kanerva.write(episode);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("io.kanerva."))
                .toList();
        assertThat(events)
                .filteredOn(event -> event.getEventType().getName().equals("io.kanerva.Call"))
                .extracting(
                        event -> event.getString("call"),
                        event -> event.getInt("episodes"),
                        event -> event.getInt("count"))
                .containsExactlyInAnyOrder(tuple("write", 1, 3), tuple("read", 1, 3));
        assertThat(events)
                .filteredOn(event -> event.getEventType().getName().equals("io.kanerva.Graph"))
                .extracting(event -> event.getString("graph"))
                .containsExactlyInAnyOrder("write", "reader");
        assertThat(events).allSatisfy(event -> {
            assertThat(event.getDuration()).isPositive();
            assertThat(event.getString("bundle"))
                    .isEqualTo(folder.resolve("bundle").toString());
        });
    }

    /** Loading the first class of an event makes a JVM prepare the recorder, which takes some 0.2 seconds. */
    @Test
    void withoutARecordingNoEventIsEvenLoaded() throws Exception {
        Path classes = folder.resolve("classes.txt");
        Path bundle = new TinyBundle(Kind.HEAP).write(folder.resolve("bundle"));
        List<String> options = List.of("-Xmx64m", "-Xlog:class+load:file=" + classes);
        ForkedJvm.run(options, FlightRecorderTest.class, bundle.toString());
        assertThat(classes)
                .content()
                .contains("io.kanerva.runtime.session.JfrEvents ")
                .doesNotContain("io.kanerva.runtime.session.CallEvent ", "io.kanerva.runtime.session.GraphEvent ");
    }

    /** What the other JVM does. */
    public static void main(String[] arguments) {
        try (Kanerva kanerva = Kanerva.load(Path.of(arguments[0]), Device.CPU)) {
            kanerva.write(TileImages.episode(0x0F, 0x33));
        }
    }
}
