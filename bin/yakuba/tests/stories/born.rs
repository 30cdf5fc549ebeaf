//! The demo city the stories play in is born once for this build and copied for each of them: a birth makes a pair of RSA
//! keys for every sample card, and each story runs in a process of its own.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Residents of the city: enough for every sample and some ordinary families.
const RESIDENTS: u32 = 80;

/// Lays a demo city into `directory`, as if it had just been born there. Leaves one that is there already as it is.
pub fn into(directory: &Path) {
    if directory.join("complete").is_file() {
        return;
    }
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = fs::File::create(place.join("born.lock")).unwrap();
    lock.lock().unwrap();
    let template = place.join(format!("born-{}", build()));
    if !template.join("complete").is_file() {
        // What earlier builds left, and half of one of this build after a kill.
        for entry in fs::read_dir(place).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
            if entry.file_name().to_string_lossy().starts_with("born-") {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        }
        drop(yakuba::birth::demo(&template, RESIDENTS, 1, &mut |_| {}).unwrap_or_else(|_| panic!("no city was born")));
    }
    copy(&template, directory);
}

/// Stands for the program these stories were built with.
fn build() -> String {
    let file = fs::metadata(std::env::current_exe().unwrap()).unwrap();
    let built = file.modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
    format!("{}-{}", built.as_nanos(), file.len())
}

/// Copies a directory with the rights of everything in it: keys are their owner's alone.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
