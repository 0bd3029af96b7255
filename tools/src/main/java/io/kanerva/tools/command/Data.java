package io.kanerva.tools.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kpp data}: what data sets there are, and how to get them. */
@Command(
        name = "data",
        header = "List data sets and fetch them.",
        description =
                "Fetched data sets lie in a cache folder ($KANERVA_CACHE, else ~/.cache/kanerva); commands without --data look there.",
        footer = {"  kpp data list", "  kpp data fetch mnist"},
        subcommands = {DataList.class, DataFetch.class})
public final class Data implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Expected 'list' or 'fetch NAME', found neither");
    }
}
