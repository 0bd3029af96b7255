package kanerva

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// A description is what this client needs of bundle.json.
type description struct {
	Format        string
	FormatVersion int
	Settings      struct{ Capacity int64 }
	Graphs        map[string]struct{ File, Sha256 string }
}

func describe(folder string) (*description, error) {
	file := filepath.Join(folder, "bundle.json")
	data, err := read(file)
	if err != nil {
		return nil, err
	}
	found := &description{}
	if err := json.Unmarshal(data, found); err != nil {
		return nil, fmt.Errorf("%s: expected a bundle's description, found other text (%w)", file, err)
	}
	if found.Format != "kanerva-bundle" || found.FormatVersion != 2 {
		return nil, fmt.Errorf("%s: expected a kanerva-bundle of format version 2, found %s %d",
			file, found.Format, found.FormatVersion)
	}
	for _, name := range []string{"write", "index", "recall", "generate"} {
		graph := found.Graphs[name]
		if graph.File == "" || graph.Sha256 == "" {
			// Bundles of earlier versions have no graphs of whole calls.
			return nil, fmt.Errorf("%s: expected the graph '%s' with its file and sha256, found none; "+
				"kpp renew adds it to an older bundle", file, name)
		}
		if filepath.Base(graph.File) != graph.File {
			return nil, fmt.Errorf("%s: expected the name of a file in the bundle's folder, found '%s'", file, graph.File)
		}
	}
	return found, nil
}

// read reads a regular file: a pipe or a device could have no end.
func read(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("%s: expected a file of the bundle, found none (%w)", file, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: expected a regular file, found a folder, a pipe or a device", file)
	}
	return os.ReadFile(file)
}
