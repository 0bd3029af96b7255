use kanerva::{Error, Kanerva, Tensor};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

const BUNDLES: &str = "../../../models/bundles/";

fn message<T>(result: Result<T, Error>) -> String {
    result.err().map_or("nothing refused".to_owned(), |error| error.to_string())
}

#[test]
fn what_does_not_fit_is_refused_in_one_sentence() {
    let [mut model, mut other] = [0, 1].map(|_| Kanerva::load(format!("{BUNDLES}fashion-mnist")).unwrap());
    let images = model.episode(&[0; 2 * 784]).unwrap();
    let memory = model.write(&images).unwrap();
    let tensor = |shape: [i64; 5], count: usize| Tensor { shape: shape.to_vec(), data: vec![0.0; count] };
    let mut nan = tensor([1, 1, 1, 28, 28], 784);
    nan.data[5] = f32::NAN;
    for (found, expected) in [
        (
            message(Kanerva::load(format!("{BUNDLES}none"))),
            "../../../models/bundles/none/bundle.json: expected a file of the bundle, found none",
        ),
        (message(model.episode(&[0; 785])), "pixels: expected a multiple of 784 bytes, an image each, found 785"),
        (
            message(model.write(&tensor([1, 1, 1, 28, 27], 756))),
            "episodes: expected shape [B, T, 1, 28, 28], found 756 values of shape [1, 1, 1, 28, 27]",
        ),
        (
            message(model.write(&tensor([1, 2, 1, 28, 28], 784))),
            "episodes: expected shape [B, T, 1, 28, 28], found 784 values of shape [1, 2, 1, 28, 28]",
        ),
        (message(model.write(&nan)), "episodes: expected values in [0, 1], found NaN at index 5"),
        (
            message(model.recall(&memory, &tensor([2, 1, 1, 28, 28], 2 * 784), 1)),
            "queries: expected 1 rows, one per memory, found shape [2, 1, 1, 28, 28]",
        ),
        (message(model.recall(&memory, &images, 0)), "iterations: expected at least 1, found 0"),
        (message(model.generate(&memory, 0, 1)), "count: expected at least 1, found 0"),
        (message(model.generate(&memory, 1 << 31, 1)), "count: expected at most 2739137, found 2147483648"),
        (
            message(other.generate(&memory, 1, 1)),
            "memory: expected one that this model wrote, found one of another model",
        ),
    ] {
        assert!(found.starts_with(expected), "expected '{expected}', found '{found}'");
    }
}

#[test]
fn a_bundle_of_an_earlier_version_is_refused_with_what_renews_it() {
    let folder = folder("older", &["bundle.json"]);
    let json = fs::read_to_string(folder.join("bundle.json")).unwrap();
    fs::write(folder.join("bundle.json"), json.replace("\"write\"", "\"other\"")).unwrap();
    let found = message(Kanerva::load(&folder));
    let expected =
        "bundle.json: expected the graph 'write' with its file and sha256, found none; kpp renew adds it to \
                    an older bundle";
    assert!(found.ends_with(expected), "expected '{expected}', found '{found}'");
}

#[test]
fn graphs_that_are_missing_or_not_those_that_were_described_are_refused() {
    let folder = folder("changed", &["bundle.json"]);
    let found = message(Kanerva::load(&folder));
    assert!(found.contains("write.onnx: expected a file of the bundle, found none"), "found '{found}'");
    let described = digest(&fs::read(format!("{BUNDLES}fashion-mnist/write.onnx")).unwrap());
    fs::copy(format!("{BUNDLES}fashion-mnist/index.onnx"), folder.join("write.onnx")).unwrap();
    let other = digest(&fs::read(folder.join("write.onnx")).unwrap());
    let found = message(Kanerva::load(&folder));
    let expected = format!("write.onnx: expected SHA-256 {described}, as bundle.json states, found {other}");
    assert!(found.ends_with(&expected), "expected '{expected}', found '{found}'");
}

#[test]
fn more_samples_than_a_pooled_memory_takes_are_refused() {
    let mut model = Kanerva::load(format!("{BUNDLES}mnist-pooled-fp16")).unwrap();
    let json: Value =
        serde_json::from_slice(&fs::read(format!("{BUNDLES}mnist-pooled-fp16/bundle.json")).unwrap()).unwrap();
    let capacity = json["settings"]["capacity"].as_u64().unwrap() as usize;
    let images = model.episode(&vec![0; (capacity + 1) * 784]).unwrap();
    let found = message(model.write(&images));
    let expected = format!("out of memory: expected at most {capacity} samples in one memory, found {}", capacity + 1);
    assert_eq!(found, expected);
}

#[test]
fn numbers_of_a_graph_that_are_not_finite_are_refused() {
    let folder = folder("not-finite", &["bundle.json", "write.onnx", "index.onnx", "recall.onnx", "generate.onnx"]);
    let mut graph = fs::read(folder.join("write.onnx")).unwrap();
    let described = digest(&graph);
    let middle = graph.len() / 2;
    graph[middle..middle + 8].fill(0xFF); // a weight becomes NaN, wherever it begins
    let json = fs::read_to_string(folder.join("bundle.json")).unwrap();
    fs::write(folder.join("bundle.json"), json.replace(&described, &digest(&graph))).unwrap();
    fs::write(folder.join("write.onnx"), graph).unwrap();
    let mut model = Kanerva::load(&folder).unwrap();
    let images = model.episode(&[0; 784]).unwrap();
    let found = message(model.write(&images));
    assert!(found.ends_with("write.onnx: expected finite numbers in 'memory', found NaN"), "found '{found}'");
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a folder of files of a bundle.
fn folder(name: &str, files: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder); // of an earlier run, if there was one
    fs::create_dir_all(&folder).unwrap();
    for file in files {
        fs::copy(format!("{BUNDLES}fashion-mnist/{file}"), folder.join(file)).unwrap();
    }
    folder
}
