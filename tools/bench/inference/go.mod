// ONNX Runtime's C header comes with this package; an older header works with a newer library.
module kanerva/bench

go 1.23

require github.com/yalue/onnxruntime_go v1.27.0
