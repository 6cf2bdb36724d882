//! `kyukyu log show`: pages of the log, filtered as on the screen.

use super::super::client::{ask, wrong_fields};
use super::super::{Failure, WrongUsage, out};
use crate::client::Client;
use crate::log::search::Draft;
use crate::protocol::{Reply, Request};
use std::process::ExitCode;

/// What to show. Several options must all hold.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Filter {
    /// 患者で絞り込みます。項目=値（id, name, birthdate, insurer, number, reference）をコンマで区切ります。
    /// 項目を付けない値は氏名・カナです。氏名は全体を指定します（完全一致。例 --patient "山田太郎,birthdate=S30.11.3"）
    #[arg(long, value_name = "PATIENT")]
    patient: Option<String>,
    /// 操作した利用者のIDで絞り込みます
    #[arg(long, value_name = "ID")]
    operator: Option<String>,
    /// この日時から（西暦・和暦。例 2026-11-23、"令和8年11月23日 03:15"）
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// この日時まで（その日・その分を含みます）
    // The name of the option in earlier versions goes on working.
    #[arg(long, alias = "to", value_name = "DATE")]
    until: Option<String>,
    /// 種別で絞り込みます（繰り返し可）。区分 login, case, enquiry, viewing, review, people, refusals, log, station、
    /// または --json の kind の値
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// 症例の仮番号で絞り込みます（例 20261123-001）
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
}

impl Filter {
    /// What is asked for, or before anybody logs in what is wrong with it.
    pub(super) fn draft(&self) -> Result<Draft, Failure> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let mut draft = Draft {
            user: text(&self.operator),
            from: text(&self.from),
            to: text(&self.until),
            kinds: self.kind.clone(),
            case: text(&self.case),
            ..Draft::default()
        };
        for part in self.patient.iter().flat_map(|patient| patient.split([',', '、'])) {
            let (name, value) = part.split_once('=').unwrap_or(("name", part));
            let field = match name.trim() {
                "id" => &mut draft.patient_id,
                "name" => &mut draft.name,
                "birthdate" => &mut draft.birthdate,
                "insurer" => &mut draft.insurer_number,
                "number" => &mut draft.number,
                "reference" => &mut draft.reference_number,
                other => {
                    return Err(WrongUsage::of(format!(
                        "--patient の項目「{other}」はありません。id, name, birthdate, insurer, number, reference のいずれかを指定してください"
                    )));
                }
            };
            value.trim().clone_into(field);
        }
        draft.check().map_err(|wrong| wrong_fields(&wrong))?;
        Ok(draft)
    }
}

/// Shows up to `most` entries, newest first.
pub(super) fn run(
    client: &mut Client,
    draft: &Draft,
    own: bool,
    most: usize,
    json: bool,
) -> Result<ExitCode, Failure> {
    let (mut before, mut left) = (None, most);
    loop {
        let request = if *draft == Draft::default() {
            Request::ReadLog { before, own }
        } else {
            Request::SearchLog { filter: Box::new(draft.clone()), before, own }
        };
        let Reply::Log(page) = ask(client, request)? else {
            return Err("ステーションの応答が正しくありません".into());
        };
        if !json && before.is_none() && !page.words.is_empty() {
            out::note(format!("絞り込み: {}", page.words));
            if !draft.name.trim().is_empty() {
                out::note(Draft::NAME_ALONE);
            }
        }
        if !json && before.is_none() && page.lines.is_empty() {
            out::note("該当する記録はありません");
        }
        for line in page.lines.iter().take(left) {
            if json {
                out::json(line);
            } else {
                let training = if line.training { "【訓練】" } else { "" };
                out::line(format!(
                    "{:>8} {} {training}{} {} {}",
                    line.seq, line.at, line.user, line.terminal, line.words
                ));
            }
        }
        left = left.saturating_sub(page.lines.len());
        before = page.lines.last().map(|line| line.seq);
        if !page.more || left == 0 || before.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_is_named_in_parts() {
        let of = |patient: &str| Filter { patient: Some(patient.to_owned()), ..Filter::default() }.draft();
        let draft = of("山田 太郎,birthdate=S30.11.3、number=12").unwrap();
        let (name, birthdate, number) = (draft.name, draft.birthdate, draft.number);
        assert_eq!((name.as_str(), birthdate.as_str(), number.as_str()), ("山田 太郎", "S30.11.3", "12"));
        assert!(of("sex=1").unwrap_err().to_string().contains("項目「sex」はありません"));
    }
}
