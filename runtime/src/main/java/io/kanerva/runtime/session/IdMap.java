package io.kanerva.runtime.session;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A map from ids to places, in two arrays: an id lies at its hash or as near behind it as there was room. It takes 24
 * to 48 bytes an id, a fraction of what a map of objects takes. A random factor keeps ids from being chosen to collide.
 */
final class IdMap {

    private static final int NONE = -1;

    private final long factor = new SplittableRandom().nextLong() | 1;
    private long[] ids = new long[16];

    /** {@link #NONE} where there is no id. */
    private int[] places = new int[16];

    private int size;

    IdMap() {
        Arrays.fill(places, NONE);
    }

    int size() {
        return size;
    }

    /** The place of an id; -1 if there is none. */
    int get(long id) {
        return places[slot(id)];
    }

    /** Where an id is, or where it would be put. */
    private int slot(long id) {
        int slot = hash(id);
        while (places[slot] != NONE && ids[slot] != id) {
            slot = slot + 1 & ids.length - 1;
        }
        return slot;
    }

    private int hash(long id) {
        long mixed = (id ^ id >>> 32) * factor;
        return (int) (mixed >>> 40 ^ mixed >>> 20) & ids.length - 1;
    }

    /** Makes room for so many more ids, so that {@link #put} takes none; or throws and changes nothing. */
    void reserve(int more) {
        int capacity = ids.length;
        while (capacity / 2 < size + more) {
            capacity = Math.multiplyExact(capacity, 2);
        }
        if (capacity == ids.length) {
            return;
        }
        long[] oldIds = ids;
        int[] oldPlaces = places;
        long[] newIds = new long[capacity];
        int[] newPlaces = new int[capacity];
        Arrays.fill(newPlaces, NONE);
        ids = newIds;
        places = newPlaces;
        for (int i = 0; i < oldIds.length; i++) {
            if (oldPlaces[i] != NONE) {
                set(oldIds[i], oldPlaces[i]);
            }
        }
    }

    private void set(long id, int place) {
        int slot = slot(id);
        ids[slot] = id;
        places[slot] = place;
    }

    /** Adds an id that is not there, after {@link #reserve}. */
    void put(long id, int place) {
        set(id, place);
        size++;
    }

    /** Removes an id that is there; moves later ones to where they are found without it. */
    int remove(long id) {
        int free = slot(id);
        int place = places[free];
        int mask = ids.length - 1;
        for (int i = free + 1 & mask; places[i] != NONE; i = i + 1 & mask) {
            int wanted = hash(ids[i]);
            // Whether the free slot lies between the wanted one and this one, going round.
            if ((free - wanted & mask) <= (i - wanted & mask)) {
                ids[free] = ids[i];
                places[free] = places[i];
                free = i;
            }
        }
        places[free] = NONE;
        size--;
        return place;
    }
}
