package io.kanerva.spark;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Planes;
import java.util.ArrayList;
import java.util.List;

/** The samples of one key, in order, or why there is no episode of that key. */
final class Episode {

    private final Object key;
    private final List<Object> order = new ArrayList<>();
    private final List<float[]> images = new ArrayList<>();
    private String refusal;

    Episode(Object key) {
        this.key = key;
    }

    Object key() {
        return key;
    }

    /** Why it cannot be written; null if it can. */
    String refusal() {
        return refusal;
    }

    int samples() {
        return images.size();
    }

    void add(Object place, float[] image) {
        order.add(place);
        images.add(image);
    }

    void refuse(String reason) {
        refusal = reason;
        order.clear();
        images.clear();
    }

    /** The order column's values as ids. */
    long[] ids() {
        return order.stream().mapToLong(id -> ((Number) id).longValue()).toArray();
    }

    /** Episodes of one size, [B, T, Cx, Hx, Wx]. */
    static FloatTensor tensor(List<Episode> episodes, Planes size) {
        FloatTensor tensor = FloatTensor.zeros(
                episodes.size(), episodes.get(0).samples(), size.channels(), size.height(), size.width());
        int to = 0;
        for (Episode episode : episodes) {
            for (float[] image : episode.images) {
                System.arraycopy(image, 0, tensor.data(), to, image.length);
                to += image.length;
            }
        }
        return tensor;
    }
}
