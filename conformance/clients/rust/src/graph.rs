use crate::bundle::Bundle;
use crate::{Error, Tensor};
use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::Session;
use ort::value::{Outlet, TensorRef};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Loads ONNX Runtime's library once per process.
fn environment() -> Result<&'static Environment, Error> {
    static ENVIRONMENT: OnceLock<Result<Environment, String>> = OnceLock::new();
    let start = || {
        // Version 1.29 reports to its maker as soon as it is loaded, unless this is set.
        if std::env::var_os("ORT_DISABLE_TELEMETRY").is_none() {
            std::env::set_var("ORT_DISABLE_TELEMETRY", "1");
        }
        let library = match std::env::var_os("ORT_DYLIB_PATH") {
            Some(path) if !path.is_empty() => PathBuf::from(path),
            _ => PathBuf::from(format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)),
        };
        let expected = "ORT_DYLIB_PATH: expected ONNX Runtime's shared library there or in the system, found none";
        let builder = ort::init_from(library).map_err(|e| format!("{expected} ({e})"))?;
        builder.with_name("kanerva").build().map_err(|e| e.to_string())
    };
    ENVIRONMENT.get_or_init(start).as_ref().map_err(|message| Error(message.clone()))
}

/// A graph of a bundle.
pub struct Graph {
    file: PathBuf,
    session: Session,
}

impl Graph {
    pub fn open(bundle: &Bundle, name: &str, inputs: &[&str], outputs: &[&str]) -> Result<Self, Error> {
        let (file, bytes) = bundle.graph(name)?;
        let environment = environment()?;
        // Errors are returned: the engine need not print them as well.
        let opened = Session::builder(environment)
            .and_then(|builder| Ok(builder.with_log_level(LogLevel::Fatal)?.with_intra_threads(1)?))
            .and_then(|mut builder| builder.commit_from_memory(&bytes));
        let session = opened.map_err(|e| {
            Error(format!("{}: expected a graph that ONNX Runtime loads, found another ({e})", file.display()))
        })?;
        for (what, wanted, found) in [("inputs", inputs, session.inputs()), ("outputs", outputs, session.outputs())] {
            let found: Vec<&str> = found.iter().map(Outlet::name).collect();
            if !wanted.iter().all(|name| found.contains(name)) {
                let file = file.display();
                return Err(Error(format!("{file}: expected the {what} {wanted:?}, found {found:?}")));
            }
        }
        Ok(Self { file, session })
    }

    /// Refuses a graph whose input has another rank, or sizes from the third dimension on that are not fixed.
    pub fn check(&self, input: &str, rank: usize) -> Result<(), Error> {
        let (file, shape) = (self.file.display(), self.shape(input));
        if shape.len() == rank && shape[2..].iter().all(|&size| size >= 1) {
            return Ok(());
        }
        Err(Error(format!("{file}: expected {rank} dimensions of '{input}', all but two fixed, found {shape:?}")))
    }

    /// The sizes of an input's dimensions; dynamic ones are -1.
    pub fn shape(&self, input: &str) -> &[i64] {
        let found = self.session.inputs().iter().find(|outlet| outlet.name() == input);
        found.and_then(|outlet| outlet.dtype().tensor_shape()).map_or(&[], |shape| shape)
    }

    /// Feeds those tensors that the graph takes; returns its float32 and its int64 outputs.
    pub fn run(&mut self, tensors: &[(&str, &Tensor)]) -> Result<Results, Error> {
        let file = self.file.display();
        let problem = |e: ort::Error| Error(format!("{file}: expected a run without errors, found one ({e})"));
        let mut feeds = Vec::new();
        for (name, tensor) in tensors {
            if self.session.inputs().iter().any(|input| input.name() == *name) {
                let view = (tensor.shape.as_slice(), tensor.data.as_slice());
                feeds.push((*name, TensorRef::from_array_view(view).map_err(problem)?));
            }
        }
        let mut results = Results::default();
        for (name, value) in &self.session.run(feeds).map_err(problem)? {
            if name == "sample" {
                let (_, data) = value.try_extract_tensor::<i64>().map_err(problem)?;
                results.integers.insert(name.to_owned(), data.to_vec());
                continue;
            }
            let (shape, data) = value.try_extract_tensor::<f32>().map_err(problem)?;
            if let Some(other) = data.iter().find(|number| !number.is_finite()) {
                return Err(Error(format!("{file}: expected finite numbers in '{name}', found {other}")));
            }
            let tensor = Tensor { shape: shape.to_vec(), data: data.to_vec() };
            results.floats.insert(name.to_owned(), tensor);
        }
        Ok(results)
    }
}

/// The results of a run by their names.
#[derive(Default)]
pub struct Results {
    floats: HashMap<String, Tensor>,
    integers: HashMap<String, Vec<i64>>,
}

impl Results {
    /// Takes an output that [`Graph::open`] required.
    pub fn floats(&mut self, name: &str) -> Tensor {
        self.floats.remove(name).unwrap_or_default()
    }

    pub fn integers(&mut self, name: &str) -> Vec<i64> {
        self.integers.remove(name).unwrap_or_default()
    }
}
