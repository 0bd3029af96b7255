// Package kanerva runs exported Kanerva++ models on ONNX Runtime: an episode of images is written into a memory,
// recalled from damaged images, and new images are drawn from it. The same seed gives the same images in every
// language.
package kanerva

import (
	"cmp"
	"fmt"
	"math"
)

// A Tensor has its elements row-major.
type Tensor struct {
	Shape []int64
	Data  []float32
}

// A Memory of T samples; it belongs to the model that wrote it.
type Memory struct {
	model                                *Kanerva
	memory, pointers, contents, features Tensor
}

// A Recall has the last iteration's images, [B, Q, Cx, Hx, Wx] in [0, 1], and which sample each query found, [B, Q].
type Recall struct {
	Images  Tensor
	Samples []int64
}

// Kanerva is a model, open for inference with one thread per call. Close it after use. Any number of goroutines may
// call it at once.
type Kanerva struct {
	write, index, recall, generate *graph
	capacity                       int64 // the samples that a memory takes; 0: any number
}

// Load opens a bundle's folder with ONNX Runtime's shared library: the one that the environment variable
// ORT_DYLIB_PATH names, else the system's. Graphs whose SHA-256 is not that of bundle.json are refused.
func Load(folder string) (*Kanerva, error) {
	if err := start(); err != nil {
		return nil, err
	}
	bundle, err := describe(folder)
	if err != nil {
		return nil, err
	}
	k := &Kanerva{capacity: bundle.Settings.Capacity}
	for _, wanted := range []struct {
		graph           **graph
		name            string
		inputs, outputs []string
	}{
		{&k.write, "write", []string{"images"}, []string{"memory", "pointers"}},
		{&k.index, "index", []string{"memory", "pointers"}, []string{"contents", "features"}},
		{&k.recall, "recall", []string{"contents", "features", "pointers", "queries"}, []string{"recalled", "sample"}},
		{&k.generate, "generate", []string{"memory", "key_noise", "noise"}, []string{"generated"}},
	} {
		described := bundle.Graphs[wanted.name]
		opened, err := open(folder, described.File, described.Sha256, wanted.inputs, wanted.outputs)
		if err != nil {
			k.Close()
			return nil, err
		}
		*wanted.graph = opened
	}
	err = cmp.Or(k.write.check("images", 5), k.generate.check("key_noise", 4), k.generate.check("noise", 3))
	if err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

// Close frees the graphs; calls must have ended, and further ones fail.
func (k *Kanerva) Close() {
	for _, g := range []*graph{k.write, k.index, k.recall, k.generate} {
		if g != nil && g.session != nil {
			g.session.Destroy()
			g.session = nil
		}
	}
}

// ImageShape returns the model's [Cx, Hx, Wx].
func (k *Kanerva) ImageShape() []int64 {
	return k.write.inputs["images"][2:]
}

// Episode makes an episode [1, N, Cx, Hx, Wx] of N images whose values are bytes: 0 is 0, 255 is 1.
func (k *Kanerva) Episode(pixels []byte) (Tensor, error) {
	image := elements(k.ImageShape())
	if len(pixels) == 0 || len(pixels)%image != 0 {
		return Tensor{}, fmt.Errorf("pixels: expected a multiple of %d bytes, an image each, found %d", image, len(pixels))
	}
	data := make([]float32, len(pixels))
	for i, pixel := range pixels {
		data[i] = float32(pixel) / 255
	}
	return Tensor{append([]int64{1, int64(len(pixels) / image)}, k.ImageShape()...), data}, nil
}

// Write writes B episodes of T samples, [B, T, Cx, Hx, Wx] in [0, 1], into a memory each, and prepares look-ups in it.
func (k *Kanerva) Write(episodes Tensor) (*Memory, error) {
	if err := k.checkImages("episodes", episodes); err != nil {
		return nil, err
	}
	if t := episodes.Shape[1]; k.capacity > 0 && t > k.capacity {
		return nil, fmt.Errorf("out of memory: expected at most %d samples in one memory, found %d", k.capacity, t)
	}
	written, _, err := k.write.run(map[string]Tensor{"images": episodes})
	if err != nil {
		return nil, err
	}
	indexed, _, err := k.index.run(written)
	if err != nil {
		return nil, err
	}
	return &Memory{k, written["memory"], written["pointers"], indexed["contents"], indexed["features"]}, nil
}

// Recall finds queries [B, Q, Cx, Hx, Wx] in memories by their content, and reads what was found; the images are the
// next iteration's queries.
func (k *Kanerva) Recall(memory *Memory, queries Tensor, iterations int) (*Recall, error) {
	if err := k.checkModel(memory); err != nil {
		return nil, err
	}
	if err := k.checkImages("queries", queries); err != nil {
		return nil, err
	}
	if b := memory.memory.Shape[0]; queries.Shape[0] != b {
		return nil, fmt.Errorf("queries: expected %d rows, one per memory, found shape %d", b, queries.Shape)
	}
	if iterations < 1 {
		return nil, fmt.Errorf("iterations: expected at least 1, found %d", iterations)
	}
	feeds := map[string]Tensor{"contents": memory.contents, "features": memory.features, "pointers": memory.pointers}
	recall := &Recall{Images: queries}
	for range iterations {
		feeds["queries"] = recall.Images
		images, samples, err := k.recall.run(feeds)
		if err != nil {
			return nil, err
		}
		recall.Images, recall.Samples = images["recalled"], samples["sample"]
	}
	return recall, nil
}

// Generate draws count images from each memory, [B, count, Cx, Hx, Wx] in [0, 1].
func (k *Kanerva) Generate(memory *Memory, count int, seed int64) (Tensor, error) {
	if err := k.checkModel(memory); err != nil {
		return Tensor{}, err
	}
	if count < 1 {
		return Tensor{}, fmt.Errorf("count: expected at least 1, found %d", count)
	}
	memories := memory.memory.Shape[0]
	noise := k.generate.inputs
	largest := max(elements(k.ImageShape()), elements(noise["key_noise"][2:]), elements(noise["noise"][2:]))
	if most := math.MaxInt32 / (memories * int64(largest)); int64(count) > most {
		return Tensor{}, fmt.Errorf("count: expected at most %d, found %d", most, count)
	}
	sampler := NewNormalSampler(seed)
	shape := func(input string) []int64 {
		return append([]int64{memories, int64(count)}, k.generate.inputs[input][2:]...)
	}
	drawn, _, err := k.generate.run(map[string]Tensor{
		"memory": memory.memory, "pointers": memory.pointers,
		"key_noise": sampler.Tensor(shape("key_noise")...), "noise": sampler.Tensor(shape("noise")...),
	})
	return drawn["generated"], err
}

func (k *Kanerva) checkModel(memory *Memory) error {
	if memory == nil || memory.model != k {
		return fmt.Errorf("memory: expected one that this model wrote, found one of another model")
	}
	return nil
}

// checkImages refuses tensors of another shape than [B, T, Cx, Hx, Wx] and values outside [0, 1].
func (k *Kanerva) checkImages(name string, images Tensor) error {
	wanted := k.write.inputs["images"]
	fits := len(images.Shape) == len(wanted) && elements(images.Shape) == len(images.Data)
	for i := 0; fits && i < len(wanted); i++ {
		fits = images.Shape[i] >= 1 && (wanted[i] < 0 || images.Shape[i] == wanted[i])
	}
	if !fits {
		return fmt.Errorf("%s: expected shape [B, T, %d, %d, %d], found %d values of shape %d",
			name, wanted[2], wanted[3], wanted[4], len(images.Data), images.Shape)
	}
	for i, value := range images.Data {
		if !(value >= 0 && value <= 1) {
			return fmt.Errorf("%s: expected values in [0, 1], found %v at index %d", name, value, i)
		}
	}
	return nil
}

// elements returns the number of elements of a shape, -1 if there is none.
func elements(shape []int64) int {
	count := int64(1)
	for _, size := range shape {
		if size < 0 || size > 0 && count > math.MaxInt32/size {
			return -1
		}
		count *= size
	}
	return int(count)
}
