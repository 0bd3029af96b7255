/** Kanerva++ inference over ONNX Runtime; see the package {@link io.kanerva.runtime}. */
@SuppressWarnings("requires-automatic") // ONNX Runtime is an automatic module with a fixed name.
module io.kanerva.runtime {
    requires com.microsoft.onnxruntime;
    requires jdk.jfr;

    exports io.kanerva.runtime;
}
