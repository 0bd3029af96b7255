package io.kanerva.spark;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.MemoryHeap;
import io.kanerva.runtime.ModelSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** Writes the episodes of a partition, whose rows (key, order, image) are sorted, as rows (key, memory, samples). */
final class WriteTask implements MapPartitionsFunction<Row, Row> {

    private final KanervaWriter writer;
    private final Broadcast<SentBundle> bundle;

    WriteTask(KanervaWriter writer, Broadcast<SentBundle> bundle) {
        this.writer = writer;
        this.bundle = bundle;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) { // without opening a model
            return rows;
        }
        Kanerva kanerva = OpenModels.ofTask(bundle.value(), writer.device()).kanerva();
        ModelSettings settings = kanerva.bundle().settings();
        int most = Math.min(writer.value(writer.maxSamples()), settings.capacity());
        EpisodeReader episodes = new EpisodeReader(rows, writer, settings.image(), most);
        int batchSize = writer.value(writer.batchSize());
        boolean keepsIds = writer.savesIds();
        boolean gathersReasons = writer.gathersReasons();
        return new BatchIterator() {
            @Override
            boolean hasInput() {
                return episodes.hasNext();
            }

            @Override
            void make(Queue<Row> made) {
                List<Episode> batch = new ArrayList<>();
                for (int samples = 0; samples < batchSize && episodes.hasNext(); ) {
                    Episode episode = episodes.next();
                    batch.add(episode);
                    samples += Math.max(1, episode.samples()); // refused ones have none
                }
                Map<Episode, byte[]> files = keepsIds ? heaps(kanerva, batch) : memories(kanerva, batch);
                for (Episode episode : batch) {
                    byte[] file = files.get(episode);
                    Object samples = file == null ? null : episode.samples();
                    made.add(
                            gathersReasons
                                    ? RowFactory.create(episode.key(), file, samples, episode.refusal())
                                    : RowFactory.create(episode.key(), file, samples));
                }
            }
        };
    }

    /** Episodes of one size are written together. */
    private static Map<Episode, byte[]> memories(Kanerva kanerva, List<Episode> batch) {
        Map<Integer, List<Episode>> bySize = new LinkedHashMap<>();
        for (Episode episode : batch) {
            if (episode.refusal() == null) {
                bySize.computeIfAbsent(episode.samples(), size -> new ArrayList<>())
                        .add(episode);
            }
        }
        Map<Episode, byte[]> files = new HashMap<>();
        for (List<Episode> same : bySize.values()) {
            FloatTensor images =
                    Episode.tensor(same, kanerva.bundle().settings().image());
            Memory written = kanerva.write(images);
            for (int i = 0; i < same.size(); i++) {
                files.put(same.get(i), written.episode(i).toBytes());
            }
        }
        return files;
    }

    private static Map<Episode, byte[]> heaps(Kanerva kanerva, List<Episode> batch) {
        Map<Episode, byte[]> files = new HashMap<>();
        for (Episode episode : batch) {
            if (episode.refusal() == null) {
                FloatTensor images = Episode.tensor(
                        List.of(episode), kanerva.bundle().settings().image());
                int[] shape = images.shape();
                MemoryHeap heap = kanerva.heap();
                heap.write(episode.ids(), new FloatTensor(images.data(), shape[1], shape[2], shape[3], shape[4]));
                files.put(episode, heap.toBytes());
            }
        }
        return files;
    }
}
