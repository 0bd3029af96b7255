package io.kanerva.tools.run;

import io.kanerva.tools.Failure;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.tools.terminal.Terminal;
import io.kanerva.trainer.data.ImageSelection;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.data.OwnImages;
import java.util.Locale;
import java.util.Optional;
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
        if (!images.isOnDisk()) {
            return images;
        }
        SortedMap<Integer, String> unreadable;
        try (Progress progress = Progress.start(terminal, "Looking", images.count(), "pictures")) {
            unreadable = images.unreadable(progress::at);
        }
        require(images.name(), images.count(), unreadable, skip);
        unreadable.values().forEach(problem -> terminal.line("skipped    " + problem));
        return unreadable.isEmpty() ? images : ImageSelection.without(images, unreadable.keySet());
    }

    /** Looks at images that the user brings. */
    public static OwnImages.Survey survey(OwnImages images, Terminal terminal) {
        try (Progress progress =
                Progress.start(terminal, "Looking", images.trainCount() + images.testCount(), "pictures")) {
            return images.survey(progress::at);
        }
    }

    /** A sentence about pictures that are in both parts, if there are any. */
    public static Optional<String> repeated(OwnImages images, OwnImages.Survey survey) {
        return survey.repeated() == 0
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "%,d of %,d images for testing are also among those for training, pixel for pixel: scores "
                                + "will be better than on new images",
                        survey.repeated(),
                        images.testCount()));
    }

    /** @throws Failure if pictures cannot be read and are not to be left out, or none can be read */
    public static void require(String name, int count, SortedMap<Integer, String> unreadable, boolean skip) {
        if (unreadable.isEmpty() || skip && unreadable.size() < count) {
            return;
        }
        throw new Failure(String.format(
                Locale.ROOT,
                "'%s': expected pictures that can be read, found %,d of %,d that cannot%s:%n  %s",
                name,
                unreadable.size(),
                count,
                unreadable.size() == count ? "" : " (--skip-unreadable leaves them out)",
                String.join(System.lineSeparator() + "  ", unreadable.values())));
    }
}
