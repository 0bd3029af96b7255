//! Exported Kanerva++ models on ONNX Runtime: an episode of images is written into a memory, recalled from damaged
//! images, and new images are drawn from it. The same seed gives the same images in every language.
//!
//! ONNX Runtime's shared library is the one that the environment variable `ORT_DYLIB_PATH` names, else the system's.

mod bundle;
mod graph;
mod sampler;

use bundle::Bundle;
use graph::Graph;
pub use sampler::NormalSampler;
use std::path::Path;
use std::sync::Arc;

/// What was refused, and why: one sentence.
#[derive(Debug)]
pub struct Error(String);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Elements are row-major.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    pub shape: Vec<i64>,
    pub data: Vec<f32>,
}

/// Memories of T samples each; they belong to the model that wrote them.
pub struct Memory {
    model: Arc<()>,
    memory: Tensor,
    pointers: Tensor,
    contents: Tensor,
    features: Tensor,
}

/// The last iteration's images, [B, Q, Cx, Hx, Wx] in [0, 1], and which sample each query found, [B, Q].
#[derive(Debug)]
pub struct Recall {
    pub images: Tensor,
    pub samples: Vec<i64>,
}

/// A model, open for inference with one thread per call.
pub struct Kanerva {
    model: Arc<()>,
    capacity: Option<i64>,
    write: Graph,
    index: Graph,
    recall: Graph,
    generate: Graph,
}

impl Kanerva {
    /// Opens a bundle's folder, whose graphs must have the digests that bundle.json states. No more of it is checked.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let bundle = Bundle::open(folder.as_ref())?;
        let look_up = ["contents", "features", "pointers", "queries"];
        let model = Self {
            model: Arc::new(()),
            capacity: bundle.capacity(),
            write: Graph::open(&bundle, "write", &["images"], &["memory", "pointers"])?,
            index: Graph::open(&bundle, "index", &["memory", "pointers"], &["contents", "features"])?,
            recall: Graph::open(&bundle, "recall", &look_up, &["recalled", "sample"])?,
            generate: Graph::open(&bundle, "generate", &["memory", "key_noise", "noise"], &["generated"])?,
        };
        model.write.check("images", 5)?;
        model.generate.check("key_noise", 4)?;
        model.generate.check("noise", 3)?;
        Ok(model)
    }

    /// [Cx, Hx, Wx].
    pub fn image_shape(&self) -> &[i64] {
        &self.write.shape("images")[2..]
    }

    /// Makes an episode [1, N, Cx, Hx, Wx] of N images whose values are bytes: 0 is 0, 255 is 1.
    pub fn episode(&self, pixels: &[u8]) -> Result<Tensor, Error> {
        let image = self.image_shape().iter().product::<i64>() as usize;
        if pixels.is_empty() || pixels.len() % image != 0 {
            let found = pixels.len();
            return Err(Error(format!("pixels: expected a multiple of {image} bytes, an image each, found {found}")));
        }
        let mut shape = vec![1, (pixels.len() / image) as i64];
        shape.extend(self.image_shape());
        let data = pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        Ok(Tensor { shape, data })
    }

    /// Writes B episodes of T samples, [B, T, Cx, Hx, Wx] in [0, 1], into a memory each, and prepares look-ups in it.
    pub fn write(&mut self, episodes: &Tensor) -> Result<Memory, Error> {
        self.check_images("episodes", episodes)?;
        let samples = episodes.shape[1];
        if let Some(capacity) = self.capacity.filter(|&capacity| samples > capacity) {
            return Err(Error(format!(
                "out of memory: expected at most {capacity} samples in one memory, found {samples}"
            )));
        }
        let mut written = self.write.run(&[("images", episodes)])?;
        let (memory, pointers) = (written.floats("memory"), written.floats("pointers"));
        let mut index = self.index.run(&[("memory", &memory), ("pointers", &pointers)])?;
        Ok(Memory {
            model: Arc::clone(&self.model),
            memory,
            pointers,
            contents: index.floats("contents"),
            features: index.floats("features"),
        })
    }

    /// Finds queries [B, Q, Cx, Hx, Wx] in memories by their content, and reads what was found; the images are the next
    /// iteration's queries.
    pub fn recall(&mut self, memory: &Memory, queries: &Tensor, iterations: usize) -> Result<Recall, Error> {
        self.check_model(memory)?;
        self.check_images("queries", queries)?;
        let (memories, shape) = (memory.memory.shape[0], &queries.shape);
        if shape[0] != memories {
            return Err(Error(format!("queries: expected {memories} rows, one per memory, found shape {shape:?}")));
        }
        if iterations < 1 {
            return Err(Error(format!("iterations: expected at least 1, found {iterations}")));
        }
        let mut recall = Recall { images: queries.clone(), samples: Vec::new() };
        for _ in 0..iterations {
            let mut results = self.recall.run(&[
                ("contents", &memory.contents),
                ("features", &memory.features),
                ("pointers", &memory.pointers),
                ("queries", &recall.images),
            ])?;
            recall = Recall { images: results.floats("recalled"), samples: results.integers("sample") };
        }
        Ok(recall)
    }

    /// Draws `count` images from each memory, [B, count, Cx, Hx, Wx] in [0, 1].
    pub fn generate(&mut self, memory: &Memory, count: usize, seed: i64) -> Result<Tensor, Error> {
        self.check_model(memory)?;
        if count < 1 {
            return Err(Error(format!("count: expected at least 1, found {count}")));
        }
        let memories = memory.memory.shape[0];
        let images = self.image_shape().iter().product::<i64>();
        let noises = ["key_noise", "noise"].map(|name| self.generate.shape(name)[2..].iter().product::<i64>());
        let most = i64::from(i32::MAX) / (memories * images.max(noises[0]).max(noises[1]));
        if count > most as usize {
            return Err(Error(format!("count: expected at most {most}, found {count}")));
        }
        let mut sampler = NormalSampler::new(seed);
        let mut noise = |dimensions: &[i64]| {
            let mut shape = vec![memories, count as i64];
            shape.extend(&dimensions[2..]);
            let elements = shape.iter().product::<i64>() as usize;
            Tensor { shape, data: sampler.by_ref().take(elements).map(|number| number as f32).collect() }
        };
        let keys = noise(self.generate.shape("key_noise"));
        let latents = noise(self.generate.shape("noise"));
        let mut drawn = self.generate.run(&[
            ("memory", &memory.memory),
            ("pointers", &memory.pointers),
            ("key_noise", &keys),
            ("noise", &latents),
        ])?;
        Ok(drawn.floats("generated"))
    }

    fn check_model(&self, memory: &Memory) -> Result<(), Error> {
        if Arc::ptr_eq(&self.model, &memory.model) {
            return Ok(());
        }
        Err(Error("memory: expected one that this model wrote, found one of another model".to_owned()))
    }

    /// Refuses another shape than [B, T, Cx, Hx, Wx] and values outside [0, 1].
    fn check_images(&self, name: &str, images: &Tensor) -> Result<(), Error> {
        let (wanted, found) = (self.write.shape("images"), &images.shape);
        let fits = |(&size, &wanted): (&i64, &i64)| size >= 1 && (wanted < 0 || size == wanted);
        let elements = found.iter().try_fold(1, |product: i64, &size| product.checked_mul(size));
        let count = images.data.len();
        if found.len() != wanted.len() || !found.iter().zip(wanted).all(fits) || elements != Some(count as i64) {
            let sizes: Vec<String> = self.image_shape().iter().map(i64::to_string).collect();
            let expected = sizes.join(", ");
            return Err(Error(format!(
                "{name}: expected shape [B, T, {expected}], found {count} values of shape {found:?}"
            )));
        }
        match images.data.iter().position(|value| !(0.0..=1.0).contains(value)) {
            Some(i) => Err(Error(format!("{name}: expected values in [0, 1], found {} at index {i}", images.data[i]))),
            None => Ok(()),
        }
    }
}
