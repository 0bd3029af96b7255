package io.kanerva.runtime.session;

import io.kanerva.runtime.CapacityException;
import io.kanerva.runtime.TensorException;
import io.kanerva.runtime.math.ContentSearch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a {@link io.kanerva.runtime.MemoryHeap} holds, in pages: its samples' blocks, what look-ups need of them, and
 * their ids. A change that is refused, or for which the process has no room, leaves it as it was. Guarded by its
 * owner's lock.
 */
public final class HeapStore {

    /** Samples as they are written: their blocks, and the images that these read back. */
    public record Encoded(float[] blocks, float[] images) {}

    /** Samples of the first page. */
    private static final int FIRST = 16;

    private final int block;
    private final int image;

    /** Samples of a large page; the first ones, up to that many samples, double. */
    private final int page;

    /** The number of pages that take as many samples as a large one. */
    private final int small;

    private final ArrayList<float[]> blocks = new ArrayList<>();
    private final ArrayList<ContentSearch> contents = new ArrayList<>();
    private final ArrayList<long[]> ids = new ArrayList<>();
    private final IdMap places = new IdMap();
    private int[] holes = new int[16];
    private int holeCount;

    /** The places with a sample, and the holes from {@link #cleared} on. */
    private final BitSet written = new BitSet();

    private int cleared;

    /** All places from here on were never written. */
    private int end;

    /**
     * @param block values of a sample's blocks
     * @param image values of an image
     * @param page samples of a large page, 16 or a higher power of 2
     */
    public HeapStore(int block, int image, int page) {
        this.block = block;
        this.image = image;
        this.page = page;
        small = Integer.numberOfTrailingZeros(page / FIRST) + 1;
    }

    private int page(int place) {
        return place < page ? Integer.SIZE - Integer.numberOfLeadingZeros(place / FIRST) : small - 1 + place / page;
    }

    /** The first place of a page. */
    private int begin(int index) {
        if (index == 0) {
            return 0;
        }
        return index < small ? FIRST << (index - 1) : (index - small + 1) * page;
    }

    private int inPage(int place) {
        return place - begin(page(place));
    }

    public int size() {
        return places.size();
    }

    public boolean contains(long id) {
        return places.get(id) >= 0;
    }

    /** The place after that of the last sample. */
    public int length() {
        return written().length();
    }

    /**
     * The places with a sample; not to be changed. A free only notes its hole, since in a large heap it would wait for
     * memory a second time here. Those who share a reader's lock clear one after the other.
     */
    public synchronized BitSet written() {
        while (cleared < holeCount) {
            written.clear(holes[cleared++]);
        }
        return written;
    }

    public long id(int place) {
        return ids.get(page(place))[inPage(place)];
    }

    /** @throws TensorException if the id is not in use */
    public int place(long id) {
        int place = places.get(id);
        if (place < 0) {
            throw new TensorException("MemoryHeap: expected an id in use, found %d", id);
        }
        return place;
    }

    /** The ids in use, by place. */
    public long[] list() {
        return written().stream().mapToLong(this::id).toArray();
    }

    /** Copies values of a place's blocks. */
    public void take(int place, int offset, float[] to, int at, int length) {
        System.arraycopy(blocks.get(page(place)), inPage(place) * block + offset, to, at, length);
    }

    /** Copies a place's blocks to {@code to} as those of sample {@code sample}. */
    public void take(int place, float[] to, int sample) {
        take(place, 0, to, sample * block, block);
    }

    /** Adds samples at the places freed last, then at new ones. */
    public void add(long[] newIds, Encoded encoded, int capacity) {
        requireNew(newIds);
        long needed = end + Math.max(0L, newIds.length - holeCount);
        if (needed > capacity) {
            throw new CapacityException("MemoryHeap: expected at most %d samples, found %d", capacity, needed);
        }
        addPages((int) needed);
        reserve((int) needed);
        places.reserve(newIds.length);
        for (int i = 0; i < newIds.length; i++) {
            int place = holeCount > 0 ? holes[--holeCount] : end++;
            cleared = Math.min(cleared, holeCount);
            places.put(newIds[i], place);
            put(place, newIds[i], encoded, i);
        }
    }

    /** Makes room for bits, so that setting them takes none. */
    private void reserve(int bits) {
        if (bits > 0 && !written.get(bits - 1)) {
            written.set(bits - 1);
            written.clear(bits - 1);
        }
    }

    public void replace(long id, Encoded encoded) {
        put(place(id), id, encoded, 0);
    }

    private void put(int place, long id, Encoded encoded, int sample) {
        System.arraycopy(encoded.blocks(), sample * block, blocks.get(page(place)), inPage(place) * block, block);
        contents.get(page(place)).set(inPage(place), encoded.images(), sample * image);
        ids.get(page(place))[inPage(place)] = id;
        written.set(place);
    }

    /** Frees samples, all or none. */
    public void free(long[] oldIds) {
        requireDifferent(oldIds);
        for (long id : oldIds) {
            place(id);
        }
        reserveHoles(oldIds.length);
        for (long id : oldIds) {
            holes[holeCount++] = places.remove(id);
        }
    }

    /** Takes places of samples and holes, while it is empty. */
    public void fill(long[] all, BitSet samples, Encoded encoded) {
        end = all.length;
        addPages(end);
        reserveHoles(end - samples.cardinality());
        places.reserve(samples.cardinality());
        for (int place = end - 1; place >= 0; place--) {
            put(place, all[place], encoded, place);
            if (samples.get(place)) {
                places.put(all[place], place);
            } else {
                holes[holeCount++] = place;
            }
        }
    }

    /**
     * Finds a matcher's queries among all samples.
     *
     * @param found receives the samples' places, from {@code first} on
     * @param scores receives their scores
     */
    public void match(Matcher matcher, int first, int[] found, double[] scores) {
        BitSet samples = written();
        // From page to page that has a sample.
        for (int place = samples.nextSetBit(0); place >= 0; ) {
            int index = page(place);
            matcher.match(contents.get(index), 0, begin(index), samples::get);
            place = samples.nextSetBit(begin(index + 1));
        }
        for (int query = 0; query < matcher.count(); query++) {
            found[first + query] = matcher.place(query);
            scores[first + query] = matcher.score(query);
        }
    }

    /** Makes room for so many more holes. */
    private void reserveHoles(int count) {
        if (holes.length - holeCount < count) {
            holes = Arrays.copyOf(holes, holeCount + Math.max(count, holeCount));
        }
    }

    /** Makes the pages of the first places: all that are missing, or none. */
    private void addPages(int count) {
        List<float[]> newBlocks = new ArrayList<>();
        List<ContentSearch> newContents = new ArrayList<>();
        List<long[]> newIds = new ArrayList<>();
        for (int i = blocks.size(); begin(i) < count; i++) {
            int samples = begin(i + 1) - begin(i);
            newBlocks.add(new float[samples * block]);
            newContents.add(ContentSearch.empty(samples, image));
            newIds.add(new long[samples]);
        }
        if (!newIds.isEmpty()) {
            int pages = blocks.size() + newIds.size();
            blocks.ensureCapacity(pages);
            contents.ensureCapacity(pages);
            ids.ensureCapacity(pages);
            blocks.addAll(newBlocks);
            contents.addAll(newContents);
            ids.addAll(newIds);
        }
    }

    private void requireNew(long... newIds) {
        requireDifferent(newIds);
        for (long id : newIds) {
            if (contains(id)) {
                throw new TensorException("MemoryHeap: expected ids that are not in use, found %d", id);
            }
        }
    }

    private static void requireDifferent(long... some) {
        Set<Long> seen = new HashSet<>();
        for (long id : some) {
            if (!seen.add(id)) {
                throw new TensorException("MemoryHeap: expected different ids, found %d twice", id);
            }
        }
    }
}
