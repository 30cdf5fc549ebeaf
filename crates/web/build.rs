//! Lists `assets/*` into the binary, each under a name that holds a hash of its content, so that browsers may keep it
//! for ever. A new asset is one new file and nothing else.

use std::{env, fs, path::Path, path::PathBuf};

/// FNV-1a: only tells contents apart, protects nothing.
fn content_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn mime(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "ico" => "image/x-icon",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        _ => return None,
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("assets");
    println!("cargo::rerun-if-changed={}", directory.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&directory)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut list = String::from("&[\n");
    for path in files {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let Some(mime) = mime(extension) else { continue };
        println!("cargo::rerun-if-changed={}", path.display());
        let stem = path.file_stem().and_then(|n| n.to_str()).ok_or("an asset has a plain file name")?;
        let hash = content_hash(&fs::read(&path)?);
        list.push_str(&format!(
            "    Asset {{ name: \"{stem}.{extension}\", path: \"/assets/{stem}.{hash:016x}.{extension}\", mime: {mime:?}, \
             bytes: include_bytes!({:?}) }},\n",
            path.display().to_string()
        ));
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("assets.rs"), list)?;
    Ok(())
}
