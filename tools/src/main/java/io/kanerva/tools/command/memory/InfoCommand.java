package io.kanerva.tools.command.memory;

import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Provenance;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.tools.command.ModelOptions;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.terminal.Progress;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code kpp info}: the description of a bundle. */
@Command(
        name = "info",
        header = "Show the settings, tensors and provenance of a bundle.",
        description = "Opening the bundle checks the SHA-256 of its graphs.",
        footer = {"  kpp info", "  kpp info --bundle kanerva-quickstart/bundle"})
public final class InfoCommand extends Subcommand {
    @Mixin
    private ModelOptions options;

    @Override
    protected void run() {
        try (Kanerva kanerva = options.open()) {
            Bundle bundle = kanerva.bundle();
            print(
                    "%s: Kanerva++ bundle, format %d, ONNX opset %d (IR %d), reader by %s",
                    bundle.name(), bundle.formatVersion(), bundle.opset(), bundle.irVersion(), bundle.reader());
            print("model id   %s", bundle.modelId());
            print("device     %s", kanerva.device().name().toLowerCase(Locale.ROOT));
            settings(bundle.settings());
            bundle.graphs().forEach((name, graph) -> {
                print("%n%s   (%s)", name, graph.file());
                tensors("in ", graph.inputs());
                tensors("out", graph.outputs());
            });
            provenance(bundle.provenance());
        }
    }

    private void settings(ModelSettings settings) {
        print("%nwriter     %s, %s addressing", lower(settings.writer()), lower(settings.addressing()));
        print("images     %s, %s", settings.image(), lower(settings.likelihood()));
        print("memory     %s = %,d floats", settings.memory(), settings.memory().floats());
        print("block      %s, %d per sample", settings.block(), settings.keys());
        print(
                settings.grows()
                        ? "slots      %d rows x %d columns, as trained; more rows for more samples, up to %,d"
                        : "slots      %d rows x %d columns: at most %,d samples",
                settings.slotRows(),
                settings.slotColumns(),
                settings.capacity());
        print("latent     %d", settings.latent());
    }

    private void tensors(String direction, List<TensorDescription> tensors) {
        for (TensorDescription tensor : tensors) {
            print(
                    "  %s  %-20s %-9s %-26s %s",
                    direction,
                    tensor.name(),
                    tensor.type(),
                    tensor.shape(),
                    tensor.meaning() + (tensor.range().isEmpty() ? "" : "; " + tensor.range()));
        }
    }

    private void provenance(Provenance provenance) {
        print(
                "%ntrained    on %s (%s), %,d steps in %s, seed %d, T = %d",
                provenance.data(),
                provenance.binarisation(),
                provenance.steps(),
                Progress.duration(60 * provenance.minutes()),
                provenance.seed(),
                provenance.episodeLength());
        print("parameters %,d", provenance.parameters());
        provenance.bound().ifPresent(bound -> {
            print(
                    "bound      %.2f nats per image%s: reconstruction %.2f, KL(Y) %.2f, KL(Z) %.2f",
                    bound.nats(),
                    plusMinus(", ± %.2f", bound.standardError()),
                    bound.reconstruction(),
                    bound.klKeys(),
                    bound.klLatent());
            print("           %s", bound.setting());
        });
        print("command    %s", provenance.command());
        if (!provenance.commit().isEmpty()) {
            print("commit     %s", provenance.commit());
        }
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
