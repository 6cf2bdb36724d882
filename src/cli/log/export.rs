//! `kyukyu log export`: the log as a bundle, or in a format that others read; page by page, into a place that is new.
//!
//! Whatever is written is built under another name and renamed when it is whole, so that no half of it is ever taken
//! for all of it. The station has it on record before it begins, and is told how it ended.

mod bundle;
mod pages;
mod place;
mod view;

use super::super::client::wrong_fields;
use super::super::{Failure, WrongUsage};
use crate::client::Client;
use crate::log::search::Draft;
use crate::protocol::{Request, ViewFormat};
use pages::Pages;
use place::Place;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to write, and where.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// 書き出す形式
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Bundle)]
    format: Format,
    /// 新しく作るフォルダ（bundle）またはファイル（csv・atna・fhir）。すでにあるものは上書きしません
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// この日時からの記録だけを書き出します（csv・atna・fhir のみ。例 2026-11-01、"令和8年11月1日 03:15"）
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// この日時までの記録だけを書き出します（その日・その分を含みます）
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
}

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// 操作ログ全体。プログラムなしで検証できるフォルダ（証拠になるのはこの形式だけです）
    Bundle,
    /// 表計算ソフトで開く表。1行に1件
    Csv,
    /// DICOM PS3.15 の AuditMessage（IHE ATNA）。1行に1件のXML
    Atna,
    /// FHIR R4 の AuditEvent。1行に1件のJSON（NDJSON）
    Fhir,
}

impl Format {
    fn view(self) -> Option<ViewFormat> {
        match self {
            Self::Bundle => None,
            Self::Csv => Some(ViewFormat::Csv),
            Self::Atna => Some(ViewFormat::Atna),
            Self::Fhir => Some(ViewFormat::Fhir),
        }
    }
}

impl Options {
    /// Says before anybody logs in what cannot be done.
    pub(super) fn refuse(&self) -> Result<(), Failure> {
        if self.format == Format::Bundle && (self.from.is_some() || self.until.is_some()) {
            let words = "bundle は操作ログ全体を書き出すため、--from と --until は使えません。期間で分けるときは --format csv などを指定してください";
            return Err(WrongUsage::of(words));
        }
        self.period().check().map_err(|wrong| wrong_fields(&wrong))?;
        Place::refuse(&self.to)
    }

    fn period(&self) -> Draft {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Draft { from: text(&self.from), to: text(&self.until), ..Draft::default() }
    }
}

pub(super) fn run(client: &mut Client, options: &Options, json: bool) -> Result<ExitCode, Failure> {
    let to = std::path::absolute(&options.to).unwrap_or_else(|_| options.to.clone()).display().to_string();
    match options.format.view() {
        None => {
            let place = Place::folder(&options.to)?;
            let mut pages = Pages::begin(client, Request::ExportLog { to })?;
            let written = bundle::write(&mut pages, place.path()).and_then(|()| place.keep());
            let begun = pages.end(written.is_ok(), None);
            written?;
            bundle::tell(&begun, &options.to, json);
            Ok(ExitCode::SUCCESS)
        }
        Some(format) => {
            let (place, file) = Place::file(&options.to)?;
            let Draft { from, to: until, .. } = options.period();
            let all = from.is_empty() && until.is_empty();
            let mut pages = Pages::begin(client, Request::ExportLogAs { format, to, from, until })?;
            let written = view::write(&mut pages, &place, file, format, all);
            let written = written.and_then(|written| place.keep().map(|()| written));
            let sha256 = written.as_ref().ok().map(|written| written.sha256.clone());
            let begun = pages.end(written.is_ok(), sha256);
            Ok(view::tell(&begun, &written?, format, &options.to, json))
        }
    }
}
