// ONNX TensorProto messages: the .pb files of the ONNX project's test layout.
#ifndef TENSOR_H
#define TENSOR_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MAX_RANK = 16 };

// Row-major little-endian elements of the type that TensorProto.DataType numbers. `data` belongs to the tensor.
typedef struct {
    int type;
    size_t rank;
    int64_t shape[MAX_RANK];
    size_t bytes;
    unsigned char *data;
} Tensor;

// Bytes that one element takes; 0 for what is no number.
size_t element_width(int type);

// Reads a file; NULL if all went well, else what is wrong. The caller frees tensor->data either way.
const char *read_tensor(const char *file, Tensor *tensor);

// Writes a file; NULL if all went well, else what is wrong.
const char *write_tensor(const char *file, const char *name, const Tensor *tensor);

#endif
