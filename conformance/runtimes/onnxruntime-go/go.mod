module kanerva/conformance/onnxruntime-go

go 1.23

require (
	github.com/yalue/onnxruntime_go v1.27.0
	google.golang.org/protobuf v1.36.10
)
