package io.kanerva.spark;

import io.kanerva.runtime.Kanerva;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The memories that a task has recalled from lately, ready to be searched: most of a recall's time otherwise. */
final class LastMemories {

    private static final int MOST = 8;

    private final Kanerva kanerva;

    /** By the digests at the files' ends, which say only where to look; least recently used first. */
    private final Map<ByteBuffer, Loaded> loaded = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Loaded> eldest) {
            return size() > MOST;
        }
    };

    LastMemories(Kanerva kanerva) {
        this.kanerva = kanerva;
    }

    private record Loaded(byte[] file, Recalled recalled) {}

    /** @throws io.kanerva.runtime.MemoryFileException if the bytes are not a memory of this model */
    Recalled of(byte[] file) {
        ByteBuffer digest = MemoryFiles.digest(file);
        Loaded last = loaded.get(digest);
        if (last == null || !Arrays.equals(last.file, file)) {
            last = new Loaded(file, Recalled.of(kanerva, file));
            loaded.put(digest, last);
        }
        return last.recalled;
    }
}
