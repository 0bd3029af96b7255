// ONNX TensorProto messages, the .pb files of the ONNX project's test layout.
#ifndef TENSOR_H
#define TENSOR_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MAX_RANK = 16 };

// Row-major little-endian elements; `type` is a TensorProto.DataType. The tensor owns `data`.
typedef struct {
    int type;
    size_t rank;
    int64_t shape[MAX_RANK];
    size_t bytes;
    unsigned char *data;
} Tensor;

// Returns the bytes per element; 0 if the type is not numeric.
size_t element_width(int type);

// Reads a file; returns NULL or an error message. The caller frees tensor->data in both cases.
const char *read_tensor(const char *file, Tensor *tensor);

// Writes a file; returns NULL or an error message.
const char *write_tensor(const char *file, const char *name, const Tensor *tensor);

#endif
