package io.kanerva.spark;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
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

    private final Broadcast<SentBundle> bundle;
    private final Device device;
    final String keyCol;
    final String orderCol;
    final String imageCol;
    final boolean gathersReasons;
    private final boolean keepsIds;
    private final int maxSamples;
    private final int batchSize;

    WriteTask(KanervaWriter writer, Broadcast<SentBundle> bundle) {
        this.bundle = bundle;
        device = writer.device();
        keyCol = writer.getKeyCol();
        orderCol = writer.getOrderCol();
        imageCol = writer.getImageCol();
        gathersReasons = writer.gathersReasons();
        keepsIds = writer.getKeepsIds();
        maxSamples = writer.getMaxSamples();
        batchSize = writer.getBatchSize();
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) { // without opening a model
            return rows;
        }
        Kanerva kanerva = OpenModels.ofTask(bundle.value(), device);
        ModelSettings settings = kanerva.bundle().settings();
        EpisodeReader episodes =
                new EpisodeReader(rows, this, settings.image(), Math.min(maxSamples, settings.capacity()));
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
                batch.forEach(episode -> made.add(row(episode, files.get(episode))));
            }
        };
    }

    private Row row(Episode episode, byte[] file) {
        Object samples = file == null ? null : episode.samples();
        return gathersReasons
                ? RowFactory.create(episode.key(), file, samples, episode.refusal())
                : RowFactory.create(episode.key(), file, samples);
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
            List<byte[]> written = MemoryFiles.each(kanerva.write(images));
            for (int i = 0; i < same.size(); i++) {
                files.put(same.get(i), written.get(i));
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
