package kanerva

import (
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

func open(folder, name string, inputs, outputs []string) (*graph, error) {
	g := &graph{file: filepath.Join(folder, name+".onnx"), inputs: map[string][]int64{}, outputs: outputs}
	if _, err := os.Stat(g.file); err != nil {
		return nil, fmt.Errorf("%s: expected the bundle's graph, found no file (%w)", g.file, err)
	}
	found, produced, err := ort.GetInputOutputInfo(g.file)
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
	if g.session, err = ort.NewDynamicAdvancedSession(g.file, g.names, outputs, options); err != nil {
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
	floats, integers := map[string]Tensor{}, map[string][]int64{}
	for i, name := range g.outputs {
		defer results[i].Destroy()
		switch result := results[i].(type) {
		case *ort.Tensor[float32]:
			floats[name] = Tensor{slices.Clone(result.GetShape()), slices.Clone(result.GetData())}
		case *ort.Tensor[int64]:
			integers[name] = slices.Clone(result.GetData())
		}
		for _, value := range floats[name].Data {
			if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
				return nil, nil, fmt.Errorf("%s: expected finite numbers in '%s', found %v", g.file, name, value)
			}
		}
	}
	return floats, integers, nil
}

func (g *graph) problem(text string, cause error) error {
	return fmt.Errorf("%s: %s (%w)", g.file, text, cause)
}
