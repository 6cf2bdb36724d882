//! OpenSC and openssl: clients that share nothing with this project.

use super::cards::{Layout, PIN};
use std::path::Path;
use std::process::{Command, Output};

/// Runs a program that has to succeed.
pub fn run(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| {
        panic!("{program}: {error}; apt-get install opensc openssl");
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    output
}

/// What OpenSC takes the card in the first reader for.
pub fn card_name() -> String {
    String::from_utf8(run("opensc-tool", &["--name"]).stdout).unwrap().trim().to_owned()
}

/// A signature of the card in the first reader, made by OpenSC's PKCS#11 module.
pub fn sign(folder: &Path, message: &[u8]) -> Vec<u8> {
    let (from, to) = (folder.join("message"), folder.join("signature"));
    std::fs::write(&from, message).unwrap();
    let common = ["--module", "opensc-pkcs11.so", "--login", "--pin", PIN, "--sign", "--id", "01"];
    let files = ["--input-file", from.to_str().unwrap(), "--output-file", to.to_str().unwrap()];
    run("pkcs11-tool", &[&common[..], &["--mechanism", "SHA256-RSA-PKCS"], &files].concat());
    std::fs::read(to).unwrap()
}

/// openssl verifies the signature with the certificate that lies in the card.
pub fn verify(folder: &Path, layout: &Layout, hash: &str, message: &[u8], signature: &[u8]) {
    let place = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    for (name, bytes) in [("card.der", layout.certificate()), ("signed", message), ("to-verify", signature)] {
        std::fs::write(place(name), bytes).unwrap();
    }
    let key = ["x509", "-inform", "DER", "-in", &place("card.der"), "-pubkey", "-noout"];
    std::fs::write(place("key.pem"), run("openssl", &key).stdout).unwrap();
    let verify = ["dgst", hash, "-verify", &place("key.pem"), "-signature", &place("to-verify")];
    run("openssl", &[&verify[..], &[&place("signed")]].concat());
}
