//! Certificates as files: DER, or PEM with one certificate.

use super::Failure;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use x509_cert::der::pem;

/// Label of a certificate.
pub(super) const CERTIFICATE: &str = "CERTIFICATE";
/// Longer files are no certificates.
const LONGEST_BYTES: u64 = 32 * 1024;

/// The DER of a file.
pub(super) fn der(file: &Path, label: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(file).and_then(|opened| opened.take(LONGEST_BYTES + 1).read_to_end(&mut bytes)).map_err(
        |error| format!("{} を読めません。場所と権限を確かめてください（{error}）", file.display()),
    )?;
    if bytes.len() as u64 > LONGEST_BYTES {
        return Err(format!("{} は証明書のファイルではありません（大きすぎます）", file.display()).into());
    }
    match pem::decode_vec(&bytes) {
        Ok((found, der)) if found == label => Ok(der),
        Ok((found, _)) => Err(format!(
            "{} は証明書のファイルではありません（{found}）。証明書のファイルを指定してください",
            file.display()
        )
        .into()),
        Err(_) => Ok(bytes),
    }
}
