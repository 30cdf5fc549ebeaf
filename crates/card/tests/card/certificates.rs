//! Real certificates for the stories in which OpenSC and OpenSSL judge, made by OpenSSL once per run.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use card::virtual_card::{KeyAndCertificate, VirtualCardContents};

use crate::daemon::program;
use crate::support::contents;

fn openssl(directory: &Path, arguments: &[&str]) {
    let output = Command::new(program("openssl")).args(arguments).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A certificate for the key of `of` under a new authority.
fn certify(of: &mut KeyAndCertificate, subject: &str, extensions: &str) {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    fs::write(at.join("key.der"), &*of.private_key_pkcs8).unwrap();
    fs::write(at.join("extensions"), extensions).unwrap();
    #[rustfmt::skip]
    openssl(at, &["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
        "-subj", "/C=JP/O=JPKI-DUMMY/OU=Test CA", "-days", "30"]);
    openssl(at, &["pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem"]);
    openssl(at, &["req", "-new", "-key", "key.pem", "-out", "request.pem", "-subj", subject]);
    #[rustfmt::skip]
    openssl(at, &["x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "4711",
        "-days", "30", "-sha256", "-extfile", "extensions", "-outform", "DER", "-out", "certificate.der"]);
    openssl(at, &["x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der"]);
    of.certificate = fs::read(at.join("certificate.der")).unwrap();
    of.ca_certificate = fs::read(at.join("ca.der")).unwrap();
}

/// The usual card, with certificates of its own keys.
pub fn contents_with_certificates() -> VirtualCardContents {
    static CONTENTS: OnceLock<VirtualCardContents> = OnceLock::new();
    let make = || {
        let mut contents = contents();
        certify(
            &mut contents.user_authentication,
            "/C=JP/CN=0000000000000000000003A",
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n",
        );
        let signing = contents.signing.as_mut().unwrap();
        certify(
            signing,
            "/C=JP/L=Tokyo-to/L=Chiyoda-ku/CN=0000000000000000000000000003A",
            "keyUsage=critical,digitalSignature,nonRepudiation\n",
        );
        contents
    };
    CONTENTS.get_or_init(make).clone()
}
