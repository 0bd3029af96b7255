//! Writes images into a memory, mends damaged ones, draws sixteen new ones: example BUNDLE IMAGES DAMAGED OUT, where
//! images are files of bytes, and OUT gets the recalled and the new images as float32.
use kanerva::Kanerva;
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let mut model = Kanerva::load(&arguments[1])?;
    let images = model.episode(&fs::read(&arguments[2])?)?;
    let damaged = model.episode(&fs::read(&arguments[3])?)?;

    let memory = model.write(&images)?;
    let recall = model.recall(&memory, &damaged, 3)?;
    let dream = model.generate(&memory, 16, 7)?;

    let numbers = recall.images.data.iter().chain(&dream.data);
    fs::write(&arguments[4], numbers.flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())?;
    Ok(())
}
