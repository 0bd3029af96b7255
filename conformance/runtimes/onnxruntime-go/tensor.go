package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	ort "github.com/yalue/onnxruntime_go"
	"google.golang.org/protobuf/encoding/protowire"
)

// The content of an ONNX TensorProto: row-major little-endian elements; elementType is a TensorProto.DataType.
type tensor struct {
	elementType int
	shape       []int64
	data        []byte
	strings     []string
}

const text = 8

// Bytes per element, by element type.
var widths = map[int]int{1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}

func decodeTensor(message []byte) (*tensor, error) {
	t := &tensor{}
	var floats, doubles []byte
	var integers []uint64
	raw := false
	for len(message) > 0 {
		field, wire, length := protowire.ConsumeTag(message)
		if length < 0 {
			return nil, protowire.ParseError(length)
		}
		message = message[length:]
		length = protowire.ConsumeFieldValue(field, wire, message)
		if length < 0 {
			return nil, protowire.ParseError(length)
		}
		value := message[:length]
		message = message[length:]
		switch field {
		case 1:
			for _, size := range varints(wire, value) {
				t.shape = append(t.shape, int64(size))
			}
		case 2:
			number, _ := protowire.ConsumeVarint(value)
			t.elementType = int(number)
		case 4:
			floats = append(floats, block(wire, value)...)
		case 10:
			doubles = append(doubles, block(wire, value)...)
		case 5, 7, 11:
			integers = append(integers, varints(wire, value)...)
		case 6:
			t.strings = append(t.strings, string(block(wire, value)))
		case 9:
			t.data, raw = block(wire, value), true
		}
	}
	if t.elementType == text {
		return t, nil
	}
	width, known := widths[t.elementType]
	if !known {
		return nil, limit(fmt.Sprintf("the Go adapter passes numbers only, found ONNX element type %d", t.elementType))
	}
	if !raw {
		switch t.elementType {
		case 1:
			t.data = floats
		case 11:
			t.data = doubles
		default:
			for _, value := range integers {
				var word [8]byte
				binary.LittleEndian.PutUint64(word[:], value)
				t.data = append(t.data, word[:width]...)
			}
		}
	}
	return t, nil
}

func block(wire protowire.Type, value []byte) []byte {
	if wire == protowire.BytesType {
		value, _ = protowire.ConsumeBytes(value)
	}
	return value
}

func varints(wire protowire.Type, value []byte) []uint64 {
	var list []uint64
	for packed := block(wire, value); len(packed) > 0; {
		number, length := protowire.ConsumeVarint(packed)
		if length < 0 {
			return list
		}
		list = append(list, number)
		packed = packed[length:]
	}
	return list
}

func (t *tensor) value() (ort.Value, error) {
	elements := int64(1)
	for _, size := range t.shape {
		elements *= size
	}
	if t.elementType == text {
		return t.text(elements)
	}
	if elements*int64(widths[t.elementType]) != int64(len(t.data)) || elements > math.MaxInt32 {
		return nil, fmt.Errorf(
			"expected %d elements of ONNX element type %d, found %d bytes", elements, t.elementType, len(t.data))
	}
	switch t.elementType {
	case 1:
		return numbers[float32](t)
	case 2:
		return numbers[uint8](t)
	case 3:
		return numbers[int8](t)
	case 4:
		return numbers[uint16](t)
	case 5:
		return numbers[int16](t)
	case 6:
		return numbers[int32](t)
	case 7:
		return numbers[int64](t)
	case 9:
		return numbers[bool](t)
	case 11:
		return numbers[float64](t)
	case 12:
		return numbers[uint32](t)
	case 13:
		return numbers[uint64](t)
	}
	if len(t.shape) == 0 || elements == 0 {
		return nil, limit(fmt.Sprintf(
			"the Go binding has no scalars and no empty tensors of ONNX element type %d", t.elementType))
	}
	return ort.NewCustomDataTensor(ort.NewShape(t.shape...), t.data, ort.TensorElementDataType(t.elementType))
}

func (t *tensor) text(elements int64) (ort.Value, error) {
	if len(t.shape) == 0 {
		return nil, limit("the Go binding has no scalars of strings")
	}
	if elements != int64(len(t.strings)) {
		return nil, fmt.Errorf("expected %d strings, found %d", elements, len(t.strings))
	}
	value, err := ort.NewStringTensor(ort.NewShape(t.shape...))
	if err != nil {
		return nil, err
	}
	return value, value.SetContents(t.strings)
}

func numbers[T ort.TensorData](t *tensor) (ort.Value, error) {
	var width T
	elements := make([]T, len(t.data)/int(unsafe.Sizeof(width)))
	copy(raw(elements), t.data)
	if len(t.shape) == 0 {
		return ort.NewScalar(elements[0])
	}
	return ort.NewTensor(ort.NewShape(t.shape...), elements)
}

// A scalar to be filled by a run: the binding makes tensors itself, but no scalars.
func scalar(elementType int) (ort.Value, error) {
	data := make([]byte, 8)
	return (&tensor{elementType: elementType, data: data[:widths[elementType]]}).value()
}

func encodeTensor(name string, value ort.Value) ([]byte, error) {
	words, isText := value.(*ort.StringTensor)
	var data []byte
	if !isText {
		var err error
		if data, err = contents(value); err != nil {
			return nil, err
		}
	}
	var message []byte
	for _, size := range value.GetShape() {
		message = protowire.AppendVarint(protowire.AppendTag(message, 1, protowire.VarintType), uint64(size))
	}
	message = protowire.AppendVarint(protowire.AppendTag(message, 2, protowire.VarintType), uint64(value.DataType()))
	if isText {
		list, err := words.GetContents()
		if err != nil {
			return nil, err
		}
		for _, word := range list {
			message = protowire.AppendString(protowire.AppendTag(message, 6, protowire.BytesType), word)
		}
		return protowire.AppendString(protowire.AppendTag(message, 8, protowire.BytesType), name), nil
	}
	message = protowire.AppendString(protowire.AppendTag(message, 8, protowire.BytesType), name)
	return protowire.AppendBytes(protowire.AppendTag(message, 9, protowire.BytesType), data), nil
}

func contents(value ort.Value) ([]byte, error) {
	switch t := value.(type) {
	case *ort.Tensor[float32]:
		return raw(t.GetData()), nil
	case *ort.Scalar[float32]:
		return raw([]float32{t.GetData()}), nil
	case *ort.Tensor[float64]:
		return raw(t.GetData()), nil
	case *ort.Scalar[float64]:
		return raw([]float64{t.GetData()}), nil
	case *ort.Tensor[int8]:
		return raw(t.GetData()), nil
	case *ort.Scalar[int8]:
		return raw([]int8{t.GetData()}), nil
	case *ort.Tensor[uint8]:
		return raw(t.GetData()), nil
	case *ort.Scalar[uint8]:
		return raw([]uint8{t.GetData()}), nil
	case *ort.Tensor[int16]:
		return raw(t.GetData()), nil
	case *ort.Scalar[int16]:
		return raw([]int16{t.GetData()}), nil
	case *ort.Tensor[uint16]:
		return raw(t.GetData()), nil
	case *ort.Scalar[uint16]:
		return raw([]uint16{t.GetData()}), nil
	case *ort.Tensor[int32]:
		return raw(t.GetData()), nil
	case *ort.Scalar[int32]:
		return raw([]int32{t.GetData()}), nil
	case *ort.Tensor[uint32]:
		return raw(t.GetData()), nil
	case *ort.Scalar[uint32]:
		return raw([]uint32{t.GetData()}), nil
	case *ort.Tensor[int64]:
		return raw(t.GetData()), nil
	case *ort.Scalar[int64]:
		return raw([]int64{t.GetData()}), nil
	case *ort.Tensor[uint64]:
		return raw(t.GetData()), nil
	case *ort.Scalar[uint64]:
		return raw([]uint64{t.GetData()}), nil
	case *ort.Tensor[bool]:
		return raw(t.GetData()), nil
	case *ort.Scalar[bool]:
		return raw([]bool{t.GetData()}), nil
	default:
		// The binding returns only half of a float16 output's bytes.
		return nil, limit(fmt.Sprintf("the Go binding has no outputs of ONNX element type %d", value.DataType()))
	}
}

// Returns the elements' bytes; all machines that ONNX Runtime supports are little-endian.
func raw[T any](elements []T) []byte {
	if len(elements) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&elements[0])), len(elements)*int(unsafe.Sizeof(elements[0])))
}
