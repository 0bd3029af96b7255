package io.kanerva.tools;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The output of {@code kpp --version}: the version and, if the build knows it, the commit. */
public final class Version implements IVersionProvider {
    private static final Properties BUILD = load();

    /** The project's version, for example {@code 0.1.0}. */
    public static String version() {
        return BUILD.getProperty("version");
    }

    /** The commit that was built, or empty if the build does not know it ({@code -Dkpp.commit=...}). */
    public static String commit() {
        return BUILD.getProperty("commit", "");
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "kpp " + version() + (commit().isEmpty() ? "" : " (" + commit() + ")"),
            "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }

    private static Properties load() {
        Properties build = new Properties();
        try (InputStream in = Version.class.getResourceAsStream("build.properties")) {
            build.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return build;
    }
}
