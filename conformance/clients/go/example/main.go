// Writes images into a memory, mends damaged ones, draws sixteen new ones: example BUNDLE IMAGES DAMAGED OUT, where
// images are files of bytes, and OUT gets the recalled and the new images as float32.
package main

import (
	"encoding/binary"
	"kanerva"
	"log"
	"os"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	model := must(kanerva.Load(os.Args[1]))
	defer model.Close()
	images := must(model.Episode(must(os.ReadFile(os.Args[2]))))
	damaged := must(model.Episode(must(os.ReadFile(os.Args[3]))))

	memory := must(model.Write(images))
	recall := must(model.Recall(memory, damaged, 3))
	dream := must(model.Generate(memory, 16, 7))

	out := must(os.Create(os.Args[4]))
	must(0, binary.Write(out, binary.LittleEndian, recall.Images.Data))
	must(0, binary.Write(out, binary.LittleEndian, dream.Data))
	must(0, out.Close())
}
