package io.kanerva.tools.command.data;

import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.image.Mosaic;
import io.kanerva.tools.image.Palette;
import io.kanerva.tools.image.Pictures;
import io.kanerva.tools.report.HtmlPage;
import io.kanerva.tools.run.PictureCheck;
import io.kanerva.trainer.data.ImageSelection;
import io.kanerva.trainer.data.ImageShape;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.data.OwnImages;
import io.kanerva.trainer.model.MapShape;
import io.kanerva.trainer.train.FittedPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kpp data inspect}: looks at images that the user brings. */
@Command(
        name = "inspect",
        header = "Look at your own images: their sizes, classes and kinds, and what cannot be read.",
        description = "Reads every picture once and says what 'kpp train --images' would make of them.",
        footer = {"  kpp data inspect photos/", "  kpp data inspect photos/ --out photos.html"})
public final class DataInspectCommand extends Subcommand {
    private static final int SAMPLES = 64;
    private static final int COLUMNS = 16;
    private static final int LISTED = 20;

    @Parameters(paramLabel = "PLACE", description = "A folder or file, as 'kpp train --images' takes it.")
    private Path place;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            order = 1,
            description = "Also write a page with samples.")
    private Path out;

    @Override
    protected void run() {
        if (out != null) {
            OutputFile.requireWritable(out);
        }
        OwnImages images = OwnImages.at(place);
        OwnImages.Survey survey = PictureCheck.survey(images, terminal());
        List<String[]> facts = facts(images, survey);
        facts.forEach(fact -> print("%-10s %s", fact[0], fact[1]));
        survey.unreadable().values().forEach(problem -> print("  %s", problem));
        FittedPlan fitted = null;
        try {
            fitted = FittedPlan.of(images, survey);
            fitted.reasons().forEach(reason -> print("would fit  %s", reason));
        } catch (IllegalArgumentException e) {
            print("would fit  nothing: %s", e.getMessage());
        }
        if (out != null) {
            OutputFile.write(out, page(images, survey, facts, fitted));
            print("page       %s", out);
        }
    }

    private static List<String[]> facts(OwnImages images, OwnImages.Survey survey) {
        List<String[]> facts = new ArrayList<>();
        facts.add(new String[] {"place", images.place()});
        facts.add(new String[] {
            "images",
            format(
                    "%,d for training, %,d for testing%s",
                    images.trainCount(),
                    images.testCount(),
                    images.isTestDrawn() ? " (a tenth, drawn at random but always the same)" : "")
        });
        facts.add(new String[] {
            "kinds",
            format(
                    "%,d in colour, %,d grey, %,d black and white",
                    survey.colour(), survey.grey(), survey.blackAndWhite())
        });
        facts.add(new String[] {
            "sizes",
            listed(survey.sizes().entrySet().stream()
                    .map(size -> format("%s (%,d)", size.getKey(), size.getValue()))
                    .toList())
        });
        facts.add(new String[] {
            "classes",
            images.classes().isEmpty()
                    ? "none"
                    : images.classes().size() + ": "
                            + listed(IntStream.range(0, images.classes().size())
                                    .mapToObj(label -> format(
                                            "%s (%,d + %,d)",
                                            images.classes().get(label),
                                            images.classCount(label)[0],
                                            images.classCount(label)[1]))
                                    .toList())
        });
        if (images.others() > 0) {
            facts.add(new String[] {
                "left", format("%,d not named like a picture, or outside of train and test", images.others())
            });
        }
        PictureCheck.repeated(images, survey).ifPresent(note -> facts.add(new String[] {"repeated", note}));
        facts.add(new String[] {"unreadable", format("%,d", survey.unreadable().size())});
        return facts;
    }

    private static String listed(List<String> all) {
        return all.isEmpty()
                ? "none"
                : String.join(", ", all.subList(0, Math.min(LISTED, all.size())))
                        + (all.size() > LISTED ? format(" and %,d more", all.size() - LISTED) : "");
    }

    private String page(OwnImages images, OwnImages.Survey survey, List<String[]> facts, FittedPlan fitted) {
        HtmlPage page = new HtmlPage(
                "Images of " + place.toAbsolutePath().normalize().getFileName(),
                format(
                        "%,d pictures, %,d of which cannot be read.",
                        images.trainCount() + images.testCount(),
                        survey.unreadable().size()));
        page.section("found", "What there is", "Found by reading every picture once.")
                .facts(facts);
        if (fitted != null) {
            page.section(
                    "fitted",
                    "What a model would see",
                    "Training images as 'kpp train --images' would crop and resize them.");
            fitted.reasons().forEach(page::paragraph);
            Mosaic mosaic = samples(images, survey, fitted.plan().settings().image());
            page.figure(
                    "<img alt=\"training images\" width=\"%d\" src=\"%s\">"
                            .formatted(2 * mosaic.image().getWidth(), mosaic.dataUri()),
                    "Training images, evenly spaced.");
        }
        if (!survey.unreadable().isEmpty()) {
            page.section("unreadable", "What cannot be read", "--skip-unreadable leaves these out.")
                    .table(
                            "",
                            List.of("picture", "why"),
                            survey.unreadable().entrySet().stream()
                                    .map(problem -> List.of("" + problem.getKey(), problem.getValue()))
                                    .toList());
        }
        return page.html();
    }

    private static Mosaic samples(OwnImages images, OwnImages.Survey survey, MapShape image) {
        Images train = images.train(new ImageShape(image.channels(), image.height(), image.width()));
        int[] readable = IntStream.range(0, train.count())
                .filter(index -> !survey.unreadable().containsKey(index))
                .toArray();
        int count = Math.min(SAMPLES, readable.length);
        int[] chosen = IntStream.range(0, count)
                .map(i -> readable[(int) ((long) i * readable.length / count)])
                .toArray();
        Images selected = new ImageSelection(train, chosen);
        return Mosaic.of(Pictures.grey(selected.first(count)), Math.min(COLUMNS, count), 2, 2, Palette.INK);
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
