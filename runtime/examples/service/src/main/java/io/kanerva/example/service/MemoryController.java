package io.kanerva.example.service;

import io.kanerva.runtime.CallLimit;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.Recall;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * Memories over HTTP. A body of images is {@code application/octet-stream}: one after the other, each of [Cx, Hx, Wx]
 * bytes, 0 to 255 for the values 0 to 1.
 */
@RestController
@RequestMapping("/memories")
class MemoryController {

    /** A memory's id, and how many samples it holds. */
    record Written(long id, int samples) {}

    /** For each query, the sample that it found; and all recalled images, as in a request (in JSON: Base64). */
    record Recalled(int[] samples, byte[] images) {}

    private final Kanerva kanerva;
    private final MemoryTable table;
    private final ServiceSettings settings;

    MemoryController(Kanerva kanerva, MemoryTable table, ServiceSettings settings) {
        this.kanerva = kanerva;
        this.table = table;
        this.settings = settings;
    }

    @PostMapping(consumes = MediaType.APPLICATION_OCTET_STREAM_VALUE)
    ResponseEntity<Written> write(InputStream body) throws IOException {
        Memory memory = limited().write(images(body));
        long id = table.insert(memory);
        return ResponseEntity.created(URI.create("/memories/" + id)).body(new Written(id, memory.samples()));
    }

    @PostMapping(path = "/{id}/samples", consumes = MediaType.APPLICATION_OCTET_STREAM_VALUE)
    Written extend(@PathVariable long id, InputStream body) throws IOException {
        FloatTensor images = images(body);
        Memory memory = orNotFound(id, table.update(id, before -> limited().extend(before, images)));
        return new Written(id, memory.samples());
    }

    @PostMapping(path = "/{id}/recall", consumes = MediaType.APPLICATION_OCTET_STREAM_VALUE)
    Recalled recall(@PathVariable long id, @RequestParam(defaultValue = "1") int iterations, InputStream body)
            throws IOException {
        FloatTensor queries = images(body);
        Recall recall = limited().recall(orNotFound(id, table.find(id)), queries, iterations);
        float[] values = recall.images().data();
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) Math.round(255 * values[i]);
        }
        return new Recalled(recall.lookups().get(iterations - 1).samples(), pixels);
    }

    @DeleteMapping("/{id}")
    ResponseEntity<Void> free(@PathVariable long id) {
        if (!table.delete(id)) {
            throw notFound(id);
        }
        return ResponseEntity.noContent().build();
    }

    /** The model with the deadline of one request. */
    private Kanerva limited() {
        return kanerva.with(CallLimit.in(settings.deadline()));
    }

    /** The images of a request, [1, T, Cx, Hx, Wx]. */
    private FloatTensor images(InputStream body) throws IOException {
        Planes image = kanerva.bundle().settings().image();
        int size = image.channels() * image.height() * image.width();
        byte[] bytes = body.readNBytes(size * settings.maxImages() + 1);
        if (bytes.length == 0 || bytes.length % size != 0 || bytes.length > size * settings.maxImages()) {
            String found = bytes.length > size * settings.maxImages() ? "more" : bytes.length + " bytes";
            throw new ResponseStatusException(
                    HttpStatus.BAD_REQUEST,
                    "body: expected 1 to %d images of %d bytes each (%d x %d x %d), found %s"
                            .formatted(
                                    settings.maxImages(),
                                    size,
                                    image.channels(),
                                    image.height(),
                                    image.width(),
                                    found));
        }
        float[] values = new float[bytes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (bytes[i] & 0xff) / 255f;
        }
        return new FloatTensor(values, 1, bytes.length / size, image.channels(), image.height(), image.width());
    }

    private static Memory orNotFound(long id, Optional<Memory> memory) {
        return memory.orElseThrow(() -> notFound(id));
    }

    private static ResponseStatusException notFound(long id) {
        return new ResponseStatusException(HttpStatus.NOT_FOUND, "memory: expected one with id " + id + ", found none");
    }
}
