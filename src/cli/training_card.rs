//! `kyukyu training-card`: a software card for a training station, with the certificate to enrol.

use super::client::secret;
use super::{Failure, out};
use crate::card::software::{CardFile, TRAINING_CARDS, training_card};
use secrecy::ExposeSecret;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// A training card.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "PINは端末でたずねます（標準入力が端末でなければ1行目から読みます）。\n\
カードの鍵は公開されているため、訓練用の保管庫（kyukyu init --training）でしか使えません。\n\
登録: kyukyu admin card enrol 利用者ID --certificate FILE.der --user 管理者のID")]
pub(super) struct Options {
    /// カードの名前: doctor-1, doctor-2, doctor-3
    #[arg(value_parser = name)]
    name: String,
    /// 作成するカードのファイル。登録に使う証明書も、同じ名前（拡張子 .der）で作成します
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

fn name(typed: &str) -> Result<String, String> {
    let known = TRAINING_CARDS.map(|card| card.name);
    if known.contains(&typed) {
        return Ok(typed.to_owned());
    }
    Err(format!("訓練カードは {} のいずれかで指定してください", known.join("・")))
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let certificate = options.file.with_extension("der");
    if let Some(there) = [&options.file, &certificate].into_iter().find(|file| file.exists()) {
        return Err(format!(
            "{} がすでにあります。上書きはしません。別のファイル名を指定してください",
            there.display()
        )
        .into());
    }
    let pin = secret("訓練カードのPIN（4～16桁の数字）: ")?;
    let digits = pin.expose_secret().bytes();
    if !(4..=16).contains(&digits.len()) || !digits.into_iter().all(|b| b.is_ascii_digit()) {
        return Err("PINは半角数字4～16桁で入力してください".into());
    }
    let card = CardFile::training(&options.name, pin)?;
    let der = training_card(&options.name).map(|card| card.certificate).unwrap_or_default();
    card.save(&options.file)?;
    OpenOptions::new().write(true).create_new(true).open(&certificate)?.write_all(der)?;
    out::line(format!("作成しました: {}（証明書 {}）", options.file.display(), certificate.display()));
    Ok(ExitCode::SUCCESS)
}
