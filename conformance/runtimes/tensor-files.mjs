// ONNX TensorProto messages (the .pb files of the ONNX project's test layout) for the JavaScript runtimes, without
// dependencies.

const INT64 = 7;
const UINT64 = 13;

/** Element types by TensorProto.DataType: the name in ONNX Runtime's JavaScript API, the array class and the field. */
export const TYPES = new Map([
  [1, { name: 'float32', array: Float32Array, field: 4 }],
  [2, { name: 'uint8', array: Uint8Array, field: 5 }],
  [3, { name: 'int8', array: Int8Array, field: 5 }],
  [4, { name: 'uint16', array: Uint16Array, field: 5 }],
  [5, { name: 'int16', array: Int16Array, field: 5 }],
  [6, { name: 'int32', array: Int32Array, field: 5 }],
  [INT64, { name: 'int64', array: BigInt64Array, field: 7 }],
  [8, { name: 'string', array: Array, field: 6 }],
  [9, { name: 'bool', array: Uint8Array, field: 5 }],
  [10, { name: 'float16', array: Uint16Array, field: 5 }],
  [11, { name: 'float64', array: Float64Array, field: 10 }],
  [12, { name: 'uint32', array: Uint32Array, field: 11 }],
  [UINT64, { name: 'uint64', array: BigUint64Array, field: 11 }],
]);

/** What an adapter cannot pass between files and the engine, whatever the engine could do. */
export class Limit extends Error {}

/** Decodes a message: { name, type, dims, data }; type is the API's name of the element type. */
export function decodeTensor(bytes) {
  const reader = new Reader(bytes);
  const tensor = { dims: [], number: 0, name: '', raw: null, values: [] };
  while (reader.more()) {
    const tag = Number(reader.varint());
    const [field, wire] = [tag >>> 3, tag & 7];
    if (field === 1) {
      reader.integers(wire, (value) => tensor.dims.push(Number(value)));
    } else if (field === 2) {
      tensor.number = Number(reader.varint());
    } else if (field === 8) {
      tensor.name = new TextDecoder().decode(reader.block());
    } else if (field === 9) {
      tensor.raw = reader.block();
    } else if (field === 4 || field === 10) {
      reader.floats(wire, field === 4 ? 4 : 8, tensor.values);
    } else if (field === 5 || field === 7 || field === 11) {
      reader.integers(wire, (value) => tensor.values.push(value));
    } else if (field === 6) {
      tensor.values.push(new TextDecoder().decode(reader.block()));
    } else {
      reader.skip(wire);
    }
  }
  const type = TYPES.get(tensor.number);
  if (type === undefined) {
    throw new Limit(`the JavaScript adapter passes no tensors of ONNX element type ${tensor.number}`);
  }
  return { name: tensor.name, type: type.name, dims: tensor.dims, data: values(tensor, type) };
}

function values(tensor, type) {
  if (type.array === Array) {
    return tensor.values;
  }
  if (tensor.raw !== null) {
    const copy = new Uint8Array(tensor.raw); // aligned, unlike a part of a file
    return new type.array(copy.buffer, 0, copy.byteLength / type.array.BYTES_PER_ELEMENT);
  }
  if (type.field === 4 || type.field === 10) {
    return type.array.from(tensor.values);
  }
  const signed = (v) => BigInt.asIntN(64, v);
  const wide = tensor.number === INT64 ? signed : tensor.number === UINT64 ? (v) => v : (v) => Number(signed(v));
  return type.array.from(tensor.values, wide);
}

/** Encodes a tensor, with elements in raw_data (strings in string_data). */
export function encodeTensor(name, type, dims, data) {
  const entry = [...TYPES].find(([, candidate]) => candidate.name === type);
  if (entry === undefined) {
    throw new Limit(`the JavaScript adapter passes no tensors of type '${type}'`);
  }
  const parts = [];
  for (const size of dims) {
    parts.push([0x08], varint(BigInt(size)));
  }
  parts.push([0x10], varint(BigInt(entry[0])));
  if (type === 'string') {
    for (const text of data) {
      const bytes = new TextEncoder().encode(text);
      parts.push([0x32], varint(BigInt(bytes.length)), bytes);
    }
  }
  const label = new TextEncoder().encode(name);
  parts.push([0x42], varint(BigInt(label.length)), label);
  if (type !== 'string') {
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    parts.push([0x4a], varint(BigInt(raw.length)), raw);
  }
  const message = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) {
      bytes.push(Number(rest));
      return bytes;
    }
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  more() {
    return this.at < this.bytes.length;
  }

  varint() {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) {
        throw new Error('expected an ONNX tensor, found a truncated one');
      }
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
  }

  block() {
    const length = Number(this.varint());
    if (this.at + length > this.bytes.length) {
      throw new Error('expected an ONNX tensor, found a truncated one');
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  integers(wire, add) {
    if (wire === 0) {
      add(this.varint());
      return;
    }
    const packed = new Reader(this.block());
    while (packed.more()) {
      add(packed.varint());
    }
  }

  floats(wire, width, values) {
    const end = wire === 2 ? Number(this.varint()) + this.at : this.at + width;
    for (; this.at < end; this.at += width) {
      values.push(width === 4 ? this.view.getFloat32(this.at, true) : this.view.getFloat64(this.at, true));
    }
  }

  skip(wire) {
    if (wire === 0) {
      this.varint();
    } else if (wire === 2) {
      this.block();
    } else {
      this.at += wire === 1 ? 8 : 4;
    }
  }
}
