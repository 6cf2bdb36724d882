//! The kinds of cards: those compiled in, and those of a file.

use kyukyu::card::Profiles;
use kyukyu::card::line::ErrorReport;
use kyukyu::data_file;
use kyukyu::domain::SafeText;
use std::path::Path;

/// All of them.
pub(crate) fn load(file: Option<&Path>) -> Result<Profiles, ErrorReport> {
    let Some(path) = file else { return Ok(Profiles::builtin()) };
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        refused(&format!("カードの種類のファイル {name} を読めません。{}", data_file::what_to_do(&error)))
    })?;
    Profiles::builtin()
        .with_file(&text)
        .map_err(|error| refused(&format!("カードの種類のファイル {name} の {error}")))
}

fn refused(message: &str) -> ErrorReport {
    ErrorReport { code: "profiles".to_owned(), message: SafeText::new(message), tries_left: None }
}
