package io.kanerva.conformance.bundle;

import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Likelihood;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.NoiseSource;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The clean bound of test images, and its three terms, with the same noise down every path: DJL's blocks, the Kanerva
 * runtime's own call, and the graphs on any other runtime ({@link GraphBound}). Each path carries its own values from
 * graph to graph.
 */
public final class BundleBound {
    /** The most decoded values that are held and written to files at a time: a quarter of a gigabyte. */
    static final long MAX_VALUES = 1 << 26;

    private final BundleCases bundle;
    private final TestEpisodes episodes;
    private final NoiseSource noise;
    private final int batchSize;

    /**
     * @param episodes images of the bundle's shape
     * @param seed the noise's, see {@link PhiloxNoise}
     */
    public BundleBound(BundleCases bundle, TestEpisodes episodes, long seed) {
        this(bundle, episodes, seed, MAX_VALUES);
    }

    BundleBound(BundleCases bundle, TestEpisodes episodes, long seed, long maxValues) {
        this.bundle = bundle;
        this.episodes = episodes;
        noise = new PhiloxNoise(seed);
        long values = Math.multiplyExact(bundle.inputs().decodedValues(), episodes.length());
        batchSize = (int) Math.max(1, Math.min(episodes.count(), maxValues / values));
    }

    /**
     * One episode and its noise.
     *
     * @param images [1, T, Cx, Hx, Wx]
     * @param keyNoise [1, T, K, 3]
     * @param latentNoise [1, T, D]
     */
    record Episode(FloatTensor images, FloatTensor keyNoise, FloatTensor latentNoise) {

        static Episode of(ModelSettings settings, TestEpisodes episodes, NoiseSource noise, int index) {
            if ((settings.likelihood() == Likelihood.BERNOULLI)
                    != episodes.binarisation().isBinary()) {
                throw new IllegalArgumentException("a %s likelihood: expected %s to score, found the binarisation %s"
                        .formatted(
                                settings.likelihood().toString().toLowerCase(Locale.ROOT),
                                settings.likelihood() == Likelihood.BERNOULLI
                                        ? "binary images"
                                        : "images of 256 levels",
                                episodes.binarisation()));
            }
            Images set = episodes.images();
            int t = episodes.length();
            int k = settings.keys();
            int d = settings.latent();
            return new Episode(
                    new FloatTensor(episodes.episode(index), 1, t, set.channels(), set.height(), set.width()),
                    new FloatTensor(noise.normals(NoiseSource.stream(index, 0, 0), t * k * 3), 1, t, k, 3),
                    new FloatTensor(noise.normals(NoiseSource.stream(index, 0, 1), t * d), 1, t, d));
        }

        BoundTerms score(Kanerva kanerva) {
            return kanerva.bound(images, keyNoise, latentNoise);
        }
    }

    /** Scores episodes down one path. */
    private interface Path {
        List<BoundTerms> score(List<Episode> episodes) throws IOException;
    }

    /**
     * The terms of each episode's bound through the Kanerva runtime alone, with the noise of
     * {@link io.kanerva.trainer.evaluate.CleanBound}'s first draw.
     *
     * @param seed the noise's, see {@link PhiloxNoise}
     * @param progress called with the number of episodes done
     */
    public static List<BoundTerms> score(Kanerva kanerva, TestEpisodes episodes, long seed, IntConsumer progress) {
        NoiseSource noise = new PhiloxNoise(seed);
        List<BoundTerms> terms = new ArrayList<>();
        for (int e = 0; e < episodes.count(); e++) {
            terms.add(
                    Episode.of(kanerva.bundle().settings(), episodes, noise, e).score(kanerva));
            progress.accept(e + 1);
        }
        return terms;
    }

    /**
     * The bound of episodes of one length: means over all images, and the standard error over episodes.
     *
     * @param episodes at least one
     */
    public static BoundReport report(List<BoundTerms> episodes) {
        double nats = mean(episodes, BoundTerms::meanNegativeBound);
        int count = episodes.size();
        double variance = mean(episodes, terms -> Math.pow(terms.meanNegativeBound() - nats, 2)) / (count - 1);
        return new BoundReport(
                nats,
                Math.sqrt(variance),
                mean(episodes, terms -> mean(terms.reconstruction())),
                mean(episodes, terms -> mean(terms.klKeys())),
                mean(episodes, terms -> mean(terms.klLatent())),
                Double.NaN,
                0,
                count,
                episodes.get(0).samples());
    }

    private static double mean(List<BoundTerms> episodes, ToDoubleFunction<BoundTerms> term) {
        return episodes.stream().mapToDouble(term).average().orElse(Double.NaN);
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }

    /**
     * Scores all episodes. The means of the bound and of its terms must match the reference's within
     * {@link BundleBudget#ofBound}. The notes have each path's bound with its standard error.
     *
     * @param reference DJL's or the Kanerva runtime
     * @param runtimes to score; those that are not ready are skipped. Graph optimisations are on where a runtime has
     *     them
     * @throws IOException if intermediate files cannot be written
     */
    public Findings run(Verification verification, ModelRuntime reference, List<ModelRuntime> runtimes)
            throws IOException {
        String graph = bundle.bundle().name() + "/bound";
        String label = "%d images".formatted(episodes.count() * episodes.length());
        List<BoundTerms> expected = score(reference, verification);
        double nats = mean(values(expected, 0));
        List<String> notes = new ArrayList<>(List.of(note(graph, reference, expected)));
        Tolerance tolerance = Tolerance.mean(BundleBudget.ofBound(nats));
        List<Finding> findings = new ArrayList<>();
        for (ModelRuntime runtime : runtimes) {
            if (runtime.prepare(false).state() != Readiness.State.READY) {
                continue;
            }
            List<Comparison> comparisons = new ArrayList<>();
            try {
                List<BoundTerms> found = score(runtime, verification);
                notes.add(note(graph, runtime, found));
                for (int i = 0; i < OUTPUTS.size(); i++) {
                    comparisons.add(Comparison.between(
                            OUTPUTS.get(i), tensor(values(expected, i)), tensor(values(found, i)), tolerance));
                }
            } catch (GraphBound.Refused e) {
                comparisons.add(Comparison.impossible(
                        OUTPUTS.get(0), "expected a bound, found none: " + e.getMessage(), tolerance));
            }
            boolean optimised = runtime.description().optimisations().contains(true);
            comparisons.forEach(comparison -> findings.add(new Finding(
                    runtime.name(), reference.name(), optimised, Check.BUDGET, graph, label, comparison, Double.NaN)));
        }
        return new Findings(bundle.bundle().name(), List.of(), findings, "", List.of(), notes);
    }

    private static String note(String graph, ModelRuntime runtime, List<BoundTerms> terms) {
        return "%s, %s: %s".formatted(runtime.name(), graph, report(terms));
    }

    private static final List<String> OUTPUTS = List.of("nats", "reconstruction", "kl_keys", "kl_latent");

    private static double[] values(List<BoundTerms> episodes, int output) {
        return episodes.stream()
                .flatMapToDouble(terms -> switch (output) {
                    case 0 -> IntStream.range(0, terms.samples()).mapToDouble(terms::negativeBound);
                    case 1 -> Arrays.stream(terms.reconstruction());
                    case 2 -> Arrays.stream(terms.klKeys());
                    default -> Arrays.stream(terms.klLatent());
                })
                .toArray();
    }

    private static Tensor tensor(double[] values) {
        return Tensor.of(ElementType.FLOAT64, values, values.length);
    }

    private Path path(ModelRuntime runtime, Verification verification) {
        if (runtime instanceof DjlRuntime djl) {
            return batch -> batch.stream().map(djl::bound).toList();
        }
        if (runtime instanceof KanervaRuntime) {
            return batch -> batch.stream()
                    .map(episode -> episode.score(bundle.kanerva()))
                    .toList();
        }
        return new GraphBound(bundle, runtime, verification)::score;
    }

    /** Scores all episodes, in batches whose decoded values fit into memory. */
    List<BoundTerms> score(ModelRuntime runtime, Verification verification) throws IOException {
        Path path = path(runtime, verification);
        List<BoundTerms> terms = new ArrayList<>();
        for (int from = 0; from < episodes.count(); from += batchSize) {
            int to = Math.min(episodes.count(), from + batchSize);
            terms.addAll(
                    path.score(IntStream.range(from, to).mapToObj(this::episode).toList()));
            verification.progress().accept("%s, bound, %d of %d".formatted(runtime.name(), to, episodes.count()));
        }
        return terms;
    }

    private Episode episode(int index) {
        return Episode.of(bundle.bundle().settings(), episodes, noise, index);
    }
}
