//! Runs ONNX test cases on rten; the protocol is in ../README.md.

mod onnx;

use onnx::{TensorProto, TypeProto, BOOL, FLOAT, INT32, INT64, INT8, UINT8};
use prost::Message;
use rten::{Model, ModelOptions, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::prelude::*;
use rten_tensor::Tensor;
use std::fs;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Why a case has no outputs: a limit of this program, or what the engine says.
enum Problem {
    Cannot(String),
    Failed(String),
}

impl<E: std::error::Error> From<E> for Problem {
    fn from(error: E) -> Problem {
        Problem::Failed(error.to_string())
    }
}

/// A model for all cases that name it with the same optimisations.
struct Loaded {
    key: (String, String),
    model: Model,
    inputs: Vec<(String, TypeProto)>,
    outputs: Vec<(String, TypeProto)>,
}

fn load(file: &str, optimisations: &str) -> Result<Loaded, Problem> {
    let proto = onnx::ModelProto::decode(&*fs::read(file)?)?.graph.unwrap_or_default();
    let named = |values: &[onnx::ValueInfoProto]| -> Vec<(String, TypeProto)> {
        values.iter().map(|value| (value.name.clone(), value.r#type.clone().unwrap_or_default())).collect()
    };
    // The graph's inputs are those that no initialiser gives a value.
    let mut inputs = named(&proto.input);
    inputs.retain(|(name, _)| !proto.initializer.iter().any(|weight| weight.name == *name));
    let model = ModelOptions::with_all_ops().enable_optimization(optimisations == "on").load_file(file)?;
    Ok(Loaded {
        key: (file.to_string(), optimisations.to_string()),
        model,
        inputs,
        outputs: named(&proto.output),
    })
}

/// Runs a case and writes its outputs; what the engine took.
fn run(loaded: &Loaded, inputs: &Path, outputs: &Path, threads: &Arc<ThreadPool>) -> Result<Duration, Problem> {
    let mut feeds: Vec<(rten::NodeId, ValueOrView)> = vec![];
    for (i, (name, kind)) in loaded.inputs.iter().enumerate() {
        let file = inputs.join(format!("input_{i}.pb"));
        if !file.exists() {
            continue; // an optional input without a value
        }
        if kind.tensor_type.is_none() {
            return Err(Problem::Cannot(format!("the rten adapter passes tensors, and '{name}' is none")));
        }
        feeds.push((loaded.model.node_id(name)?, value(&TensorProto::decode(&*fs::read(file)?)?, name)?.into()));
    }
    let mut ids = vec![];
    for (name, _) in &loaded.outputs {
        ids.push(loaded.model.node_id(name)?);
    }
    let options = RunOptions::default().with_thread_pool(Some(threads.clone()));
    let start = Instant::now();
    let results = loaded.model.run(feeds, &ids, Some(options))?;
    let taken = start.elapsed();
    fs::create_dir_all(outputs)?;
    for (i, ((name, kind), result)) in loaded.outputs.iter().zip(&results).enumerate() {
        let declared = kind.tensor_type.as_ref().map_or(0, |tensor| tensor.elem_type);
        let message = encode(name, result, declared)?.encode_to_vec();
        fs::write(outputs.join(format!("output_{i}.pb")), message)?;
    }
    Ok(taken)
}

/// An input as rten has it: int64 and booleans are its int32.
fn value(tensor: &TensorProto, name: &str) -> Result<Value, Problem> {
    let shape: Vec<usize> = tensor.dims.iter().map(|size| *size as usize).collect();
    Ok(match tensor.data_type {
        FLOAT => Tensor::from_data(&shape, tensor.floats()).into(),
        INT8 => Tensor::from_data(&shape, tensor.integers().map(|one| one as i8).collect::<Vec<_>>()).into(),
        UINT8 => Tensor::from_data(&shape, tensor.integers().map(|one| one as u8).collect::<Vec<_>>()).into(),
        INT32 | INT64 | BOOL => {
            let mut values = vec![];
            for one in tensor.integers() {
                values.push(i32::try_from(one).map_err(|_| {
                    Problem::Failed(format!("rten has int32 for int64, which does not hold {one} of '{name}'"))
                })?);
            }
            Tensor::from_data(&shape, values).into()
        }
        other => return Err(Problem::Failed(format!("rten has no element type {other} (ONNX's number) for '{name}'"))),
    })
}

/// An output of the declared type.
fn encode(name: &str, value: &Value, declared: i32) -> Result<TensorProto, Problem> {
    let (own, shape, data) = match value {
        Value::FloatTensor(tensor) => (FLOAT, tensor.shape().to_vec(), bytes(tensor.iter().map(|one| one.to_le_bytes()))),
        Value::Int8Tensor(tensor) => (INT8, tensor.shape().to_vec(), bytes(tensor.iter().map(|one| one.to_le_bytes()))),
        Value::UInt8Tensor(tensor) => (UINT8, tensor.shape().to_vec(), bytes(tensor.iter().map(|one| one.to_le_bytes()))),
        Value::Int32Tensor(tensor) if declared == INT64 => {
            (INT64, tensor.shape().to_vec(), bytes(tensor.iter().map(|one| i64::from(*one).to_le_bytes())))
        }
        Value::Int32Tensor(tensor) if declared == BOOL => {
            (BOOL, tensor.shape().to_vec(), bytes(tensor.iter().map(|one| [u8::from(*one != 0)])))
        }
        Value::Int32Tensor(tensor) => {
            (INT32, tensor.shape().to_vec(), bytes(tensor.iter().map(|one| one.to_le_bytes())))
        }
        _ => return Err(Problem::Cannot(format!("the rten adapter passes tensors, and output '{name}' is none"))),
    };
    if declared != 0 && declared != own {
        return Err(Problem::Failed(format!(
            "rten has no element type {declared} (ONNX's number) for output '{name}', and gives {own}"
        )));
    }
    Ok(TensorProto {
        name: name.to_string(),
        dims: shape.iter().map(|size| *size as i64).collect(),
        data_type: own,
        raw_data: data,
        ..TensorProto::default()
    })
}

fn bytes<const N: usize>(values: impl Iterator<Item = [u8; N]>) -> Vec<u8> {
    values.flatten().collect()
}

fn main() {
    println!("about\trten {}", "0.27.0");
    std::panic::set_hook(Box::new(|_| {})); // a panic is reported below, like an error
    let file = std::env::args().nth(1).expect("expected a file of jobs");
    let jobs = fs::read_to_string(file).expect("expected a readable file of jobs");
    let threads = Arc::new(ThreadPool::with_num_threads(1));
    let mut loaded: Option<Loaded> = None;
    for (number, line) in jobs.lines().enumerate() {
        let job: Vec<&str> = line.split('\t').collect();
        let answer = catch_unwind(AssertUnwindSafe(|| {
            if !loaded.as_ref().is_some_and(|one| one.key.0 == job[0] && one.key.1 == job[3]) {
                loaded = None;
                loaded = Some(load(job[0], job[3])?);
            }
            run(loaded.as_ref().expect("it was loaded"), Path::new(job[1]), Path::new(job[2]), &threads)
        }));
        let (kind, why) = match answer {
            Ok(Ok(taken)) => {
                println!("done\t{number}\t{}", taken.as_secs_f64() * 1e3);
                continue;
            }
            Ok(Err(Problem::Cannot(why))) => ("cannot", why),
            Ok(Err(Problem::Failed(why))) => ("failed", why),
            Err(panic) => {
                let text = panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()));
                ("failed", format!("panic: {}", text.unwrap_or_default()))
            }
        };
        println!("{kind}\t{number}\t{}", why.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}
