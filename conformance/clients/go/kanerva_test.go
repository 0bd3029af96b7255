package kanerva

import (
	"math"
	"strings"
	"testing"
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
	model, other := load(t), load(t)
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
	_, bytes := model.Episode(make([]byte, 785))
	_, shape := model.Write(Tensor{[]int64{1, 1, 1, 28, 27}, make([]float32, 756)})
	_, short := model.Write(Tensor{[]int64{1, 2, 1, 28, 28}, make([]float32, 784)})
	_, value := model.Write(nan)
	_, rows := model.Recall(memory, Tensor{[]int64{2, 1, 1, 28, 28}, images.Data}, 1)
	_, iterations := model.Recall(memory, images, 0)
	_, count := model.Generate(memory, 0, 1)
	_, foreign := other.Generate(memory, 1, 1)
	other.Close()
	_, closed := other.Write(images)
	for _, refusal := range []struct {
		err      error
		expected string
	}{
		{missing, bundles + "none/write.onnx: expected the bundle's graph, found no file"},
		{bytes, "pixels: expected a multiple of 784 bytes, an image each, found 785"},
		{shape, "episodes: expected shape [B, T, 1, 28, 28], found 756 values of shape [1 1 1 28 27]"},
		{short, "episodes: expected shape [B, T, 1, 28, 28], found 784 values of shape [1 2 1 28 28]"},
		{value, "episodes: expected values in [0, 1], found NaN at index 5"},
		{rows, "queries: expected 1 rows, one per memory, found shape [2 1 1 28 28]"},
		{iterations, "iterations: expected at least 1, found 0"},
		{count, "count: expected at least 1, found 0"},
		{foreign, "memory: expected one that this model wrote, found one of another model"},
		{closed, bundles + "fashion-mnist/write.onnx: expected an open model, found a closed one"},
	} {
		if refusal.err == nil || !strings.HasPrefix(refusal.err.Error(), refusal.expected) {
			t.Errorf("expected '%s', found '%v'", refusal.expected, refusal.err)
		}
	}
}

func load(t *testing.T) *Kanerva {
	model, err := Load(bundles + "fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(model.Close)
	return model
}
