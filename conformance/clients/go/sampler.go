package kanerva

import (
	"math"
	"math/bits"
)

// philox runs ten rounds of Philox4x32 over a counter and a key, the lowest word first.
func philox(counter [4]uint32, key [2]uint32) [4]uint32 {
	for range 10 {
		high0, low0 := bits.Mul32(0xD2511F53, counter[0])
		high1, low1 := bits.Mul32(0xCD9E8D57, counter[2])
		counter = [4]uint32{high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0}
		key[0] += 0x9E3779B9
		key[1] += 0xBB67AE85
	}
	return counter
}

// NormalSampler draws the standard normal numbers of a seed, the same ones in every language: see
// conformance/SAMPLER.md.
type NormalSampler struct {
	key   [2]uint32
	block uint64
	ready []float64
}

// NewNormalSampler starts the sequence of a seed.
func NewNormalSampler(seed int64) *NormalSampler {
	return &NormalSampler{key: [2]uint32{uint32(seed), uint32(uint64(seed) >> 32)}}
}

// Next returns the next number of the sequence.
func (s *NormalSampler) Next() float64 {
	if len(s.ready) == 0 {
		words := philox([4]uint32{uint32(s.block), uint32(s.block >> 32)}, s.key)
		s.block++
		for i := 0; i < 4; i += 2 {
			length := math.Sqrt(-2 * math.Log(uniform(words[i])))
			sin, cos := math.Sincos(2 * math.Pi * uniform(words[i+1]))
			s.ready = append(s.ready, length*cos, length*sin)
		}
	}
	next := s.ready[0]
	s.ready = s.ready[1:]
	return next
}

// Tensor returns the next numbers, row-major, as a tensor of this shape.
func (s *NormalSampler) Tensor(shape ...int64) Tensor {
	data := make([]float32, elements(shape))
	for i := range data {
		data[i] = float32(s.Next())
	}
	return Tensor{shape, data}
}

func uniform(word uint32) float64 {
	return (float64(word) + 0.5) * 0x1p-32
}
