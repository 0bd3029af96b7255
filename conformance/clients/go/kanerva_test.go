package kanerva

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ort "github.com/yalue/onnxruntime_go"
)

const bundles = "../../../models/bundles/"

func TestPhiloxMatchesItsAuthorsTestVectors(t *testing.T) {
	const full = 0xFFFFFFFF
	for _, vector := range []struct {
		counter  [4]uint32
		key      [2]uint32
		expected [4]uint32
	}{
		{expected: [4]uint32{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}},
		{[4]uint32{full, full, full, full}, [2]uint32{full, full}, [4]uint32{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}},
		{
			[4]uint32{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, [2]uint32{0xA4093822, 0x299F31D0},
			[4]uint32{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1},
		},
	} {
		if found := philox(vector.counter, vector.key); found != vector.expected {
			t.Errorf("expected %X, found %X", vector.expected, found)
		}
	}
}

func TestWhatDoesNotFitIsRefusedInOneSentence(t *testing.T) {
	model, other := load(t, "fashion-mnist"), load(t, "fashion-mnist")
	images, err := model.Episode(make([]byte, 2*784))
	if err != nil {
		t.Fatal(err)
	}
	memory, err := model.Write(images)
	if err != nil {
		t.Fatal(err)
	}
	nan := Tensor{[]int64{1, 1, 1, 28, 28}, make([]float32, 784)}
	nan.Data[5] = float32(math.NaN())
	_, missing := Load(bundles + "none")
	_, changed := Load(folder(t, "", "write.onnx", "index.onnx"))
	_, older := Load(folder(t, `"write"`))
	_, pixels := model.Episode(make([]byte, 785))
	_, shape := model.Write(Tensor{[]int64{1, 1, 1, 28, 27}, make([]float32, 756)})
	_, short := model.Write(Tensor{[]int64{1, 2, 1, 28, 28}, make([]float32, 784)})
	_, value := model.Write(nan)
	_, rows := model.Recall(memory, Tensor{[]int64{2, 1, 1, 28, 28}, images.Data}, 1)
	_, iterations := model.Recall(memory, images, 0)
	_, count := model.Generate(memory, 0, 1)
	_, large := model.Generate(memory, math.MaxInt32, 1)
	_, foreign := other.Generate(memory, 1, 1)
	other.Close()
	_, closed := other.Write(images)
	for _, refusal := range []struct {
		err      error
		expected string
	}{
		{missing, bundles + "none/bundle.json: expected a file of the bundle, found none"},
		{changed, "index.onnx: expected the SHA-256 in bundle.json, found another: the file was changed"},
		{older, "expected the graph 'write' with its file and sha256, found none; kpp renew adds it to an older bundle"},
		{pixels, "pixels: expected a multiple of 784 bytes, an image each, found 785"},
		{shape, "episodes: expected shape [B, T, 1, 28, 28], found 756 values of shape [1 1 1 28 27]"},
		{short, "episodes: expected shape [B, T, 1, 28, 28], found 784 values of shape [1 2 1 28 28]"},
		{value, "episodes: expected values in [0, 1], found NaN at index 5"},
		{rows, "queries: expected 1 rows, one per memory, found shape [2 1 1 28 28]"},
		{iterations, "iterations: expected at least 1, found 0"},
		{count, "count: expected at least 1, found 0"},
		{large, "count: expected at most 2739137, found 2147483647"},
		{foreign, "memory: expected one that this model wrote, found one of another model"},
		{closed, bundles + "fashion-mnist/write.onnx: expected an open model, found a closed one"},
	} {
		if refusal.err == nil || !strings.Contains(refusal.err.Error(), refusal.expected) {
			t.Errorf("expected '%s', found '%v'", refusal.expected, refusal.err)
		}
	}
}

func TestAPooledMemoryTakesNoMoreThanItsCapacity(t *testing.T) {
	model := load(t, "mnist-pooled-fp16")
	for count, expected := range map[int]string{
		32: "<nil>",
		33: "out of memory: expected at most 32 samples in one memory, found 33",
	} {
		images, err := model.Episode(make([]byte, count*784))
		if err == nil {
			_, err = model.Write(images)
		}
		if found := fmt.Sprint(err); found != expected {
			t.Errorf("expected '%s', found '%s'", expected, found)
		}
	}
}

func TestOutputsOfAnotherTypeOrNotFiniteAreRefused(t *testing.T) {
	load(t, "fashion-mnist") // starts ONNX Runtime
	g := &graph{file: "x.onnx"}
	shape := ort.NewShape(2)
	floats, infinite := value(t, shape, []float32{1, 2}), value(t, shape, []float32{1, float32(math.Inf(-1))})
	integers, doubles := value(t, shape, []int64{3, 4}), value(t, shape, []float64{1, 2})
	if found, err := g.floats("a", floats); err != nil || !slices.Equal(found.Data, []float32{1, 2}) {
		t.Errorf("expected 1 and 2, found %v, %v", found, err)
	}
	if found, err := g.integers("a", integers); err != nil || !slices.Equal(found, []int64{3, 4}) {
		t.Errorf("expected 3 and 4, found %v, %v", found, err)
	}
	_, wrongFloats := g.floats("a", doubles)
	_, wrongIntegers := g.integers("b", floats)
	_, notFinite := g.floats("c", infinite)
	for expected, err := range map[string]error{
		"x.onnx: expected float32 in 'a', found *onnxruntime_go.Tensor[float64]": wrongFloats,
		"x.onnx: expected int64 in 'b', found *onnxruntime_go.Tensor[float32]":   wrongIntegers,
		"x.onnx: expected finite numbers in 'c', found -Inf":                     notFinite,
	} {
		if found := fmt.Sprint(err); found != expected {
			t.Errorf("expected '%s', found '%s'", expected, found)
		}
	}
}

func value[T ort.TensorData](t *testing.T, shape ort.Shape, data []T) ort.Value {
	tensor, err := ort.NewTensor(shape, data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tensor.Destroy() })
	return tensor
}

// folder makes a bundle whose description lacks a name, and that has these graphs, with the bytes of the first.
func folder(t *testing.T, without string, graphs ...string) string {
	made := t.TempDir()
	copy := func(from, to string) {
		data, err := os.ReadFile(bundles + "fashion-mnist/" + from)
		if err != nil {
			t.Fatal(err)
		}
		if without != "" {
			data = bytes.ReplaceAll(data, []byte(without), []byte(`"other"`))
		}
		if err := os.WriteFile(filepath.Join(made, to), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	copy("bundle.json", "bundle.json")
	for _, graph := range graphs {
		copy(graphs[0], graph)
	}
	return made
}

func load(t *testing.T, bundle string) *Kanerva {
	model, err := Load(bundles + bundle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.Close)
	return model
}
