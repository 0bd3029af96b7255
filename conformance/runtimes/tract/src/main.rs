//! Runs ONNX test cases on tract; the protocol is in ../README.md.

use prost::Message;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tract_onnx::pb::{tensor_proto::DataType, TensorProto};
use tract_onnx::prelude::*;
use tract_onnx::tensor::load_tensor;
use tract_onnx::tract_core::internal::*;

/// How the message begins that names a limit of this program, whatever the engine could do.
const LIMIT: &str = "the tract adapter passes no outputs of type";

/// A graph for the sizes of a case's inputs, and these.
struct Loaded {
    key: Vec<String>,
    plan: Arc<TypedSimplePlan>,
    feeds: TVec<TValue>,
    names: Vec<String>,
}

fn load(model: &str, inputs: &Path, optimise: bool, key: Vec<String>) -> TractResult<Loaded> {
    let onnx = tract_onnx::onnx();
    let mut graph = onnx.model_for_path(model)?;
    let mut feeds = tvec![];
    for i in 0..graph.input_outlets()?.len() {
        let file = inputs.join(format!("input_{i}.pb"));
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let tensor = load_tensor(&*onnx.provider, &TensorProto::decode(&*bytes)?, None)?;
        graph.set_input_fact(i, InferenceFact::dt_shape(tensor.datum_type(), tensor.shape()))?;
        feeds.push(tensor.into_tvalue());
    }
    let names: Vec<String> = graph
        .output_outlets()?
        .iter()
        .map(|outlet| graph.outlet_label(*outlet).unwrap_or_default().to_string())
        .collect();
    let plan = if optimise { graph.into_optimized()? } else { graph.into_typed()? }.into_runnable()?;
    Ok(Loaded { key, plan, feeds, names })
}

/// Runs a case and writes its outputs; what the engine took.
fn run(loaded: &Loaded, outputs: &Path) -> TractResult<Duration> {
    let start = Instant::now();
    let results = loaded.plan.run(loaded.feeds.clone())?;
    let taken = start.elapsed();
    std::fs::create_dir_all(outputs)?;
    for (i, result) in results.iter().enumerate() {
        let message = encode(&loaded.names[i], result)?.encode_to_vec();
        std::fs::write(outputs.join(format!("output_{i}.pb")), message)?;
    }
    Ok(taken)
}

fn encode(name: &str, value: &Tensor) -> TractResult<TensorProto> {
    // Computed sizes have tract's own type.
    let is_size = value.datum_type() == TDim::datum_type();
    let cast = if is_size { value.cast_to::<i64>()?.into_owned() } else { value.clone() };
    let number = match cast.datum_type().unquantized() {
        DatumType::F32 => DataType::Float,
        DatumType::F64 => DataType::Double,
        DatumType::F16 => DataType::Float16,
        DatumType::I8 => DataType::Int8,
        DatumType::U8 => DataType::Uint8,
        DatumType::I16 => DataType::Int16,
        DatumType::U16 => DataType::Uint16,
        DatumType::I32 => DataType::Int32,
        DatumType::U32 => DataType::Uint32,
        DatumType::I64 => DataType::Int64,
        DatumType::U64 => DataType::Uint64,
        DatumType::Bool => DataType::Bool,
        other => bail!("{LIMIT} {other:?}"),
    };
    Ok(TensorProto {
        name: name.to_string(),
        dims: cast.shape().iter().map(|size| *size as i64).collect(),
        data_type: number as i32,
        raw_data: cast.as_bytes().to_vec(),
        ..TensorProto::default()
    })
}

fn main() {
    println!("about\ttract {}", "0.23.9");
    std::panic::set_hook(Box::new(|_| {})); // a panic is reported below, like an error
    let file = std::env::args().nth(1).expect("expected a file of jobs");
    let jobs = std::fs::read_to_string(file).expect("expected a readable file of jobs");
    let mut loaded: Option<Loaded> = None;
    for (number, line) in jobs.lines().enumerate() {
        let job: Vec<&str> = line.split('\t').collect();
        let answer = catch_unwind(AssertUnwindSafe(|| {
            // A case that is repeated, to be timed, keeps its plan.
            let key = vec![job[0].to_string(), job[1].to_string(), job[3].to_string()];
            if loaded.as_ref().is_none_or(|one| one.key != key) {
                loaded = None;
                loaded = Some(load(job[0], Path::new(job[1]), job[3] == "on", key)?);
            }
            run(loaded.as_ref().expect("it was loaded"), Path::new(job[2]))
        }));
        let problem = match answer {
            Ok(Ok(taken)) => {
                println!("done\t{number}\t{}", taken.as_secs_f64() * 1e3);
                continue;
            }
            Ok(Err(problem)) => format!("{problem:#}"),
            Err(panic) => {
                let text = panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()));
                format!("panic: {}", text.unwrap_or_default())
            }
        };
        let kind = if problem.starts_with(LIMIT) { "cannot" } else { "failed" };
        println!("{kind}\t{number}\t{}", problem.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}
