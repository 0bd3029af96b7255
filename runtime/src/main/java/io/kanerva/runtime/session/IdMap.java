package io.kanerva.runtime.session;

import java.util.SplittableRandom;

/**
 * A map from ids to places in one array: an id lies at its hash or as near behind it as there was room, and its place
 * beside it, so that in a large map a look-up waits for memory once. It takes 32 to 64 bytes an id, a fraction of what
 * a map of objects takes. A random factor keeps ids from being chosen to collide.
 */
final class IdMap {

    private static final int NONE = -1;

    private final long factor = new SplittableRandom().nextLong() | 1;

    /** An id and its place + 1, 0 where there is none, in turns. */
    private long[] entries = new long[2 * 16];

    private int size;

    int size() {
        return size;
    }

    /** The place of an id; -1 if there is none. */
    int get(long id) {
        return place(slot(id));
    }

    private int place(int slot) {
        return (int) entries[2 * slot + 1] - 1;
    }

    /** Where an id is, or where it would be put. */
    private int slot(long id) {
        int slot = hash(id);
        while (place(slot) != NONE && entries[2 * slot] != id) {
            slot = slot + 1 & mask();
        }
        return slot;
    }

    private int hash(long id) {
        long mixed = (id ^ id >>> 32) * factor;
        return (int) (mixed >>> 40 ^ mixed >>> 20) & mask();
    }

    private int mask() {
        return entries.length / 2 - 1;
    }

    /** Makes room for so many more ids, so that {@link #put} takes none; or throws and changes nothing. */
    void reserve(int more) {
        int length = entries.length;
        while (length / 4 < size + more) {
            length = Math.multiplyExact(length, 2);
        }
        if (length == entries.length) {
            return;
        }
        long[] old = entries;
        entries = new long[length];
        for (int i = 0; i < old.length; i += 2) {
            if (old[i + 1] != 0) {
                set(old[i], (int) old[i + 1] - 1);
            }
        }
    }

    private void set(long id, int place) {
        int slot = slot(id);
        entries[2 * slot] = id;
        entries[2 * slot + 1] = place + 1L;
    }

    /** Adds an id that is not there, after {@link #reserve}. */
    void put(long id, int place) {
        set(id, place);
        size++;
    }

    /** Removes an id that is there; moves later ones to where they are found without it. */
    int remove(long id) {
        int free = slot(id);
        int place = place(free);
        int mask = mask();
        for (int i = free + 1 & mask; place(i) != NONE; i = i + 1 & mask) {
            int wanted = hash(entries[2 * i]);
            // Whether the free slot lies between the wanted one and this one, going round.
            if ((free - wanted & mask) <= (i - wanted & mask)) {
                entries[2 * free] = entries[2 * i];
                entries[2 * free + 1] = entries[2 * i + 1];
                free = i;
            }
        }
        entries[2 * free + 1] = 0;
        size--;
        return place;
    }
}
