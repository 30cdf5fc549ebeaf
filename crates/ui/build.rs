//! Lists `src/locale/<language>/<area>.ftl` into the binary, so that a new area of words is three new files and nothing
//! else.

use std::{env, fs, path::Path, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("src/locale");
    let mut list = String::from("&[\n");
    for language in ["ja", "ja-easy", "en"] {
        let directory = root.join(language);
        println!("cargo::rerun-if-changed={}", directory.display());
        let mut files: Vec<PathBuf> =
            fs::read_dir(&directory)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
        files.retain(|path| path.extension().is_some_and(|e| e == "ftl"));
        files.sort();
        for path in files {
            println!("cargo::rerun-if-changed={}", path.display());
            let area = path.file_stem().and_then(|n| n.to_str()).ok_or("an area has a plain file name")?;
            list.push_str(&format!("    ({language:?}, {area:?}, include_str!({:?})),\n", path.display().to_string()));
        }
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("locale.rs"), list)?;
    Ok(())
}
