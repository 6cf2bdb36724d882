//! What is shipped for administrators, as the tests use it: nothing of it is repeated here, only its gaps are filled.

use std::fs;
use std::path::{Path, PathBuf};

/// Where what is shipped lies.
pub fn packaged(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(name)
}

/// A shipped file with its gaps filled: each is there, or the test fails.
pub fn filled(name: &str, gaps: &[(&str, &str)]) -> String {
    let mut text = fs::read_to_string(packaged(name)).unwrap();
    for (gap, value) in gaps {
        assert!(text.contains(gap), "{name} has no {gap:?} any more");
        text = text.replace(gap, value);
    }
    text
}
