package io.kanerva.spark;

import io.kanerva.runtime.Planes;
import java.util.Iterator;
import java.util.Objects;
import org.apache.spark.sql.Row;

/** Gathers rows (key, order, image), which come sorted by key and order, into episodes. */
final class EpisodeReader implements Iterator<Episode> {

    private final Iterator<Row> rows;
    private final KanervaWriter writer;
    private final Planes size;
    private final int most;
    private final String keyCol;
    private final String orderCol;
    private final String imageCol;
    private Row ahead;

    /** @param most samples of an episode */
    EpisodeReader(Iterator<Row> rows, KanervaWriter writer, Planes size, int most) {
        this.rows = rows;
        this.writer = writer;
        this.size = size;
        this.most = most;
        keyCol = writer.value(writer.keyCol());
        orderCol = writer.value(writer.orderCol());
        imageCol = writer.value(writer.imageCol());
        advance();
    }

    @Override
    public boolean hasNext() {
        return ahead != null;
    }

    @Override
    public Episode next() {
        Object key = ahead.get(0);
        Episode episode = new Episode(key);
        do {
            Row row = ahead;
            advance();
            if (episode.refusal() == null) {
                // Whichever of the two the shuffle has put first, and whatever its image.
                add(episode, row, isOf(key) && Objects.equals(row.get(1), ahead.get(1)));
            }
        } while (isOf(key));
        return episode;
    }

    /** Whether a row of the same episode follows; those without a key have nothing in common. */
    private boolean isOf(Object key) {
        return ahead != null && key != null && key.equals(ahead.get(0));
    }

    private void advance() {
        ahead = rows.hasNext() ? rows.next() : null;
    }

    private void add(Episode episode, Row row, boolean twice) {
        Object order = row.get(1);
        RowName name = new RowName(keyCol, episode.key(), orderCol, order);
        try {
            if (episode.key() == null) {
                throw RowRefusedException.of(keyCol, name, "a key", "null");
            }
            if (order == null) {
                throw RowRefusedException.of(orderCol, name, "the sample's place in its episode", "null");
            }
            if (twice) {
                throw RowRefusedException.of(
                        orderCol, name, "a value that no other sample of the episode has", "it twice");
            }
            if (episode.samples() == most) {
                throw RowRefusedException.of(keyCol, name, "at most %d samples in an episode".formatted(most), "more");
            }
            episode.add(order, ImageCell.read(row.get(2), size, imageCol, name));
        } catch (RowRefusedException e) {
            if (!writer.gathersReasons()) {
                throw e;
            }
            episode.refuse(e.getMessage());
        }
    }
}
