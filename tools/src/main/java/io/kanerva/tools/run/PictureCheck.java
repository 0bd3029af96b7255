package io.kanerva.tools.run;

import io.kanerva.tools.Failure;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.tools.terminal.Terminal;
import io.kanerva.trainer.data.ImageSelection;
import io.kanerva.trainer.data.Images;
import java.util.Locale;
import java.util.SortedMap;

/** Looks at all pictures of a set before a long task begins, which one that cannot be read would end. */
public final class PictureCheck {
    private PictureCheck() {}

    /**
     * Reads all pictures once; sets in memory are returned as they are.
     *
     * @param skip whether to leave out what cannot be read
     * @throws Failure if pictures cannot be read, with all of them, or none can
     */
    public static Images readable(Images images, boolean skip, Terminal terminal) {
        SortedMap<Integer, String> unreadable;
        if (!images.isOnDisk()) {
            return images;
        }
        try (Progress progress = Progress.start(terminal, "Looking", images.count(), "pictures")) {
            unreadable = images.unreadable(progress::at);
        }
        if (unreadable.isEmpty()) {
            return images;
        }
        if (!skip || unreadable.size() == images.count()) {
            throw new Failure(String.format(
                    Locale.ROOT,
                    "'%s': expected pictures that can be read, found %,d of %,d that cannot%s:%n  %s",
                    images.name(),
                    unreadable.size(),
                    images.count(),
                    unreadable.size() == images.count() ? "" : " (--skip-unreadable leaves them out)",
                    String.join(System.lineSeparator() + "  ", unreadable.values())));
        }
        unreadable.values().forEach(problem -> terminal.line("skipped    " + problem));
        return ImageSelection.without(images, unreadable.keySet());
    }
}
