package io.kanerva.tools.command.train;

import ai.djl.Device;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.LearningDevice;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.report.RunsPage;
import io.kanerva.tools.run.Interruption;
import io.kanerva.tools.run.RunPath;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.train.PlanEdit;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp sweep}: trains a run for each combination of values of some keys. */
@Command(
        name = "sweep",
        header = "Train a run for each of several values of a plan's keys, and compare them.",
        description = "Each run gets a folder named after its values in the folder of the sweep. All are scored on the "
                + "test images. The table is " + SweepCommand.TABLE + ", the page with table and curves "
                + SweepCommand.PAGE + ". The same command continues a sweep that was stopped.",
        footer = {
            "  kpp sweep --preset quickstart --run runs/sweep --over learningRate=1e-3,4e-3 --over model.keys=1,4",
            "  kpp sweep --images photos/ --run runs/seeds --over seed=1,2,3 --steps 500"
        })
public final class SweepCommand extends Subcommand {
    static final String TABLE = "sweep.csv";
    static final String PAGE = "sweep.html";

    @Mixin
    private PlanOptions planned;

    @Mixin
    private TrainingImages source;

    @Option(
            names = {"-r", "--run"},
            paramLabel = "DIR",
            required = true,
            order = 3,
            description = "Folder of the sweep.")
    private Path folder;

    @Option(
            names = "--over",
            paramLabel = "KEY=V,V",
            required = true,
            order = 4,
            description = "A key of plan.json and its values; repeated, all combinations are trained.")
    private List<String> over;

    @Mixin
    private LearningDevice device;

    @Override
    protected void run() {
        source.requireOnePlace(this);
        if (!possible(planned::hasStart) && !source.areOwn()) {
            throw usage("Expected --preset NAME, --config FILE, --from RUN or --images PLACE, found none of them");
        }
        List<List<String>> combinations = combinations();
        source.fit(this, planned, device);
        TrainingPlan base = possible(planned::plan);
        Map<Path, TrainingPlan> plans = new LinkedHashMap<>();
        for (List<String> values : combinations) {
            plans.put(folder.resolve(name(values)), possible(() -> PlanEdit.apply(base, values)));
        }
        planned.note().ifPresent(terminal()::line);
        OutputFile.requirePlaceForFolder(folder);
        List<Device> devices = device.chooseAll();
        List<RunsPage.Run> done = new ArrayList<>();
        Images images = null;
        TestEpisodes episodes = null;
        TrainingPlan before = base;
        try (Interruption interruption = new Interruption(terminal())) {
            for (Map.Entry<Path, TrainingPlan> one : plans.entrySet()) {
                TrainingPlan plan = one.getValue();
                if (images == null || !seesTheSame(plan, before)) {
                    images = source.train(this, plan);
                    episodes = source.test(this, plan);
                }
                before = plan;
                boolean resumes = Files.exists(one.getKey().resolve(TrainingRun.CHECKPOINT));
                if (resumes && !RunPath.checkpoint(one.getKey()).plan().equals(plan)) {
                    throw usage(
                            "%s: expected the run of this sweep, found one with another plan".formatted(one.getKey()));
                }
                OutputFile.requirePlaceForFolder(one.getKey());
                SingleTraining training = new SingleTraining(this, images, devices, planned.from(), interruption);
                if (interruption.asked() || !training.train(plan, one.getKey(), resumes)) {
                    print("resume     the same command goes on");
                    return;
                }
                done.add(CompareCommand.run(
                        one.getKey().getFileName().toString(),
                        one.getKey(),
                        Optional.of(TrainingImages.score(
                                TrainingImages.best(one.getKey()), episodes, devices.get(0), terminal()))));
                write(done, plans.size());
            }
        }
        CompareCommand.print(this, page(done, plans.size()));
        print("table      %s", folder.resolve(TABLE));
        print("page       %s", folder.resolve(PAGE));
    }

    private static boolean seesTheSame(TrainingPlan plan, TrainingPlan other) {
        return plan.data().equals(other.data())
                && plan.settings().image().equals(other.settings().image())
                && plan.settings().likelihood() == other.settings().likelihood()
                && plan.augment().equals(other.augment())
                && plan.episodeLength() == other.episodeLength();
    }

    /** All combinations of the values, each as {@code KEY=VALUE} assignments; the last key changes fastest. */
    private List<List<String>> combinations() {
        List<List<String>> all = List.of(List.of());
        Set<String> keys = new HashSet<>();
        for (String key : over) {
            int equals = key.indexOf('=');
            if (equals < 1 || equals == key.length() - 1) {
                throw usage("--over: expected KEY=VALUE,VALUE..., found '%s'".formatted(key));
            }
            if (!keys.add(key.substring(0, equals))) {
                throw usage("--over: expected each key once, with all its values, found '%s' twice"
                        .formatted(key.substring(0, equals)));
            }
            List<String> values = Stream.of(key.substring(equals + 1).split(",", -1))
                    .map(String::strip)
                    .toList();
            if (values.stream().distinct().count() < values.size()) {
                throw usage("--over: expected distinct values, found '%s'".formatted(key));
            }
            all = all.stream()
                    .flatMap(before -> values.stream().map(value -> {
                        List<String> more = new ArrayList<>(before);
                        more.add(key.substring(0, equals) + "=" + value);
                        return more;
                    }))
                    .toList();
        }
        Set<String> names = new HashSet<>();
        for (List<String> values : all) {
            if (!names.add(name(values))) {
                throw usage("--over: expected combinations that each have a folder of their own, found two for '%s'"
                        .formatted(name(values)));
            }
        }
        return all;
    }

    private static String name(List<String> values) {
        return values.stream().map(value -> value.replaceAll("[^\\w=.+-]", "_")).collect(Collectors.joining(","));
    }

    private RunsPage page(List<RunsPage.Run> done, int all) {
        return new RunsPage(
                "Sweep over "
                        + over.stream()
                                .map(key -> key.substring(0, key.indexOf('=')))
                                .collect(Collectors.joining(", ")),
                "%d of %d runs; %s".formatted(done.size(), all, commandText()),
                done);
    }

    private void write(List<RunsPage.Run> done, int all) {
        RunsPage page = page(done, all);
        StringBuilder table = new StringBuilder(csv(page.columns()));
        page.rows().forEach(row -> table.append(csv(row)));
        OutputFile.write(folder.resolve(TABLE), table.toString());
        OutputFile.write(folder.resolve(PAGE), page.html());
    }

    private static String csv(List<String> row) {
        return row.stream()
                        .map(cell -> cell.matches("[^,\"\\n]*") ? cell : "\"" + cell.replace("\"", "\"\"") + "\"")
                        .collect(Collectors.joining(","))
                + "\n";
    }
}
