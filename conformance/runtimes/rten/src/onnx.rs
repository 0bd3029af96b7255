//! What this program reads of ONNX's messages; the numbers are those of onnx.proto.

use prost::Message;

pub const FLOAT: i32 = 1;
pub const UINT8: i32 = 2;
pub const INT8: i32 = 3;
pub const INT32: i32 = 6;
pub const INT64: i32 = 7;
pub const BOOL: i32 = 9;

#[derive(Clone, PartialEq, Message)]
pub struct ModelProto {
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct GraphProto {
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<Named>,
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfoProto>,
}

/// A TensorProto of which only the name is of interest.
#[derive(Clone, PartialEq, Message)]
pub struct Named {
    #[prost(string, tag = "8")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ValueInfoProto {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TypeProto {
    #[prost(message, optional, tag = "1")]
    pub tensor_type: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorType {
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    #[prost(float, repeated, tag = "4")]
    pub float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub int32_data: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub raw_data: Vec<u8>,
}

impl TensorProto {
    pub fn floats(&self) -> Vec<f32> {
        let raw = self.raw_data.chunks_exact(4).map(|one| f32::from_le_bytes([one[0], one[1], one[2], one[3]]));
        if self.float_data.is_empty() { raw.collect() } else { self.float_data.clone() }
    }

    /// Whole numbers of any width that is known here.
    pub fn integers(&self) -> Box<dyn Iterator<Item = i64> + '_> {
        let width = match self.data_type {
            INT64 => 8,
            INT32 => 4,
            _ => 1,
        };
        let signed = self.data_type != UINT8 && self.data_type != BOOL;
        let raw = self.raw_data.chunks_exact(width).map(move |one| {
            let mut wide = [if signed && one[width - 1] > 127 { 255 } else { 0 }; 8];
            wide[..width].copy_from_slice(one);
            i64::from_le_bytes(wide)
        });
        let narrow = self.int32_data.iter().map(|one| i64::from(*one));
        Box::new(raw.chain(narrow).chain(self.int64_data.iter().copied()))
    }
}
