package io.kanerva.bundle;

import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import io.kanerva.trainer.model.WriterKind;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** Writes MODEL_CARD.md: a bundle's model, its training, its scores with their setting, and its limits. */
final class ModelCard {
    static final String FILE = "MODEL_CARD.md";
    static final String PICTURE = "card.png";

    private static final Map<String, String> DATA = Map.of(
            "mnist", "MNIST (LeCun, Cortes, Burges), CC BY-SA 3.0",
            "cifar10", "CIFAR-10 (Krizhevsky 2009), research data whose terms are its authors'",
            "omniglot", "Omniglot (Lake, Salakhutdinov, Tenenbaum 2015), MIT licence",
            "fashion-mnist", "Fashion-MNIST (Xiao, Rasul, Vollgraf 2017; Zalando SE), MIT licence");

    private final KanervaModel model;
    private final KanervaSettings settings;
    private final TrainingDetails details;
    private final BundleOptions options;

    private ModelCard(KanervaModel model, TrainingDetails details, BundleOptions options) {
        this.model = model;
        this.settings = model.settings();
        this.details = details;
        this.options = options;
    }

    /** The card's text. */
    static String write(KanervaModel model, TrainingDetails details, BundleOptions options) {
        return new ModelCard(model, details, options).text();
    }

    private String text() {
        StringBuilder card = new StringBuilder();
        card.append(CardFront.metadata(
                options.name(),
                details.data(),
                details.bound().map(bound -> OptionalDouble.of(bound.nats())).orElse(OptionalDouble.empty()),
                details.boundSetting()));
        card.append("# ").append(options.name()).append("\n\n");
        card.append(what()).append("\n");
        if (options.picture().isPresent()) {
            card.append("![an episode, what is recalled of it, and new images](")
                    .append(PICTURE)
                    .append(")\n\n");
            options.images()
                    .ifPresent(images -> card.append("The picture, and the vectors that begin with images, show: ")
                            .append(images.name())
                            .append(".\n\n"));
        }
        card.append(CardFront.use(
                options.name(),
                settings.image().channels(),
                settings.image().height(),
                settings.image().width()));
        card.append("## Model\n\n").append(model()).append("\n");
        card.append("## Training\n\n").append(training()).append("\n");
        card.append("## Numbers\n\n").append(numbers()).append("\n");
        card.append("## Graphs\n\n").append(graphs()).append("\n");
        card.append("## Limits\n\n").append(limits()).append("\n");
        card.append("## Licence and data\n\n").append(licence());
        return card.toString();
    }

    private String what() {
        return format(
                """
                A Kanerva++ memory model (Ramapuram, Wu, Kalousis, ICLR 2021, arXiv 2103.03905): it writes an
                episode of %s images into one memory, %s, and reads them back. Four ONNX graphs (opset %d, IR %d,
                standard operators, float32) hold all that is learned; `bundle.json` says what each tensor means,
                `vectors/` what each graph must answer.
                """,
                shape(
                        settings.image().channels(),
                        settings.image().height(),
                        settings.image().width()),
                writes(),
                BundleDescription.OPSET,
                BundleDescription.IR_VERSION);
    }

    private String writes() {
        return settings.writer() == WriterKind.HEAP
                ? "each at slots of its own, allocated as a heap allocates"
                : "each at a slot given by its rank among them, and summed as the paper sums them";
    }

    private String model() {
        StringBuilder rows = new StringBuilder("| | |\n|---|---|\n");
        row(rows, "memory writer", settings.writer());
        row(
                rows,
                "keys point at",
                settings.addressing() == KeyAddressing.DEREFERENCED
                        ? "the slot in whose cell they land (dereferenced)"
                        : settings.writer() == WriterKind.HEAP
                                ? "a window of any centre and scale (continuous)"
                                : "a window of any centre (continuous)");
        if (settings.gist()) {
            row(
                    rows,
                    "a block is taken",
                    "verbatim under a key of positive scale, else for its gist, which informs the latents' prior only");
        }
        row(
                rows,
                "memory M",
                format(
                        settings.grows() ? "%s = %,d floats as trained; grows with the samples" : "%s = %,d floats",
                        shape(
                                settings.memory().channels(),
                                settings.memory().height(),
                                settings.memory().width()),
                        settings.memoryFloats()));
        row(
                rows,
                "block that a key reads",
                shape(
                        settings.memory().channels(),
                        settings.block().rows(),
                        settings.block().columns()));
        row(
                rows,
                "slots",
                settings.grows()
                        ? format("%d in a row", settings.slots().columns())
                        : format(
                                "%d x %d, room for %d samples",
                                settings.slots().rows(), settings.slots().columns(), settings.capacity()));
        row(rows, "keys a sample, K", settings.keys());
        row(rows, "latent, D", settings.latent());
        row(rows, "parameters", format("%,d", model.parameterCount()));
        row(
                rows,
                "reader graph",
                switch (options.readerOf(settings)) {
                    case "gather" -> "Gather of a block";
                    case "gridsample" -> "GridSample";
                    default -> "tent-weight matrix products";
                });
        return rows.toString();
    }

    private String training() {
        StringBuilder text = new StringBuilder();
        String augmented = details.augmentation().equals("none")
                ? ""
                : ", images moved at random (" + details.augmentation() + ")";
        text.append(format(
                "Trained on %s, binarisation %s%s, episodes of T = %d, %,d steps in %.1f minutes, seed %d.\n",
                details.data(),
                details.binarisation(),
                augmented,
                details.episodeLength(),
                details.steps(),
                details.minutes(),
                details.seed()));
        if (!details.command().isEmpty()) {
            text.append("The command")
                    .append(details.commit().isEmpty() ? "" : ", at commit " + details.commit())
                    .append(":\n\n    ")
                    .append(details.command())
                    .append("\n");
        }
        return text.toString();
    }

    private String numbers() {
        if (details.bound().isEmpty()) {
            return "The bound of this model was not measured.\n";
        }
        BoundReport report = details.bound().get();
        StringBuilder rows = new StringBuilder("| nats an image, lower is better | |\n|---|---|\n");
        row(
                rows,
                "**negative bound**",
                Double.isFinite(report.standardError())
                        ? format("**%.3f** +- %.3f", report.nats(), report.standardError())
                        : format("**%.3f**", report.nats()));
        row(rows, "reconstruction, -ln p(x given z, M, Y)", format("%.3f", report.reconstruction()));
        row(rows, "KL(Y), the keys", format("%.3f", report.klKeys()));
        row(rows, "KL(Z), the latents", format("%.3f", report.klLatent()));
        if (settings.likelihood() != ImageLikelihood.BERNOULLI) {
            row(
                    rows,
                    "the same in bits a dimension",
                    format("**%.4f**", report.bitsPerDimension(settings.image().size())));
        }
        if (report.importanceSamples() > 0) {
            row(
                    rows,
                    format("importance-weighted bound, %d samples", report.importanceSamples()),
                    format("%.3f", report.importanceWeighted()));
        }
        return rows
                + format(
                        """

                Setting: %s; %d episodes of T = %d, K = %d, a memory of %,d floats. Every latent is sampled from
                the distribution whose divergence is charged, both divergences in full. The memory itself costs
                nothing in this bound, so the number means something only together with its size; naming one of T
                samples costs ln T = %.2f nats at least.
                """,
                        details.boundSetting(),
                        report.episodes(),
                        report.episodeLength(),
                        settings.keys(),
                        settings.memoryFloats(),
                        Math.log(report.episodeLength()));
    }

    private String graphs() {
        StringBuilder rows = new StringBuilder("B episodes, T written samples and Q reads are each call's own choice");
        rows.append(
                settings.grows()
                        ? "; so is H, the rows of pixels.\n\n"
                        : format(", T up to %d.\n\n", settings.capacity()));
        rows.append("| graph | | tensor | shape | what it holds |\n|---|---|---|---|---|\n");
        for (GraphSpec graph : GraphSpec.of(model)) {
            tensors(rows, graph, "in", graph.inputs());
            tensors(rows, graph, "out", graph.outputs());
        }
        return rows.toString();
    }

    private static void tensors(StringBuilder rows, GraphSpec graph, String role, List<GraphTensor> tensors) {
        for (GraphTensor tensor : tensors) {
            rows.append(format(
                    "| %s | %s | `%s` | %s | %s |\n",
                    graph.file(), role, tensor.name(), tensor.shapeText(), tensor.meaning()));
        }
    }

    private String limits() {
        StringBuilder text = new StringBuilder();
        text.append(format(
                "- Images of %s like those it was trained on; others are written and read back less well.\n",
                shape(
                        settings.image().channels(),
                        settings.image().height(),
                        settings.image().width())));
        text.append(
                settings.likelihood() == ImageLikelihood.BERNOULLI
                        ? "- The likelihood is Bernoulli: it models black and white images, and its "
                                + "outputs are probabilities of white.\n"
                        : "- The likelihood is a mixture of discretised logistics: it models images of 256 "
                                + "levels; the images that recall shows are means.\n");
        text.append(
                settings.grows()
                        ? format(
                                "- Trained at T = %d; a memory takes any number of samples, "
                                        + "each in slots of its own.\n",
                                details.episodeLength())
                        : format(
                                "- At most %d samples fit a memory. Trained at T = %d.\n",
                                settings.capacity(), details.episodeLength()));
        text.append("- A research model of small images: nothing here was made to decide anything about people.\n");
        return text.toString();
    }

    private String licence() {
        return "Model: Apache-2.0. Data: "
                + DATA.getOrDefault(details.data(), details.data() + ", under its own licence") + ".\n";
    }

    private static void row(StringBuilder rows, String name, Object value) {
        rows.append("| ").append(name).append(" | ").append(value).append(" |\n");
    }

    private static String shape(int channels, int height, int width) {
        return format("%d x %d x %d", channels, height, width);
    }

    /** Formats independently of the machine's locale. */
    private static String format(String template, Object... values) {
        return String.format(Locale.ROOT, template, values);
    }
}
