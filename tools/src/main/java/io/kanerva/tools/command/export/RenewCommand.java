package io.kanerva.tools.command.export;

import io.kanerva.bundle.BundleExportException;
import io.kanerva.bundle.BundleExporter;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Subcommand;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kpp renew}: a bundle of an earlier version with this version's graphs. */
@Command(
        name = "renew",
        header = "Rebuild a bundle's graphs that are whole calls.",
        description = "Makes write, index, recall, generate and score of a bundle's four graphs, whose weights stay as "
                + "they are. For bundles of earlier versions, and their variants.",
        footer = {"  kpp renew --bundle models/bundles/mnist-fp16"})
public final class RenewCommand extends Subcommand {
    @Option(
            names = {"-b", "--bundle"},
            paramLabel = "DIR",
            required = true,
            order = 1,
            description = "Folder of the bundle, which is replaced in one step.")
    private Path folder;

    @Override
    protected void run() {
        try {
            BundleExporter.renew(folder);
            print("renewed    %s", folder);
        } catch (BundleExportException e) {
            throw new Failure(e.getMessage(), e);
        }
    }
}
