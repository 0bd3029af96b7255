#include "tensor.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const unsigned char *at, *end;
} Span;

size_t element_width(int type) {
    static const unsigned char widths[17] = {0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8, 0, 0, 2};
    return type > 0 && type < 17 ? widths[type] : 0;
}

static uint64_t varint(Span *span) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && span->at < span->end; shift += 7) {
        unsigned char byte = *span->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    span->at = span->end = NULL; // truncated
    return 0;
}

static Span block(Span *span) {
    uint64_t length = varint(span);
    if (span->at == NULL || length > (uint64_t)(span->end - span->at)) {
        span->at = span->end = NULL;
        return (Span){NULL, NULL};
    }
    Span taken = {span->at, span->at + length};
    span->at = taken.end;
    return taken;
}

static void append(Tensor *tensor, size_t *capacity, const void *bytes, size_t count) {
    if (tensor->bytes + count > *capacity) {
        *capacity = 2 * (tensor->bytes + count);
        unsigned char *larger = realloc(tensor->data, *capacity);
        if (larger == NULL) {
            abort();
        }
        tensor->data = larger;
    }
    memcpy(tensor->data + tensor->bytes, bytes, count);
    tensor->bytes += count;
}

// Reads a field of integers, packed or not: dimensions into the shape, elements into the data.
static void integers(Tensor *tensor, size_t *capacity, Span *span, int field, int wire) {
    Span packed = *span;
    if (wire == 2) {
        packed = block(span);
    }
    do {
        if (wire == 2 && packed.at == packed.end) {
            return;
        }
        uint64_t value = varint(&packed);
        if (field == 1) {
            if (tensor->rank < MAX_RANK) {
                tensor->shape[tensor->rank] = (int64_t)value;
            }
            tensor->rank++;
        } else {
            append(tensor, capacity, &value, sizeof value); // narrowed when the type is known
        }
    } while (wire == 2 && packed.at != NULL);
    if (wire == 0) {
        *span = packed;
    }
}

static const char *decode(Span span, Tensor *tensor) {
    size_t capacity = 0;
    int wide = 0;
    while (span.at < span.end) {
        uint64_t tag = varint(&span);
        int field = (int)(tag >> 3), wire = (int)(tag & 7);
        if (field == 2 && wire == 0) {
            tensor->type = (int)varint(&span);
        } else if (field == 1 || field == 5 || field == 7 || field == 11) {
            wide |= field != 1;
            integers(tensor, &capacity, &span, field, wire);
        } else if (wire == 0) {
            varint(&span);
        } else if (wire == 2) {
            Span content = block(&span);
            if (content.at != NULL && (field == 4 || field == 9 || field == 10)) {
                append(tensor, &capacity, content.at, (size_t)(content.end - content.at));
            }
        } else {
            size_t width = wire == 1 ? 8 : 4;
            if ((size_t)(span.end - span.at) < width) {
                return "expected a tensor, found a truncated one";
            }
            if (field == 4 || field == 10) {
                append(tensor, &capacity, span.at, width);
            }
            span.at += width;
        }
        if (span.at == NULL) {
            return "expected a tensor, found a truncated one";
        }
    }
    size_t width = element_width(tensor->type);
    if (wide && width > 0) {
        for (size_t i = 0; i < tensor->bytes / 8; i++) {
            memmove(tensor->data + i * width, tensor->data + i * 8, width);
        }
        tensor->bytes = tensor->bytes / 8 * width;
    }
    size_t elements = 1;
    for (size_t axis = 0; axis < tensor->rank && axis < MAX_RANK; axis++) {
        elements *= (size_t)tensor->shape[axis];
    }
    return width == 0 ? "the C adapter passes numbers only, and an input has another type"
        : tensor->rank > MAX_RANK ? "the C adapter passes at most 16 dimensions, and an input has more"
        : elements * width != tensor->bytes ? "expected as many elements as the shape says, found another number"
        : NULL;
}

const char *read_tensor(const char *file, Tensor *tensor) {
    memset(tensor, 0, sizeof *tensor);
    FILE *in = fopen(file, "rb");
    if (in == NULL) {
        return "expected an input file, found none";
    }
    fseek(in, 0, SEEK_END);
    long length = ftell(in);
    rewind(in);
    unsigned char *message = malloc(length > 0 ? (size_t)length : 1);
    const char *problem = "expected a readable input file, found an error";
    if (message != NULL && length >= 0 && fread(message, 1, (size_t)length, in) == (size_t)length) {
        problem = decode((Span){message, message + length}, tensor);
    }
    free(message);
    fclose(in);
    return problem;
}

static void put_varint(FILE *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
        fputc((int)(value & 0x7f) | 0x80, out);
    }
    fputc((int)value, out);
}

static void put_block(FILE *out, int field, const void *bytes, size_t length) {
    put_varint(out, (uint64_t)field << 3 | 2);
    put_varint(out, length);
    if (length > 0) {
        fwrite(bytes, 1, length, out);
    }
}

const char *write_tensor(const char *file, const char *name, const Tensor *tensor) {
    FILE *out = fopen(file, "wb");
    if (out == NULL) {
        return "expected to create an output file, found an error";
    }
    for (size_t axis = 0; axis < tensor->rank; axis++) {
        put_varint(out, 1 << 3);
        put_varint(out, (uint64_t)tensor->shape[axis]);
    }
    put_varint(out, 2 << 3);
    put_varint(out, (uint64_t)tensor->type);
    put_block(out, 8, name, strlen(name));
    put_block(out, 9, tensor->data, tensor->bytes);
    int failed = ferror(out);
    return fclose(out) != 0 || failed ? "expected to write an output file, found an error" : NULL;
}
