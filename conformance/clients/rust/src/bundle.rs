use crate::Error;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// What this client needs of a bundle.json.
pub struct Bundle {
    folder: PathBuf,
    description: Value,
}

impl Bundle {
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let file = folder.join("bundle.json");
        let description: Value = serde_json::from_slice(&read(&file)?).map_err(|e| {
            Error(format!("{}: expected a bundle's description, found other text ({e})", file.display()))
        })?;
        let (format, version) = (&description["format"], &description["formatVersion"]);
        if format != "kanerva-bundle" || version != 2 {
            let file = file.display();
            return Err(Error(format!(
                "{file}: expected a kanerva-bundle of format version 2, found {format} {version}"
            )));
        }
        Ok(Self { folder: folder.to_owned(), description })
    }

    /// The samples that a memory takes; none where there is no such limit.
    pub fn capacity(&self) -> Option<i64> {
        self.description["settings"]["capacity"].as_i64().filter(|&capacity| capacity > 0)
    }

    /// A graph's file and its bytes, which are those that bundle.json states.
    pub fn graph(&self, name: &str) -> Result<(PathBuf, Vec<u8>), Error> {
        let graph = &self.description["graphs"][name];
        let (Some(file), Some(expected)) = (graph["file"].as_str(), graph["sha256"].as_str()) else {
            // Bundles of earlier versions have no graphs of whole calls.
            return Err(Error(format!(
                "{}: expected the graph '{name}' with its file and sha256, found none; kpp renew adds it to an older \
                 bundle",
                self.folder.join("bundle.json").display()
            )));
        };
        if Path::new(file).file_name() != Some(file.as_ref()) {
            let folder = self.folder.display();
            return Err(Error(format!("{folder}: expected the name of a file in the bundle's folder, found '{file}'")));
        }
        let path = self.folder.join(file);
        let bytes = read(&path)?;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if found != expected {
            let path = path.display();
            return Err(Error(format!("{path}: expected SHA-256 {expected}, as bundle.json states, found {found}")));
        }
        Ok((path, bytes))
    }
}

/// Reads a regular file: a pipe or a device could have no end.
fn read(file: &Path) -> Result<Vec<u8>, Error> {
    let name = file.display();
    match std::fs::metadata(file) {
        Ok(found) if !found.is_file() => {
            Err(Error(format!("{name}: expected a regular file, found a folder, a pipe or a device")))
        }
        Ok(_) => std::fs::read(file).map_err(|e| Error(format!("{name}: expected a readable file, found none ({e})"))),
        Err(e) => Err(Error(format!("{name}: expected a file of the bundle, found none ({e})"))),
    }
}
