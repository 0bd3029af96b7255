package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.math.ContentQuery;
import io.kanerva.runtime.math.ContentSearch;
import io.kanerva.runtime.session.Inference;
import io.kanerva.runtime.session.Limit;
import io.kanerva.runtime.session.Matcher;
import io.kanerva.runtime.session.Workspace;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Look-ups of many queries at once against those of one at a time. */
class MatcherTest {

    private static final int LENGTH = 64;

    @TempDir
    static Path folder;

    private static Kanerva kanerva;

    @BeforeAll
    static void open() {
        kanerva = TinyBundle.open(Kind.HEAP, folder.resolve("heap"));
    }

    @AfterAll
    static void close() {
        kanerva.close();
    }

    private static Workspace lookUp(int queries) {
        return new Inference(kanerva.bundle(), kanerva.sessions(), Limit.NONE)
                .recalls()
                .beginLookUp(queries);
    }

    /** Noise, copies of other samples, copies that differ by one unit in the last place of a pixel, and plain greys. */
    private static FloatTensor samples(Random random, int count) {
        return samples(random, count, 100);
    }

    /** The same, with noise alone but for {@code percent} of them. */
    private static FloatTensor samples(Random random, int count, int percent) {
        FloatTensor samples = FloatTensor.zeros(1, count, 1, 8, 8);
        float[] data = samples.data();
        for (int i = 0; i < count; i++) {
            int kind = i == 0 || random.nextInt(100) >= percent ? 0 : random.nextInt(4);
            int other = i == 0 ? 0 : random.nextInt(i);
            for (int pixel = 0; pixel < LENGTH; pixel++) {
                data[i * LENGTH + pixel] = switch (kind) {
                    case 0 -> random.nextInt(3) == 0 ? random.nextFloat() : 0;
                    case 3 -> i % 8 / 8f;
                    default -> data[other * LENGTH + pixel];
                };
            }
            if (kind == 2) {
                int pixel = i * LENGTH + random.nextInt(LENGTH);
                data[pixel] = Math.min(1, Math.nextUp(data[pixel]));
            }
        }
        return samples;
    }

    /** Samples, some damaged, noise, greys and almost greys. */
    private static float[] queries(Random random, FloatTensor samples, int count) {
        float[] queries = new float[count * LENGTH];
        for (int query = 0; query < count; query++) {
            int from = query * LENGTH;
            System.arraycopy(samples.data(), random.nextInt(samples.dimension(1)) * LENGTH, queries, from, LENGTH);
            if (query % 4 == 1) {
                Arrays.fill(queries, from, from + LENGTH, query % 8 / 8f);
            }
            for (int i = 0; query % 4 >= 1 && i < query % 4; i++) {
                int pixel = from + random.nextInt(LENGTH);
                queries[pixel] = query % 4 == 1 ? Math.nextUp(queries[pixel]) : random.nextFloat();
            }
        }
        return queries;
    }

    /** The samples as a heap's page. */
    private static ContentSearch page(FloatTensor samples) {
        ContentSearch page = ContentSearch.empty(samples.dimension(1), LENGTH);
        for (int i = 0; i < page.samples(); i++) {
            page.set(i, samples.data(), i * LENGTH);
        }
        return page;
    }

    /** Two memories, as they are after the second half of their samples was added. */
    private static ContentSearch memories(FloatTensor first, FloatTensor second) {
        int count = first.dimension(1);
        int half = count / 2;
        FloatTensor begin = FloatTensor.zeros(2, half, 1, 8, 8);
        FloatTensor rest = FloatTensor.zeros(2, count - half, 1, 8, 8);
        for (int i = 0; i < 2; i++) {
            float[] all = (i == 0 ? first : second).data();
            System.arraycopy(all, 0, begin.data(), i * half * LENGTH, half * LENGTH);
            System.arraycopy(all, half * LENGTH, rest.data(), i * (count - half) * LENGTH, (count - half) * LENGTH);
        }
        return new ContentSearch(begin).extended(rest);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16})
    void manyQueriesAtOnceFindWhatEachFindsAloneToTheBit(int seed) {
        Random random = new Random(seed);
        int count = 4 + random.nextInt(60);
        // Pages as large as a heap's, where samples are ruled out by bytes, or memories of any size.
        boolean isHeap = seed % 2 == 0;
        int perPage = isHeap ? 16 * (64 + random.nextInt(90)) : 2 + random.nextInt(seed % 4 == 1 ? 1000 : 2000);
        BitSet written = new BitSet();
        // Few samples that are alike leave most to the bytes, many to the features.
        int percent = seed % 4 == 0 ? 2 : 100;
        FloatTensor[] pages = {samples(random, perPage, percent), samples(random, perPage, percent)};
        for (int place = 0; place < 2 * perPage; place++) {
            written.set(place, random.nextInt(5) > 0);
        }
        written.set(perPage);
        float[] queries = queries(random, pages[1], count);
        try (Workspace workspace = lookUp(count)) {
            Matcher matcher = workspace.matcher();
            matcher.clear();
            for (int query = 0; query < count; query++) {
                matcher.add(queries, query * LENGTH);
            }
            ContentSearch memories = memories(pages[0], pages[1]);
            ContentSearch[] searched = {new ContentSearch(pages[0]), new ContentSearch(pages[1])};
            double[] scores = new double[ContentSearch.AT_ONCE];
            for (int i = 0; i < 2; i++) {
                matcher.match(isHeap ? page(pages[i]) : memories, isHeap ? 0 : i, i * perPage, written::get);
            }
            for (int query = 0; query < count; query++) {
                int place = -1;
                double best = Double.NEGATIVE_INFINITY;
                ContentQuery alone = new ContentQuery(LENGTH);
                alone.set(queries, query * LENGTH);
                for (int page = 0; page < 2; page++) {
                    for (int i = 0; i < perPage; i++) {
                        if (i % scores.length == 0) {
                            searched[page].scores(alone, 0, i / scores.length, scores);
                        }
                        double score = scores[i % scores.length];
                        if (written.get(page * perPage + i) && score > best) {
                            best = score;
                            place = page * perPage + i;
                        }
                    }
                }
                assertThat(matcher.place(query)).as("query %d", query).isEqualTo(place);
                assertThat(matcher.score(query)).as("query %d", query).isEqualTo(best);
            }
        }
    }

    @Test
    void memoriesScoresAreTheSameToTheBitWhetherQueriesComeTogetherOrAlone() {
        int samples = 1100;
        int count = 70;
        Memory memory = kanerva.write(
                TileImages.episodes(2, new Random(7).ints(2 * samples, 0, 256).toArray()));
        FloatTensor queries = FloatTensor.zeros(2, count, 1, 8, 8);
        float[] made = queries(new Random(8), samples(new Random(9), 99), 2 * count);
        System.arraycopy(made, 0, queries.data(), 0, queries.size());
        assertThat(Matcher.together(count, samples)).as("queries at once").isGreaterThan(1);
        Lookup together = kanerva.lookUp(memory, queries);
        for (int query = 0; query < count; query++) {
            float[] images = new float[2 * LENGTH];
            System.arraycopy(made, query * LENGTH, images, 0, LENGTH);
            System.arraycopy(made, (count + query) * LENGTH, images, LENGTH, LENGTH);
            Lookup alone = kanerva.lookUp(memory, new FloatTensor(images, 2, 1, 1, 8, 8));
            for (int episode = 0; episode < 2; episode++) {
                int at = episode * count + query;
                assertThat(together.samples()[at]).isEqualTo(alone.samples()[episode]);
                assertThat(together.scores().data()[at])
                        .isEqualTo(alone.scores().data()[episode]);
            }
        }
        assertThat(kanerva.recall(memory, queries, 1).lookups().get(0)).isEqualTo(together);
        try (PreparedRecall prepared = kanerva.prepareRecall(memory, count)) {
            prepared.run(FloatBuffer.wrap(made), FloatBuffer.allocate(made.length));
            for (int query = 0; query < 2 * count; query++) {
                assertThat(prepared.sample(query)).isEqualTo(together.samples()[query]);
            }
        }
    }

    @Test
    void ofEqualSamplesTheFirstIsFoundAndImagesOfOneIntensityByTheirMean() {
        FloatTensor written = FloatTensor.zeros(1, 5, 1, 8, 8);
        // Dark, light, a corner, the same corner, grey.
        Arrays.fill(written.data(), 0, LENGTH, 0.1f);
        Arrays.fill(written.data(), LENGTH, 2 * LENGTH, 0.9f);
        written.data()[2 * LENGTH] = 1;
        written.data()[3 * LENGTH] = 1;
        Arrays.fill(written.data(), 4 * LENGTH, 5 * LENGTH, 0.5f);
        float[] queries = new float[4 * LENGTH];
        queries[0] = 0.9f;
        Arrays.fill(queries, LENGTH, 2 * LENGTH, 0.2f);
        Arrays.fill(queries, 2 * LENGTH, 3 * LENGTH, 0.7f);
        Arrays.fill(queries, 3 * LENGTH, 4 * LENGTH, 0.5f); // like nothing
        for (int together : new int[] {1, 4}) {
            try (Workspace workspace = lookUp(4)) {
                Matcher matcher = workspace.matcher();
                for (int query = 0; query < 4; query++) {
                    matcher.add(queries, query * LENGTH);
                    if (together == 1 || query == 3) {
                        matcher.match(new ContentSearch(written), 0, 0, place -> true);
                        for (int i = 0; i < together; i++) {
                            assertThat(matcher.place(i)).isEqualTo(new int[] {2, 0, 1, 0}[query + 1 - together + i]);
                        }
                        matcher.clear();
                    }
                }
            }
        }
    }

    @Test
    void anExtendedMemoryIsSearchedWithoutReadingItsEarlierSamplesAgain() {
        Memory memory = kanerva.write(TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x0F, 0x33, 0x55));
        FloatTensor queries = TileImages.episodes(2, 0x66, 0x33, 0x66, 0x33);
        kanerva.lookUp(memory, queries);
        FloatTensor added = TileImages.episodes(2, 0x66, 0x5A, 0x66, 0x5A);
        Memory extended = kanerva.extend(memory, added);
        Memory fresh = kanerva.extend(kanerva.loadMemory(memory.toBytes()), added);
        assertThat(extended).isEqualTo(fresh);
        assertThat(kanerva.lookUp(extended, queries)).isEqualTo(kanerva.lookUp(fresh, queries));
        assertThat(kanerva.lookUp(extended, queries).samples()).isEqualTo(new int[] {3, 1, 3, 1});
    }
}
