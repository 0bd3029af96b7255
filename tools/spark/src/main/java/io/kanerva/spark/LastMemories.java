package io.kanerva.spark;

import io.kanerva.runtime.Kanerva;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The memories that a task has recalled from lately, ready to be searched: most of a recall's time otherwise. */
final class LastMemories {

    /** The bytes of Java's heap that they may take, if they are more than one. */
    private static final long MOST = 8 << 20;

    /** The bytes of a SHA-256 at a file's end. */
    private static final int DIGEST = 32;

    private final Kanerva kanerva;

    /** By the digests at the files' ends, which say only where to look; least recently used first. */
    private final Map<ByteBuffer, Loaded> loaded = new LinkedHashMap<>(16, 0.75f, true);

    private long bytes;

    LastMemories(Kanerva kanerva) {
        this.kanerva = kanerva;
    }

    private record Loaded(byte[] file, Recalled recalled, long bytes) {}

    /**
     * A memory, ready to be searched. A task may have several threads, as with functions of Python.
     *
     * @throws io.kanerva.runtime.MemoryFileException if the bytes are not a memory of this model
     */
    synchronized Recalled of(byte[] file) {
        ByteBuffer digest = ByteBuffer.wrap(file, Math.max(0, file.length - DIGEST), Math.min(file.length, DIGEST));
        Loaded last = loaded.get(digest);
        if (last == null || !Arrays.equals(last.file, file)) {
            Recalled recalled = Recalled.of(kanerva, file);
            Loaded read = new Loaded(file, recalled, file.length + Recalled.bytes(kanerva, file));
            bytes += read.bytes - (last == null ? 0 : last.bytes);
            loaded.put(digest, read);
            Iterator<Loaded> eldest = loaded.values().iterator();
            while (bytes > MOST && loaded.size() > 1) {
                bytes -= eldest.next().bytes;
                eldest.remove();
            }
            return recalled;
        }
        return last.recalled;
    }

    /** How many there are. */
    synchronized int count() {
        return loaded.size();
    }
}
