package io.kanerva.tools.command.data;

import io.kanerva.tools.command.Subcommand;
import picocli.CommandLine.Command;

/** {@code kpp data}: lists and fetches data sets. */
@Command(
        name = "data",
        header = "List and fetch data sets, and look at your own images.",
        description =
                "Fetched data sets are kept in a cache folder ($KANERVA_CACHE, else ~/.cache/kanerva), where commands "
                        + "without --data look for them.",
        footer = {
            "  kpp data list",
            "  kpp data fetch mnist",
            "  kpp data inspect photos/",
            "  kpp data split photos/ --share 0.2 --out photos.csv"
        },
        subcommands = {DataListCommand.class, DataFetchCommand.class, DataInspectCommand.class, DataSplitCommand.class})
public final class DataCommand extends Subcommand {
    @Override
    protected void run() {
        throw usage("Expected 'list', 'fetch NAME', 'inspect PLACE' or 'split PLACE', found none of them");
    }
}
