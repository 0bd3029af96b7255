package io.kanerva.onnx;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/** Writes weights to a separate file next to the model, as ONNX's external data. */
final class WeightsFile {
    /** Tensors start at page boundaries, as runtimes that map the file into memory require. */
    private static final int ALIGNMENT = 4096;
    /** Smaller tensors, mainly shapes and axes, stay in the model: shape inference reads them. */
    private static final int MIN_BYTES = 1024;
    /** Models with external weights are smaller than this. */
    private static final long MAX_MODEL_BYTES = 1L << 24;

    private static final int DIGEST_DIGITS = 16;

    private WeightsFile() {}

    /** Bytes of all weights. */
    static long bytes(ModelProto model) {
        return model.getGraph().getInitializerList().stream()
                .mapToLong(tensor -> tensor.getRawData().size())
                .sum();
    }

    /** Whether any weight is large enough for the separate file. */
    static boolean has(ModelProto model) {
        return model.getGraph().getInitializerList().stream().anyMatch(WeightsFile::isExternal);
    }

    /** Writes a model and its weights, and removes the weights of a replaced model. */
    static void write(Path file, ModelProto model) throws IOException {
        List<Path> old = filesOf(file);
        String name = file.getFileName() + "." + digest(model) + ".data";
        Path data = file.resolveSibling(name);
        if (!Files.exists(data)) {
            AtomicFiles.write(data, stream -> writeData(model, stream));
        }
        ModelProto light = withExternalData(model, name);
        AtomicFiles.write(file, stream -> OnnxFiles.write(light, CodedOutputStream.newInstance(stream)));
        delete(old.stream().filter(path -> !path.equals(data)).toList());
    }

    private static boolean isExternal(TensorProto tensor) {
        return tensor.getRawData().size() >= MIN_BYTES;
    }

    private static long padded(long offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private static void writeData(ModelProto model, OutputStream stream) throws IOException {
        long offset = 0;
        for (TensorProto tensor : model.getGraph().getInitializerList()) {
            if (isExternal(tensor)) {
                stream.write(new byte[(int) (padded(offset) - offset)]);
                tensor.getRawData().writeTo(stream);
                offset = padded(offset) + tensor.getRawData().size();
            }
        }
    }

    private static ModelProto withExternalData(ModelProto model, String location) {
        GraphProto.Builder graph = model.getGraph().toBuilder().clearInitializer();
        long offset = 0;
        for (TensorProto tensor : model.getGraph().getInitializerList()) {
            if (!isExternal(tensor)) {
                graph.addInitializer(tensor);
                continue;
            }
            offset = padded(offset);
            int length = tensor.getRawData().size();
            graph.addInitializer(tensor.toBuilder()
                    .clearRawData()
                    .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                    .addExternalData(entry("location", location))
                    .addExternalData(entry("offset", Long.toString(offset)))
                    .addExternalData(entry("length", Integer.toString(length))));
            offset += length;
        }
        return model.toBuilder().setGraph(graph).build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private static String digest(ModelProto model) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            writeData(model, new OutputStream() {
                @Override
                public void write(int value) {
                    digest.update((byte) value);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) {
                    digest.update(bytes, offset, length);
                }
            });
            return HexFormat.of().formatHex(digest.digest()).substring(0, DIGEST_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The files with the weights of an existing model, if this class wrote them; none if the file is not a model. */
    static List<Path> filesOf(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > MAX_MODEL_BYTES) {
            return List.of();
        }
        try {
            String ours = Pattern.quote(file.getFileName().toString()) + "\\.[0-9a-f]{" + DIGEST_DIGITS + "}\\.data";
            return ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getInitializerList().stream()
                    .flatMap(tensor -> tensor.getExternalDataList().stream())
                    .filter(entry -> entry.getKey().equals("location"))
                    .map(StringStringEntryProto::getValue)
                    .distinct()
                    .filter(name -> name.matches(ours))
                    .map(file::resolveSibling)
                    .toList();
        } catch (InvalidProtocolBufferException e) {
            return List.of();
        }
    }

    static void delete(List<Path> files) throws IOException {
        for (Path path : files) {
            Files.deleteIfExists(path);
        }
    }
}
