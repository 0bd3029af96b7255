package io.kanerva.runtime;

import io.kanerva.runtime.math.ContentSearch;
import io.kanerva.runtime.session.Inference;
import io.kanerva.runtime.session.StoredMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * One memory that is written to all day: samples have ids, and can be freed and replaced. Made by {@link Kanerva#heap},
 * for models whose memories grow; it needs no closing, and is to be used before its model is closed.
 *
 * <p>A sample takes the place that was freed last, else a new one. Writing, freeing, replacing and reading cost the
 * same however many samples there are; a look-up compares with each. What a look-up needs is kept beside the samples
 * and follows every change. Blocks lie in pages of at most {@value #PAGE} samples, so that growing copies nothing.
 *
 * <p>Any number of threads may use it at once: those that read do not wait for each other, and the encoder runs before
 * a writer locks. Methods throw {@link TensorException} for ids that are not in use or, when writing, already are.
 */
public final class MemoryHeap {

    private static final int PAGE = 1024;

    /** 32 MiB for look-ups: one large image does not take the memory of a thousand. */
    private static final int PAGE_VALUES = 1 << 22;

    private final Inference inference;
    private final ModelSettings settings;
    private final int block;
    private final int image;
    private final int page;

    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final ArrayList<float[]> blocks = new ArrayList<>();
    private final ArrayList<ContentSearch> contents = new ArrayList<>();
    private final ArrayList<long[]> ids = new ArrayList<>();
    private final Map<Long, Integer> places = new HashMap<>();
    private final BitSet written = new BitSet();
    private int[] holes = new int[16];
    private int holeCount;

    /** All places from here on were never written. */
    private int end;

    MemoryHeap(Inference inference, ModelSettings settings) {
        this(inference, settings, page(settings));
    }

    /** @param page samples of a page, a multiple of 16 */
    MemoryHeap(Inference inference, ModelSettings settings, int page) {
        if (!settings.grows()) {
            throw new TensorException(
                    "MemoryHeap: expected a heap writer with dereferenced keys, whose memories grow, found %s with %s "
                            + "keys",
                    settings.writer(), settings.addressing());
        }
        this.inference = inference;
        this.settings = settings;
        block = settings.keys() * settings.block().floats();
        image = settings.image().floats();
        this.page = page;
    }

    /** The samples of a page, a multiple of the 16 that {@link ContentSearch} scores together. */
    static int page(ModelSettings settings) {
        int each = Math.max(
                settings.keys() * settings.block().floats(), settings.image().floats() + 1);
        return Math.max(16, Math.min(PAGE, PAGE_VALUES / each) / 16 * 16);
    }

    /**
     * What a look-up found.
     *
     * @param ids of the sample that matches each query best
     * @param scores of the matches, each in [-1, 1]
     */
    public record Found(long[] ids, double[] scores) {}

    /** Writes one sample, [Cx, Hx, Wx] or with leading dimensions of 1, under an id that is not in use. */
    public void write(long id, FloatTensor sample) {
        write(new long[] {id}, sample);
    }

    /**
     * Writes N samples, all or none.
     *
     * @param newIds N different ids that are not in use
     * @param samples [N, Cx, Hx, Wx], values in [0, 1]
     * @throws CapacityException if there would be more than {@link ModelSettings#capacity()}
     */
    public void write(long[] newIds, FloatTensor samples) {
        Encoded encoded = encode(newIds, samples);
        locked(lock.writeLock(), () -> {
            requireNew(newIds);
            long needed = end + Math.max(0L, newIds.length - holeCount);
            if (needed > settings.capacity()) {
                throw new CapacityException(
                        "MemoryHeap: expected at most %d samples, found %d", settings.capacity(), needed);
            }
            addPages((int) needed);
            for (int i = 0; i < newIds.length; i++) {
                put(holeCount > 0 ? holes[--holeCount] : end++, newIds[i], encoded, i);
            }
        });
    }

    /** Replaces a sample, which keeps its id and its place. */
    public void replace(long id, FloatTensor sample) {
        Encoded encoded = encode(new long[] {id}, sample);
        locked(lock.writeLock(), () -> put(place(id), id, encoded, 0));
    }

    /** Frees samples, all or none: their blocks read as nothing and are neither found nor drawn from. */
    public void free(long... oldIds) {
        locked(lock.writeLock(), () -> {
            requireDifferent(oldIds);
            for (long id : oldIds) {
                place(id);
            }
            reserveHoles(oldIds.length);
            for (long id : oldIds) {
                int place = places.remove(id);
                written.clear(place);
                int at = place % page * block;
                Arrays.fill(blocks.get(place / page), at, at + block, 0);
                holes[holeCount++] = place;
            }
        });
    }

    /** The ids in use, by the places of their samples. */
    public long[] list() {
        long[][] list = new long[1][];
        locked(
                lock.readLock(),
                () -> list[0] = written.stream().mapToLong(this::id).toArray());
        return list[0];
    }

    /** The number of samples. */
    public int size() {
        int[] size = new int[1];
        locked(lock.readLock(), () -> size[0] = places.size());
        return size[0];
    }

    /** Whether an id is in use. */
    public boolean contains(long id) {
        boolean[] contains = new boolean[1];
        locked(lock.readLock(), () -> contains[0] = places.containsKey(id));
        return contains[0];
    }

    /**
     * Samples as they read back, decoded at their prior's mean.
     *
     * @return [N, Cx, Hx, Wx]
     */
    public FloatTensor read(long... wanted) {
        requireSome("ids", wanted.length);
        float[] taken = FloatTensor.zeros(wanted.length, block).data();
        locked(lock.readLock(), () -> {
            for (int i = 0; i < wanted.length; i++) {
                take(place(wanted[i]), taken, i);
            }
        });
        return images(taken, wanted.length);
    }

    /**
     * Finds queries by content, as {@link Kanerva#lookUp} does.
     *
     * @param queries [Q, Cx, Hx, Wx], values in [0, 1]
     */
    public Found lookUp(FloatTensor queries) {
        FloatTensor checked = checked("queries", queries);
        Found found = new Found(new long[checked.dimension(1)], new double[checked.dimension(1)]);
        locked(lock.readLock(), () -> {
            int[] at = find(checked, found.scores());
            Arrays.setAll(found.ids(), query -> id(at[query]));
        });
        return found;
    }

    /** Finds queries and reads what was found, [Q, Cx, Hx, Wx], as {@link Kanerva#recall} does in one iteration. */
    public FloatTensor recall(FloatTensor queries) {
        FloatTensor checked = checked("queries", queries);
        int count = checked.dimension(1);
        float[] taken = FloatTensor.zeros(count, block).data();
        locked(lock.readLock(), () -> {
            int[] at = find(checked, new double[count]);
            for (int query = 0; query < count; query++) {
                take(at[query], taken, query);
            }
        });
        return images(taken, count);
    }

    /** The place that matches each query best, the first of equals. */
    private int[] find(FloatTensor queries, double[] best) {
        requireSome("samples", places.size());
        int[] found = new int[best.length];
        int[] pixels = new int[image + 1];
        double[] values = new double[image + 1];
        double[] scores = new double[page];
        Arrays.fill(best, Double.NEGATIVE_INFINITY);
        for (int query = 0; query < best.length; query++) {
            // From page to page that has a sample.
            for (int place = written.nextSetBit(0); place >= 0; ) {
                int first = place / page * page;
                contents.get(place / page).scores(queries.data(), query * image, 0, pixels, values, scores);
                for (; place >= 0 && place < first + page; place = written.nextSetBit(place + 1)) {
                    if (scores[place - first] > best[query]) {
                        best[query] = scores[place - first];
                        found[query] = place;
                    }
                }
            }
        }
        return found;
    }

    /**
     * Draws images from keys of the prior, as {@link Kanerva#generate} does from a memory of as many places; a key on a
     * place that is free is drawn again.
     *
     * @return the images, [N, Cx, Hx, Wx]
     */
    public FloatTensor generate(int count, long seed) {
        requireSome("images", count);
        BitSet taken = new BitSet();
        float[][] all = new float[1][];
        locked(lock.readLock(), () -> {
            requireSome("samples", places.size());
            taken.or(written);
            all[0] = new float[Math.multiplyExact(written.length(), block)];
            for (int place = 0; place < written.length(); place++) {
                take(place, all[0], place);
            }
        });
        StoredMemory memory = inference.placed(all[0], all[0].length / block);
        return flat(inference
                .generate(memory, taken::get, count, new NormalSampler(seed))
                .images());
    }

    /**
     * The samples as an immutable memory without gaps: at the time of the call, its sample i is that of entry i of
     * {@link #list}.
     */
    public Memory snapshot() {
        float[][] taken = new float[1][];
        locked(lock.readLock(), () -> {
            requireSome("samples", places.size());
            taken[0] = new float[Math.multiplyExact(places.size(), block)];
            int to = 0;
            for (int place = written.nextSetBit(0); place >= 0; place = written.nextSetBit(place + 1)) {
                take(place, taken[0], to++);
            }
        });
        return new Memory(inference.placed(taken[0], taken[0].length / block));
    }

    /**
     * Writes a file with ids and free places, as {@link Memory#save} does; {@link Kanerva#loadHeap} reads it. An empty
     * heap has none.
     *
     * @throws MemoryFileException if the file cannot be written
     */
    public void save(Path file) {
        StoredMemory.save(file, toBytes());
    }

    /** The bytes of {@link #save}'s file. */
    public byte[] toBytes() {
        float[][] taken = new float[1][];
        long[][] named = new long[1][];
        BitSet samples = new BitSet();
        locked(lock.readLock(), () -> {
            requireSome("samples", places.size());
            int length = written.length();
            taken[0] = new float[Math.multiplyExact(length, block)];
            named[0] = new long[length];
            for (int place = 0; place < length; place++) {
                take(place, taken[0], place);
                named[0][place] = written.get(place) ? id(place) : 0;
            }
            samples.or(written);
        });
        return inference.placed(taken[0], named[0].length).toBytes(named[0], samples);
    }

    /** Takes what a file holds, while nobody else knows this heap; nothing of what it holds in free places. */
    MemoryHeap filled(float[] content, StoredMemory.Places from) {
        for (int place = 0; place < from.ids().length; place++) {
            if (!from.written().get(place)) {
                Arrays.fill(content, place * block, (place + 1) * block, 0);
            }
        }
        float[] images = images(content, from.ids().length).data();
        Encoded encoded = new Encoded(content, images);
        end = from.ids().length;
        addPages(end);
        reserveHoles(end - from.written().cardinality());
        for (int place = 0; place < end; place++) {
            put(place, from.ids()[place], encoded, place);
            if (!from.written().get(place)) {
                written.clear(place);
            }
        }
        places.clear();
        for (int place = end - 1; place >= 0; place--) {
            if (written.get(place)) {
                places.put(id(place), place);
            } else {
                holes[holeCount++] = place;
            }
        }
        return this;
    }

    /** Makes room for so many more holes. */
    private void reserveHoles(int count) {
        if (holes.length - holeCount < count) {
            holes = Arrays.copyOf(holes, holeCount + Math.max(count, holeCount));
        }
    }

    /** What samples become, before anything is locked: their blocks, and the images that these read back. */
    private record Encoded(float[] blocks, float[] images) {}

    private Encoded encode(long[] newIds, FloatTensor samples) {
        FloatTensor checked = checked("samples", samples);
        if (checked.dimension(1) != newIds.length) {
            throw new TensorException(
                    "MemoryHeap: expected as many samples as ids, found %d and %d",
                    checked.dimension(1), newIds.length);
        }
        float[] made = inference.blocks(checked).data();
        return new Encoded(made, images(made, newIds.length).data());
    }

    private FloatTensor images(float[] taken, int count) {
        return flat(inference.images(inference.placed(taken, count)));
    }

    /** Makes the pages of the first places: all that are missing, or none if the process has no room for them. */
    private void addPages(int count) {
        List<float[]> newBlocks = new ArrayList<>();
        List<ContentSearch> newContents = new ArrayList<>();
        List<long[]> newIds = new ArrayList<>();
        for (int i = blocks.size(); (long) i * page < count; i++) {
            newBlocks.add(new float[page * block]);
            newContents.add(ContentSearch.empty(page, image));
            newIds.add(new long[page]);
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

    private void put(int place, long id, Encoded encoded, int sample) {
        System.arraycopy(encoded.blocks(), sample * block, blocks.get(place / page), place % page * block, block);
        contents.get(place / page).set(place % page, encoded.images(), sample * image);
        ids.get(place / page)[place % page] = id;
        places.put(id, place);
        written.set(place);
    }

    private void take(int place, float[] to, int sample) {
        System.arraycopy(blocks.get(place / page), place % page * block, to, sample * block, block);
    }

    private long id(int place) {
        return ids.get(place / page)[place % page];
    }

    private int place(long id) {
        Integer place = places.get(id);
        if (place == null) {
            throw new TensorException("MemoryHeap: expected an id in use, found %d", id);
        }
        return place;
    }

    private void requireNew(long... newIds) {
        requireDifferent(newIds);
        for (long id : newIds) {
            if (places.containsKey(id)) {
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

    private static void requireSome(String what, int count) {
        if (count < 1) {
            throw new TensorException("MemoryHeap: expected at least 1 of the %s, found %d", what, count);
        }
    }

    /** Images [N, Cx, Hx, Wx], or one image, as an episode [1, N, Cx, Hx, Wx]. */
    private FloatTensor checked(String what, FloatTensor images) {
        int[] shape = images.shape();
        int rank = shape.length;
        Planes one = settings.image();
        boolean fits = (rank == 3 || rank == 4 && shape[0] > 0)
                && shape[rank - 3] == one.channels()
                && shape[rank - 2] == one.height()
                && shape[rank - 1] == one.width();
        if (!fits) {
            throw new TensorException("MemoryHeap: %s: expected images of %s, found shape %s", what, one, shape);
        }
        FloatTensor episode =
                new FloatTensor(images.data(), 1, images.size() / image, one.channels(), one.height(), one.width());
        inference.checkImages(episode);
        return episode;
    }

    private FloatTensor flat(FloatTensor episode) {
        Planes one = settings.image();
        return new FloatTensor(episode.data(), episode.dimension(1), one.channels(), one.height(), one.width());
    }

    private static void locked(Lock lock, Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }
}
