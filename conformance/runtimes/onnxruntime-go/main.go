// Runs ONNX test cases on ONNX Runtime through its Go binding; the protocol is in ../README.md.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	ort "github.com/yalue/onnxruntime_go"
)

// An open graph and what it was opened from.
type graph struct {
	model, optimisations string
	inputs, outputs      []ort.InputOutputInfo
	session              *ort.DynamicAdvancedSession
}

func open(model, optimisations string) (*graph, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	level := ort.GraphOptimizationLevel(ort.GraphOptimizationLevelDisableAll)
	if optimisations == "on" {
		level = ort.GraphOptimizationLevelEnableAll
	}
	for _, failed := range []error{
		options.SetGraphOptimizationLevel(level), options.SetIntraOpNumThreads(1), options.SetInterOpNumThreads(1),
	} {
		if failed != nil {
			return nil, failed
		}
	}
	inputs, outputs, err := ort.GetInputOutputInfo(model)
	if err != nil {
		return nil, err
	}
	session, err := ort.NewDynamicAdvancedSession(model, names(inputs), names(outputs), options)
	if err != nil {
		return nil, err
	}
	return &graph{model, optimisations, inputs, outputs, session}, nil
}

func names(tensors []ort.InputOutputInfo) []string {
	list := make([]string, len(tensors))
	for i, tensor := range tensors {
		list[i] = tensor.Name
	}
	return list
}

// Why this program cannot pass an input or an output, whatever the engine could do.
type limit string

func (l limit) Error() string { return string(l) }

// Runs a case, writes its outputs, and tells what the engine took.
func (g *graph) run(inputs, outputs string) (time.Duration, error) {
	if len(g.inputs) == 0 {
		return 0, limit("the Go binding runs no graph without inputs")
	}
	feeds := make([]ort.Value, len(g.inputs))
	for i := range g.inputs {
		bytes, err := os.ReadFile(filepath.Join(inputs, fmt.Sprintf("input_%d.pb", i)))
		if err != nil {
			return 0, err
		}
		tensor, err := decodeTensor(bytes)
		if err != nil {
			return 0, err
		}
		value, err := tensor.value()
		if err != nil {
			return 0, err
		}
		defer value.Destroy()
		feeds[i] = value
	}
	results := make([]ort.Value, len(g.outputs))
	start := time.Now()
	err := g.session.Run(feeds, results)
	taken := time.Since(start)
	if errors.Is(err, ort.ZeroShapeLengthError) {
		// An output is a scalar.
		for i, output := range g.outputs {
			results[i] = nil
			if len(output.Dimensions) == 0 {
				if results[i], err = scalar(int(output.DataType)); err != nil {
					return 0, err
				}
			}
		}
		start = time.Now()
		err = g.session.Run(feeds, results)
		taken = time.Since(start)
		if errors.Is(err, ort.ZeroShapeLengthError) {
			return 0, limit("the Go binding has no scalars as outputs whose shape the graph does not say")
		}
	}
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(outputs, 0o755); err != nil {
		return 0, err
	}
	for i, value := range results {
		defer value.Destroy()
		message, err := encodeTensor(g.outputs[i].Name, value)
		if err != nil {
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(outputs, fmt.Sprintf("output_%d.pb", i)), message, 0o644); err != nil {
			return 0, err
		}
	}
	return taken, nil
}

func main() {
	program, err := os.Executable()
	if err != nil {
		fail(err)
	}
	ort.SetSharedLibraryPath(filepath.Join(filepath.Dir(program), "libonnxruntime.so"))
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		fail(err)
	}
	fmt.Printf("about\tonnxruntime %s, onnxruntime_go 1.27.0, %s\n", ort.GetVersion(), runtime.Version())
	file, err := os.Open(os.Args[1])
	if err != nil {
		fail(err)
	}
	var loaded *graph
	lines := bufio.NewScanner(file)
	for number := 0; lines.Scan(); number++ {
		job := strings.Split(lines.Text(), "\t")
		if loaded == nil || loaded.model != job[0] || loaded.optimisations != job[3] {
			if loaded != nil {
				loaded.session.Destroy()
			}
			loaded, err = open(job[0], job[3])
		}
		var taken time.Duration
		if err == nil {
			taken, err = loaded.run(job[1], job[2])
		}
		if err != nil {
			kind := "failed"
			if _, ours := err.(limit); ours {
				kind = "cannot"
			}
			fmt.Printf("%s\t%d\t%s\n", kind, number, strings.Join(strings.Fields(err.Error()), " "))
			err = nil
		} else {
			fmt.Printf("done\t%d\t%f\n", number, float64(taken.Nanoseconds())/1e6)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
