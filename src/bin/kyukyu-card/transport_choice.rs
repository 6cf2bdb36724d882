//! Where cards come from.

use kyukyu::card::Readers;
use kyukyu::card::line::ErrorReport;
use kyukyu::card::software::SoftwareReaders;
use kyukyu::domain::SafeText;
use std::path::PathBuf;

/// The chosen readers.
pub(crate) type Choice = Box<dyn Readers + Send>;

/// The software card where one is named. This build has no other transport.
pub(crate) fn readers(software_card: Option<PathBuf>) -> Result<Choice, ErrorReport> {
    match software_card {
        Some(file) => Ok(Box::new(SoftwareReaders::new(file))),
        None => Err(ErrorReport {
            code: "no_transport".to_owned(),
            message: SafeText::new(
                "このkyukyu-cardはカードリーダーに対応していません。--software-card で訓練カードのファイルを指定してください",
            ),
            tries_left: None,
        }),
    }
}
