//! Where cards come from.

use kyukyu::card::Readers;
use kyukyu::card::line::ErrorReport;
use kyukyu::card::software::SoftwareReaders;
use std::path::PathBuf;

/// The chosen readers.
pub(crate) type Choice = Box<dyn Readers + Send>;

/// The software card where one is named, else the readers of this machine.
pub(crate) fn readers(software_card: Option<PathBuf>) -> Result<Choice, ErrorReport> {
    match software_card {
        Some(file) => Ok(Box::new(SoftwareReaders::new(file))),
        None => real_readers(),
    }
}

#[cfg(feature = "pcsc")]
#[allow(clippy::unnecessary_wraps)] // the other build has none
fn real_readers() -> Result<Choice, ErrorReport> {
    Ok(Box::new(crate::pcsc::PcscReaders::default()))
}

#[cfg(not(feature = "pcsc"))]
fn real_readers() -> Result<Choice, ErrorReport> {
    Err(ErrorReport {
        code: "no_transport".to_owned(),
        message: kyukyu::domain::SafeText::new(
            "このkyukyu-cardはカードリーダーに対応していません。--software-card で訓練カードのファイルを指定してください",
        ),
        tries_left: None,
    })
}
