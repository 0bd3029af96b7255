package kanerva

import (
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// A graph of a bundle, and the shapes of its inputs; dynamic sizes are -1.
type graph struct {
	file    string
	inputs  map[string][]int64
	names   []string
	outputs []string
	session *ort.DynamicAdvancedSession
}

// start loads ONNX Runtime's library once per process.
var start = sync.OnceValue(func() error {
	if ort.IsInitialized() {
		return nil
	}
	// Version 1.29 reports to its maker as soon as it is loaded, unless this is set.
	if _, set := os.LookupEnv("ORT_DISABLE_TELEMETRY"); !set {
		os.Setenv("ORT_DISABLE_TELEMETRY", "1")
	}
	if library := os.Getenv("ORT_DYLIB_PATH"); library != "" {
		ort.SetSharedLibraryPath(library)
	}
	// Errors are returned: the engine need not print them as well.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return fmt.Errorf(
			"ORT_DYLIB_PATH: expected ONNX Runtime's shared library there or in the system, found none (%w)", err)
	}
	return nil
})

// open opens a graph of the folder; digest is its SHA-256 in hexadecimal.
func open(folder, file, digest string, inputs, outputs []string) (*graph, error) {
	g := &graph{file: filepath.Join(folder, file), inputs: map[string][]int64{}, outputs: outputs}
	data, err := read(g.file)
	if err != nil {
		return nil, err
	}
	if fmt.Sprintf("%x", sha256.Sum256(data)) != digest {
		return nil, fmt.Errorf("%s: expected the SHA-256 in bundle.json, found another: the file was changed", g.file)
	}
	found, produced, err := ort.GetInputOutputInfoWithONNXData(data)
	if err != nil {
		return nil, g.problem("expected a graph that ONNX Runtime loads, found another", err)
	}
	for _, input := range found {
		g.inputs[input.Name] = input.Dimensions
		g.names = append(g.names, input.Name)
	}
	for _, input := range inputs {
		if !slices.Contains(g.names, input) {
			return nil, fmt.Errorf("%s: expected the inputs %v, found %v", g.file, inputs, g.names)
		}
	}
	for _, output := range outputs {
		if !slices.ContainsFunc(produced, func(info ort.InputOutputInfo) bool { return info.Name == output }) {
			return nil, fmt.Errorf("%s: expected the outputs %v, found %v", g.file, outputs, produced)
		}
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if err := options.SetIntraOpNumThreads(1); err != nil {
		return nil, err
	}
	if g.session, err = ort.NewDynamicAdvancedSessionWithONNXData(data, g.names, outputs, options); err != nil {
		return nil, g.problem("expected a graph that ONNX Runtime loads, found another", err)
	}
	return g, nil
}

// check refuses a graph whose input has another rank, or sizes from the third dimension on that are not fixed.
func (g *graph) check(input string, rank int) error {
	shape := g.inputs[input]
	if len(shape) != rank || slices.Min(shape[2:]) < 1 {
		return fmt.Errorf("%s: expected %d dimensions of '%s', all but two fixed, found %d", g.file, rank, input, shape)
	}
	return nil
}

// run feeds those tensors that the graph takes, and returns its outputs by name.
func (g *graph) run(tensors map[string]Tensor) (map[string]Tensor, map[string][]int64, error) {
	if g.session == nil {
		return nil, nil, fmt.Errorf("%s: expected an open model, found a closed one", g.file)
	}
	feeds := make([]ort.Value, len(g.names))
	for i, name := range g.names {
		value, err := ort.NewTensor(ort.NewShape(tensors[name].Shape...), tensors[name].Data)
		if err != nil {
			return nil, nil, g.problem("expected a tensor for '"+name+"', found none", err)
		}
		defer value.Destroy()
		feeds[i] = value
	}
	results := make([]ort.Value, len(g.outputs))
	if err := g.session.Run(feeds, results); err != nil {
		return nil, nil, g.problem("expected a run without errors, found one", err)
	}
	defer func() {
		for _, result := range results {
			result.Destroy()
		}
	}()
	floats, integers := map[string]Tensor{}, map[string][]int64{}
	for i, name := range g.outputs {
		var err error
		if name == "sample" {
			integers[name], err = g.integers(name, results[i])
		} else {
			floats[name], err = g.floats(name, results[i])
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return floats, integers, nil
}

// floats copies an output of finite float32 numbers.
func (g *graph) floats(name string, output ort.Value) (Tensor, error) {
	found, ok := output.(*ort.Tensor[float32])
	if !ok {
		return Tensor{}, fmt.Errorf("%s: expected float32 in '%s', found %T", g.file, name, output)
	}
	for _, value := range found.GetData() {
		if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
			return Tensor{}, fmt.Errorf("%s: expected finite numbers in '%s', found %v", g.file, name, value)
		}
	}
	return Tensor{slices.Clone(found.GetShape()), slices.Clone(found.GetData())}, nil
}

func (g *graph) integers(name string, output ort.Value) ([]int64, error) {
	found, ok := output.(*ort.Tensor[int64])
	if !ok {
		return nil, fmt.Errorf("%s: expected int64 in '%s', found %T", g.file, name, output)
	}
	return slices.Clone(found.GetData()), nil
}

func (g *graph) problem(text string, cause error) error {
	return fmt.Errorf("%s: %s (%w)", g.file, text, cause)
}
