package io.kanerva.tools.command.quickstart;

import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.KeyGeometry;
import io.kanerva.runtime.Lookup;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.tools.Version;
import io.kanerva.tools.bundle.BundleWriter;
import io.kanerva.tools.image.Damage;
import io.kanerva.tools.image.Pictures;
import io.kanerva.tools.report.CurveFigure;
import io.kanerva.tools.report.MemoryFigure;
import io.kanerva.tools.report.QuickstartReport;
import io.kanerva.tools.report.QuickstartReport.Recalled;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.train.CurveFile;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Results of the exported graphs on one test episode: its memory, the images recalled from queries, and images read at
 * random keys.
 */
final class QuickstartFindings {
    private static final int ITERATIONS = 3;
    private static final double DAMAGED = 0.15;

    private final Kanerva kanerva;
    private final Pictures episode;
    private final Memory memory;
    private final List<Recalled> recalls;
    private final Pictures generations;

    /**
     * Writes the first episode into a memory, recalls from it and generates.
     *
     * @param seed seed of the damage and the generation
     * @param memoryFile file to write the memory to
     */
    QuickstartFindings(Kanerva kanerva, TestEpisodes episodes, long seed, Path memoryFile) {
        this.kanerva = kanerva;
        episode = Pictures.of(episodes, 0);
        memory = kanerva.write(episode.tensor());
        memory.save(memoryFile);
        recalls = List.of(
                recall("clean", "The queries are the images as written.", episode),
                recall(
                        "salt and pepper",
                        String.format(
                                Locale.ROOT,
                                "In the queries, %.0f %% of the pixels are replaced by 0 or 1 at random.",
                                100 * DAMAGED),
                        Damage.saltAndPepper(episode, DAMAGED, seed)),
                recall(
                        "half erased",
                        "In the queries, the right half is black.",
                        Damage.erase(episode, Damage.Half.RIGHT)));
        generations =
                Pictures.of(kanerva.generate(memory, episode.count(), seed).images());
    }

    private Recalled recall(String name, String explanation, Pictures queries) {
        io.kanerva.runtime.Recall recall = kanerva.recall(memory, queries.tensor(), ITERATIONS);
        List<Lookup> lookups = recall.lookups();
        return new Recalled(
                name,
                explanation,
                queries,
                Pictures.of(recall.images()),
                lookups.get(lookups.size() - 1).samples());
    }

    /** The content of the report. */
    QuickstartReport report(
            TrainingRun run,
            Path metrics,
            TestEpisodes episodes,
            BoundReport djl,
            BoundReport graphs,
            Findings agreement,
            String command) {
        String summary = String.format(
                Locale.ROOT,
                "A small Kanerva++ was trained on %s in %s on this machine: %,d steps, in Java. It was exported "
                        + "as ONNX graphs. Memory, recalls and "
                        + "generations on this page were computed by those graphs alone.",
                isOwn(run) ? "your images" : "Fashion-MNIST",
                duration(run.seconds()),
                run.stepsDone());
        List<CurveFigure.Point> curve = CurveFile.metrics(metrics).read().stream()
                .map(CurveFigure.Point::of)
                .toList();
        return new QuickstartReport(
                summary,
                episode,
                memory(),
                recalls,
                ITERATIONS,
                generations,
                curve,
                djl,
                graphs,
                BundleWriter.setting(episodes),
                rows(agreement),
                settings(run, episodes, command));
    }

    private static boolean isOwn(TrainingRun run) {
        return run.plan().data().equals(DataSource.OWN.id());
    }

    private QuickstartReport.Memory memory() {
        ModelSettings settings = kanerva.bundle().settings();
        List<MemoryFigure.Block> blocks = new ArrayList<>();
        if (settings.writer() == ModelSettings.Writer.HEAP) {
            float[] pointers = memory.pointers().data();
            for (int i = 0; i < pointers.length; i += 3) {
                KeyGeometry.Window window = kanerva.geometry().window(pointers[i], pointers[i + 1], pointers[i + 2]);
                blocks.add(new MemoryFigure.Block(
                        i / 3 / settings.keys() + 1, window.left(), window.top(), window.width(), window.height()));
            }
        }
        return new QuickstartReport.Memory(
                memory.memory().data(),
                settings.memory().channels(),
                memory.memory().dimension(2),
                settings.memory().width(),
                blocks);
    }

    private List<String[]> settings(TrainingRun run, TestEpisodes episodes, String command) {
        TrainingPlan plan = run.plan();
        ModelSettings settings = kanerva.bundle().settings();
        List<String[]> facts = new ArrayList<>();
        facts.add(new String[] {"data", isOwn(run) ? episodes.images().name() : plan.data() + ", the part that ships"});
        facts.add(new String[] {"binarisation", plan.binarisation().toString()});
        facts.add(new String[] {"writer", lower(settings.writer()) + ", " + lower(settings.addressing()) + " keys"});
        facts.add(new String[] {"samples per episode, T", Integer.toString(plan.episodeLength())});
        facts.add(new String[] {"keys per sample, K", Integer.toString(settings.keys())});
        facts.add(new String[] {
            "memory",
            String.format(
                    Locale.ROOT,
                    "%d × %d × %d = %,d floats",
                    settings.memory().channels(),
                    settings.memory().height(),
                    settings.memory().width(),
                    settings.memory().floats())
        });
        facts.add(new String[] {
            "block",
            "%d × %d × %d"
                    .formatted(
                            settings.block().channels(),
                            settings.block().height(),
                            settings.block().width())
        });
        facts.add(new String[] {
            "parameters", String.format(Locale.ROOT, "%,d", run.model().parameterCount())
        });
        facts.add(new String[] {
            "training",
            String.format(
                    Locale.ROOT,
                    "%,d steps of %d episodes, %s",
                    run.stepsDone(),
                    plan.episodes(),
                    duration(run.seconds()))
        });
        facts.add(new String[] {"seed", Long.toString(plan.seed())});
        facts.add(new String[] {
            "machine",
            "%s, %s, %d processors"
                    .formatted(
                            System.getProperty("os.name"),
                            System.getProperty("os.arch"),
                            Runtime.getRuntime().availableProcessors())
        });
        facts.add(new String[] {"Java", Runtime.version().toString()});
        facts.add(
                new String[] {"kpp", Version.version() + (Version.commit().isEmpty() ? "" : ", " + Version.commit())});
        facts.add(new String[] {"command", command});
        return facts;
    }

    /** One row per output, over all its inputs, with optimisations off and on. */
    private static List<QuickstartReport.Agreement> rows(Findings agreement) {
        Map<List<String>, QuickstartReport.Agreement> rows = new LinkedHashMap<>();
        for (Finding finding : agreement.findings()) {
            Comparison compared = finding.comparison();
            rows.merge(
                    List.of(finding.graph(), compared.output()),
                    new QuickstartReport.Agreement(
                            finding.graph(),
                            compared.output(),
                            compared.largest(),
                            compared.tolerance().absolute(),
                            compared.count()),
                    QuickstartReport.Agreement::and);
        }
        return List.copyOf(rows.values());
    }

    private static String duration(double seconds) {
        return Progress.duration(seconds) + (seconds < 60 ? "" : " minutes");
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
