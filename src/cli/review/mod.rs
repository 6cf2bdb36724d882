//! `kyukyu review …`: looking back at emergency accesses (E4), and telling patients about them (D8).

mod closed;
mod explain;
mod month;
mod paper;
mod report;
mod which;

use super::client::{Login, ask, log_in, log_out};
use super::{Failure, out};
use crate::client::{Client, ClientFault};
use crate::domain::explanation::ExplainedTo;
use crate::domain::review::{ReviewId, Verdict};
use crate::protocol::reviews::{ReviewRow, ReviewView};
use crate::protocol::{Reply, Request};
use crate::terminal::width;
use clap::Subcommand;
use month::ReportMonth;
use std::process::ExitCode;
use which::Which;

/// Looking back.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    login: Login,
    /// 結果をJSONで出力します（エラーは標準エラー出力に文章で出ます。終了コードで判定してください）
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 未了の事後確認を優先・古い順に、または完了した事後確認を新しい順に表示します（表示したことも記録されます。--json では1行に1件のJSON）
    List {
        /// 期限を過ぎたものだけを表示します
        #[arg(long, conflicts_with = "closed")]
        overdue: bool,
        /// 完了したものを、判定・確認者・所見とともに表示します
        #[arg(long)]
        closed: bool,
        /// この月の照会・閲覧などについてのものだけを表示します（例 2026-11）
        #[arg(long, value_name = "YYYY-MM", requires = "closed")]
        month: Option<ReportMonth>,
    },
    /// 事後確認を1件表示します（誰が・いつ・なぜ・同意・本人確認・表示した情報）
    Show {
        /// 事後確認の番号（例 R000012）
        id: ReviewId,
    },
    /// 事後確認に判定を記録して完了します。閲覧や判断に関わった人はできず、完了後は変更できません
    Close {
        /// 事後確認の番号
        id: ReviewId,
        /// 判定: 適正, 要確認, 不適正
        #[arg(long, value_name = "WORD")]
        verdict: Verdict,
        /// 所見
        #[arg(long, value_name = "WORDS")]
        words: String,
    },
    /// 完了した事後確認を見直すため、新しい事後確認（再確認）を開きます
    Again {
        /// 完了した事後確認の番号
        id: ReviewId,
        /// 見直す理由
        #[arg(long, value_name = "WORDS")]
        words: String,
    },
    /// 1か月の報告を、印刷用の文書（80桁）または表（CSV）で標準出力に書き出します
    Report {
        /// 対象の月（例 2026-11）
        #[arg(long, value_name = "YYYY-MM")]
        month: ReportMonth,
        /// 表計算ソフト用のCSVで書き出します
        #[arg(long)]
        csv: bool,
    },
    /// 患者にお渡しする説明書（A4で1枚）を標準出力に書き出します
    Slip {
        /// 照会の番号、または照会についての事後確認の番号（例 R000012）
        enquiry: Which,
    },
    /// 患者への事後説明
    #[command(subcommand)]
    Explanations(Explanations),
    /// 事後説明をしたことを記録します
    Explained {
        /// 照会の番号、または照会についての事後確認の番号（例 R000012）
        enquiry: Which,
        /// 説明した相手: 本人, 家族, 代理人, 説明できない
        #[arg(long, value_name = "WORD")]
        to: ExplainedTo,
        /// 説明した人の氏名
        #[arg(long, value_name = "NAME")]
        by: String,
        /// 説明の内容（説明できないときはその事情）
        #[arg(long, value_name = "WORDS")]
        words: String,
    },
    /// 患者・家族からの異議を記録します（優先の事後確認が開かれます）
    Objection {
        /// 照会の番号、または照会についての事後確認の番号（例 R000012）
        enquiry: Which,
        /// 異議の内容
        #[arg(long, value_name = "WORDS")]
        words: String,
    },
}

#[derive(Debug, Subcommand)]
enum Explanations {
    /// 説明がまだの照会を古い順に、または説明済みの照会を新しい順に表示します（--json では全件で1つの配列）
    List {
        /// 説明済みのものを表示します（説明のあとの異議の記録や、説明書の再発行に使います）
        #[arg(long)]
        given: bool,
    },
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let (mut client, _) = log_in(&options.login)?;
    let (client, json) = (&mut client, options.json);
    let done = match &options.what {
        What::List { closed: true, month, .. } => closed::list(client, *month, json),
        What::List { overdue, .. } => list(client, *overdue, json),
        What::Show { id } => show(client, Request::ShowReview { review: id.clone() }, json),
        What::Close { id, verdict, words } => {
            let (review, words) = (id.clone(), words.clone());
            show(client, Request::CloseReview { review, verdict: *verdict, words }, json)
        }
        What::Again { id, words } => {
            show(client, Request::ReviewAgain { review: id.clone(), words: words.clone() }, json)
        }
        What::Report { month, csv } => report::run(client, *month, *csv, json),
        What::Slip { enquiry } => {
            enquiry.enquiry(client).and_then(|enquiry| explain::slip(client, &enquiry, json))
        }
        What::Explanations(Explanations::List { given }) => explain::list(client, *given, json),
        What::Explained { enquiry, to, by, words } => {
            let (by, words) = (by.clone(), words.clone());
            enquiry.enquiry(client).and_then(|enquiry| {
                ask(client, Request::GiveExplanation { enquiry, to: *to, by, words }).map(|_| out::done(json))
            })
        }
        What::Objection { enquiry, words } => {
            enquiry.enquiry(client).and_then(|enquiry| explain::object(client, &enquiry, words, json))
        }
    };
    let left = log_out(client);
    done?;
    left?;
    Ok(ExitCode::SUCCESS)
}

/// Every open item, page by page.
fn list(client: &mut Client, overdue: bool, json: bool) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let Reply::Reviews(page) = ask(client, Request::ListReviews { overdue, after })? else {
            return Err(Box::new(ClientFault::NotUnderstood));
        };
        after = page.rows.last().map(|row| row.review.clone());
        if json {
            page.rows.iter().for_each(out::json);
        } else {
            page.rows.iter().flat_map(row).for_each(out::line);
        }
        if !page.more || after.is_none() {
            if !json {
                out::line(format!(
                    "未了 {}件（うち期限超過 {}件・優先 {}件）",
                    page.open, page.overdue, page.priority
                ));
            }
            return Ok(());
        }
    }
}

fn row(row: &ReviewRow) -> [String; 2] {
    let marks = row.marks();
    let marks = if marks.is_empty() { marks } else { format!("【{marks}】") };
    let parts = [row.patient.as_str(), row.consent.as_str(), row.outcome.as_str()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    [
        format!("{} {} 期限{} {marks}{} {}", row.review, row.at, row.due, row.about, row.people),
        format!("        {}", parts.join("・")),
    ]
}

/// Asks for what is answered by an item.
fn show(client: &mut Client, request: Request, json: bool) -> Result<(), Failure> {
    match ask(client, request)? {
        Reply::Review(view) if json => out::json(&*view),
        Reply::Review(view) => lines(&view).iter().for_each(out::line),
        // Asked twice under one key: it is done.
        Reply::Done => out::done(json),
        _ => return Err(Box::new(ClientFault::NotUnderstood)),
    }
    Ok(())
}

/// Names and values in two columns, long values below themselves.
fn lines(view: &ReviewView) -> Vec<String> {
    const NAME: usize = 16;
    let mut lines = Vec::new();
    for (name, value) in view.lines() {
        let room = " ".repeat(NAME.saturating_sub(usize::from(width::cells(name))));
        for (place, part) in width::wrap(&value, 62).into_iter().enumerate() {
            lines.push(if place == 0 {
                format!("{name}{room}{part}")
            } else {
                format!("{:NAME$}{part}", "")
            });
        }
    }
    lines.extend(view.refused.as_ref().map(|why| format!("※ {why}")));
    lines
}
