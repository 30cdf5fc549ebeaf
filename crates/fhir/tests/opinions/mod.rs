//! What three validators nobody here wrote say of resources: `fhirkit-rs` (PyPI), `fhir` and `@medplum/core` (npm).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// `python-of-tests` or `node`, from beside the build or from the machine.
fn tool(name: &str) -> PathBuf {
    // <target>/<profile>/deps/<this test>
    let beside = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("tools/bin").join(name);
    if beside.is_file() { beside } else { name.into() }
}

/// What each of the three says of each resource: the number of errors.
pub fn opinions(resources: &[Value]) -> Vec<[u64; 3]> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fhir/tests/opinion.py");
    let node = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/clients/fhir.mjs");
    let said = [("python-of-tests", own), ("node", node)].map(|(program, script)| {
        let mut child = Command::new(tool(program))
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} cannot be run ({error}): scripts/setup test installs it"));
        child.stdin.take().unwrap().write_all(serde_json::to_string(resources).unwrap().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{program} ended early");
        serde_json::from_slice::<Vec<Vec<u64>>>(&output.stdout).unwrap()
    });
    let [python, node] = said;
    python.iter().zip(&node).map(|(one, two)| [one[0], two[0], two[1]]).collect()
}
